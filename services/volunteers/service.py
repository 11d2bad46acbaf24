"""The nameko services of volunteers: wiring only."""

from services.chassis.acts import Acts
from services.chassis.config import Settings, SettingsError
from services.chassis.context import Service
from services.chassis.dead_letters import DeadLetters
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.feed_api import event_feed
from services.chassis.http import Probes
from services.chassis.relay import Relay
from services.chassis.standing import STANDINGS, admits_by
from services.volunteers import api, consumers
from services.volunteers.domain.rules import RulesBroken
from services.volunteers.problems import PROBLEMS
from services.volunteers.settings import claims_of_member_day, skills
from services.volunteers.storage import MIGRATIONS, Store, points_rules
from services.volunteers.storage_batches import BatchStore
from services.volunteers.storage_places import Places


class VolunteersApi(api.Volunteers, event_feed("volunteers"), Probes):  # type: ignore[misc]
    name = "volunteers"
    chassis = Chassis()
    store = StoreProvider(Store)
    places = StoreProvider(Places)
    acts = StoreProvider(Acts)


class VolunteersWorker(consumers.Volunteers, Probes):
    name = "volunteers"
    chassis = Chassis()
    store = StoreProvider(BatchStore)
    places = StoreProvider(Places)
    relay = Relay()
    dead_letters = DeadLetters()


def _check(settings: Settings) -> None:
    """Broken points rules stop a process at its start, not at the first confirmation; so does a wrong setting."""
    claims_of_member_day()
    skills()
    try:
        points_rules()
    except RulesBroken as error:
        raise SettingsError([f"policies/points.json: {error}"]) from error


SERVICE = Service(
    name="volunteers",
    api=VolunteersApi,
    worker=VolunteersWorker,
    admits=admits_by(STANDINGS),
    migrations=MIGRATIONS,
    collections=(
        "accounts",
        "acts",
        "claims",
        "confirmations",
        "ledger",
        "members",
        "offers",
        "place_holds",
        "places",
        "refutations",
        STANDINGS,
        "ticket_histories",
    ),
    problems=PROBLEMS,
    check=_check,
)
