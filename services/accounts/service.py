"""The nameko services of accounts: wiring only."""

from functools import partial

from prometheus_client import REGISTRY

from services.accounts import administration, api
from services.accounts.consumers import Consumers
from services.accounts.domain.patience import KNOWN_FOR
from services.accounts.metrics import SuspendedKeys
from services.accounts.problems import PROBLEMS
from services.accounts.settings import check_settings
from services.accounts.storage import Store
from services.accounts.storage_attempts import Attempts
from services.accounts.storage_keys import Keys
from services.accounts.storage_migrations import MIGRATIONS
from services.accounts.storage_places import Places
from services.accounts.storage_trail import TRAIL_KEPT, Trail
from services.chassis.context import Service
from services.chassis.dead_letters import DeadLetters
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.http import Probes
from services.chassis.relay import Relay
from services.chassis.retention import Kept
from services.chassis.standing import admits_by


class AccountsApi(api.Api, Probes):
    name = "accounts"
    chassis = Chassis()
    store = StoreProvider(Store)
    stored_keys = StoreProvider(Keys)
    places = StoreProvider(Places)
    attempts = StoreProvider(Attempts)
    trail = StoreProvider(Trail)
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
    admits=admits_by("accounts"),
    migrations=MIGRATIONS,
    collections=(
        "accounts",
        "api_keys",
        "audit",
        "place_holds",
        "places",
        "sign_in_attempts",
        "sign_in_places",
        "signing_keys",
    ),
    problems=PROBLEMS,
    kept=(Kept("sign_in_places", "at", KNOWN_FOR), Kept("audit", "hour", TRAIL_KEPT)),
    prepare=administration.ensure_signing_key,
    check=check_settings,
)
