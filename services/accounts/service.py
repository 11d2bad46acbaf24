"""The nameko services of accounts: wiring only."""

from services.accounts import administration, api
from services.accounts.problems import PROBLEMS
from services.accounts.storage import MIGRATIONS, Store
from services.chassis.context import Service
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.http import Probes
from services.chassis.relay import Relay


class AccountsApi(api.Api, Probes):
    name = "accounts"
    chassis = Chassis()
    store = StoreProvider(Store)
    own_keys = staticmethod(administration.own_keys)


class AccountsWorker(Probes):
    name = "accounts"
    chassis = Chassis()
    relay = Relay()


SERVICE = Service(
    name="accounts",
    api=AccountsApi,
    worker=AccountsWorker,
    migrations=MIGRATIONS,
    collections=("accounts", "api_keys", "audit", "sign_in_attempts", "signing_keys"),
    problems=PROBLEMS,
    prepare=administration.ensure_signing_key,
)
