"""The nameko services of accounts: wiring only."""

from services.accounts import administration, api
from services.accounts.consumers import Consumers
from services.accounts.problems import PROBLEMS
from services.accounts.storage import MIGRATIONS, Store
from services.accounts.storage_moves import Moves
from services.chassis.context import Service
from services.chassis.dead_letters import DeadLetters
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.http import Probes
from services.chassis.relay import Relay


class AccountsApi(api.Api, Probes):
    name = "accounts"
    chassis = Chassis()
    store = StoreProvider(Store)
    own_keys = staticmethod(administration.own_keys)


class AccountsWorker(Consumers, Probes):
    name = "accounts"
    chassis = Chassis()
    places = StoreProvider(Moves)
    relay = Relay()
    dead_letters = DeadLetters()


SERVICE = Service(
    name="accounts",
    api=AccountsApi,
    worker=AccountsWorker,
    migrations=MIGRATIONS,
    collections=("accounts", "api_keys", "audit", "place_moves", "sign_in_attempts", "signing_keys"),
    problems=PROBLEMS,
    prepare=administration.ensure_signing_key,
)
