"""Names and telephones of appointments, erased after their time or at the person's wish; as tickets' are."""

from collections.abc import Sequence

from services.chassis.context import Context
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.tickets.domain.appointments import BOOKED, Booking
from services.tickets.erasing import forget_answers, in_batches
from services.tickets.handlers.erasing import BATCH, forget_person
from services.tickets.house import house_of
from services.tickets.settings import personal_data_kept
from services.tickets.storage import Tickets
from services.tickets.storage.appointments import AppointmentRows
from services.tickets.storage.erasing import Erasing


def erase_due_bookings(context: Context) -> int:
    """Those whose slot ended, or that were cancelled, long enough ago."""
    return in_batches(context, lambda unit: _erase_due(context, unit))


def _erase_due(context: Context, unit: Unit) -> int:
    due = AppointmentRows(unit).due(unit.now - personal_data_kept(), BATCH)
    _erase(context, unit, due)
    return len(due)


def counts(context: Context) -> tuple[int, int]:
    """How many that are over hold personal data, and of how many the time is over."""
    unit = context.units.read()
    return AppointmentRows(unit).counts(unit.now - personal_data_kept(), unit.now)


def found_of_person(context: Context, person_id: str) -> Sequence[Booking]:
    return AppointmentRows(context.units.read()).holding(person_id)


def still_open(context: Context, bookings: Sequence[Booking]) -> list[str]:
    """Who is still expected."""
    now = context.units.read().now
    return [f"appointment {one.id}" for one in bookings if one.state == BOOKED and one.slot.end_at > now]


def erase_found(context: Context, bookings: Sequence[Booking], asked: str, reason: str) -> None:
    """At somebody's wish; recorded. Each batch is a transaction; interrupted, the same command goes on."""
    for start in range(0, len(bookings), BATCH):
        chosen = bookings[start : start + BATCH]

        def work(unit: Unit, chosen: Sequence[Booking] = chosen) -> None:
            _erase(context, unit, chosen)
            Erasing(unit).record({
                "_id": new_id(), "at": unit.system_now, "actor": "operator", "asked": asked,
                "bookings": [one.id for one in chosen], "reason": context.sealer.seal(reason),
            })  # fmt: skip

        context.units.run(work)
    forget_answers(context, [one.id for one in bookings])


def _erase(context: Context, unit: Unit, bookings: Sequence[Booking]) -> None:
    """The bookings' contact data, and how to reach whoever has none left anywhere."""
    AppointmentRows(unit).erase(bookings)
    store, archive = Tickets(unit), Erasing(unit)
    for person_id, slot in {one.person_id: one.slot for one in bookings}.items():
        if not archive.is_still_reporter(person_id):
            station = store.place(slot.station_id)
            forget_person(store, archive, house_of(context), person_id, station.area_path if station else "/")
