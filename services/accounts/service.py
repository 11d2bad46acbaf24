"""The nameko services of accounts: wiring only."""

from functools import partial

from prometheus_client import REGISTRY

from services.accounts import administration, api
from services.accounts.consumers import Consumers
from services.accounts.metrics import SuspendedKeys
from services.accounts.problems import PROBLEMS
from services.accounts.storage import Store
from services.accounts.storage_keys import Keys
from services.accounts.storage_migrations import MIGRATIONS
from services.accounts.storage_places import Places
from services.chassis.context import Service
from services.chassis.dead_letters import DeadLetters
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.http import Probes
from services.chassis.relay import Relay


class AccountsApi(api.Api, Probes):
    name = "accounts"
    chassis = Chassis()
    store = StoreProvider(Store)
    stored_keys = StoreProvider(Keys)
    places = StoreProvider(Places)
    own_keys = staticmethod(administration.own_keys)


class ExportingChassis(Chassis):
    """Also shows on this process's `/metrics` how many keys are suspended."""

    def setup(self) -> None:
        super().setup()
        REGISTRY.register(SuspendedKeys(partial(administration.suspended_keys, self.context)))


class AccountsWorker(Consumers, Probes):
    name = "accounts"
    chassis = ExportingChassis()
    places = StoreProvider(Places)
    relay = Relay()
    dead_letters = DeadLetters()


SERVICE = Service(
    name="accounts",
    api=AccountsApi,
    worker=AccountsWorker,
    migrations=MIGRATIONS,
    collections=("accounts", "api_keys", "audit", "places", "sign_in_attempts", "signing_keys"),
    problems=PROBLEMS,
    prepare=administration.ensure_signing_key,
)
