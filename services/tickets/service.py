"""The nameko services of tickets: wiring only."""

from functools import partial

from services.chassis import standing
from services.chassis.acts import Acts
from services.chassis.auth import Principal
from services.chassis.context import Service
from services.chassis.dead_letters import DeadLetters
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.feed_api import event_feed
from services.chassis.http import Probes
from services.chassis.relay import Relay
from services.chassis.retention import Kept
from services.chassis.unit import Unit
from services.tickets.api import Tickets
from services.tickets.consumers import Consumers
from services.tickets.domain.refused import Refused
from services.tickets.preparing import prepare
from services.tickets.problems import PROBLEMS
from services.tickets.settings import check_settings
from services.tickets.storage import MIGRATIONS, TIMER
from services.tickets.storage import Tickets as Store
from services.tickets.storage.accesses import KEPT, Accesses
from services.tickets.storage.appointments import LOOKING, AppointmentRows
from services.tickets.storage.attachments import SWEEP, Photos
from services.tickets.storage.batches import TicketBatch
from services.tickets.storage.erasing import PERSONAL
from services.tickets.storage.places import RELOCATION
from services.tickets.storage.presence import Presences
from services.tickets.storage.serving import GONE
from services.tickets.storage.years import loaded_years
from services.tickets.workdays import watch_known_years


class WatchingChassis(Chassis):
    """Also shows on this process's `/metrics` until when the official calendars are known."""

    def setup(self) -> None:
        super().setup()
        watch_known_years(partial(loaded_years, self.context.db))


class TicketsApi(Tickets, event_feed("tickets"), Probes):  # type: ignore[misc]
    name = "tickets"
    chassis = WatchingChassis()
    store = StoreProvider(Store)
    photos = StoreProvider(Photos)
    presences = StoreProvider(Presences)
    appointments = StoreProvider(AppointmentRows)
    accesses = StoreProvider(Accesses)
    acts = StoreProvider(Acts)


class TicketsWorker(Consumers, Probes):
    name = "tickets"
    chassis = WatchingChassis()
    store = StoreProvider(Store)
    batch = StoreProvider(TicketBatch)
    photos = StoreProvider(Photos)
    relay = Relay()
    dead_letters = DeadLetters()


def admits(unit: Unit, caller: Principal) -> None:
    """Who is known to be disabled does and sees nothing with a token of before, nor does who is known to have lost one
    of its roles, or whose tokens have ended, until he signs in again.

    Raises Refused: account-disabled, roles-changed; Problem: signed-out.
    """
    store = Store(unit)
    if store.is_disabled(caller.person_id):
        raise Refused("account-disabled")
    if caller.revision is not None and store.has_lost_roles(caller.person_id, caller.revision, caller.grants):
        raise Refused("roles-changed")
    standing.judge(store.standings(caller.person_id), caller)


SERVICE = Service(
    name="tickets",
    api=TicketsApi,
    worker=TicketsWorker,
    admits=admits,
    migrations=MIGRATIONS,
    collections=(
        "absences",
        "accesses",
        "acts",
        "appointables",
        "attachments",
        "attendants",
        "bookers",
        "bookings",
        "calendars",
        "contacts",
        "departments",
        "departments_removed",
        "directory",
        "erasures",
        "inspections",
        "people",
        "photos.chunks",
        "photos.files",
        "places",
        "places_removed",
        "policies",
        "policy_activations",
        "posts",
        "presence_activations",
        "presence_quotas",
        "reveals",
        "routing_activations",
        "routings",
        "service_records",
        "sheet_activations",
        "sheets",
        "six_parties",
        "slots",
        "staff",
        "stays",
        "tickets",
    ),
    problems=PROBLEMS,
    timer_kinds=(TIMER, SWEEP, RELOCATION, PERSONAL, GONE, LOOKING),
    kept=(Kept("accesses", "hour", KEPT),),
    prepare=prepare,
    check=check_settings,
)
