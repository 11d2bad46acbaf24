"""The bookings of a station that changed, looked through by the worker, a day at a time."""

from collections.abc import Sequence

from services.chassis.aside import aside
from services.chassis.context import Context
from services.chassis.unit import Unit
from services.tickets.domain.affected import causes_of_day
from services.tickets.domain.appointments import Booking
from services.tickets.handlers.looking_through import BATCH, Station, notice, station_now
from services.tickets.house import house_of
from services.tickets.storage import Tickets
from services.tickets.storage.appointments import AppointmentRows, position_of


def look_through(context: Context, station_id: str) -> int:
    """Tell everybody who was to come and can no longer be received as it was booked; how many were told.

    Killed, it is run again and goes on; by two at once, each is told once.
    """
    told, after = 0, None
    while True:
        unit = context.units.read()
        rows = AppointmentRows(unit)
        first = rows.next_to_come(station_id, after, unit.now)
        if first is None:
            return told
        seen = station_now(Tickets(unit), rows, station_id)
        standing = rows.standing(station_id, first.slot.day)
        told += _look_at_day(context, seen, standing, first)
        after = max(map(position_of, [first, *standing]))


def _look_at_day(context: Context, seen: Station, standing: Sequence[Booking], first: Booking) -> int:
    zone, day = house_of(context).zone, first.slot.day
    causes = aside(lambda: causes_of_day(standing, seen.services, seen.place, day, zone))
    differ = [one.id for one in standing if one.id in causes and causes[one.id] != one.affected_by]
    told = 0
    for start in range(0, len(differ), BATCH):
        part = {id: causes[id] for id in differ[start : start + BATCH]}

        def work(unit: Unit, part: dict[str, str | None] = part) -> int:
            return notice(Tickets(unit), AppointmentRows(unit), seen, part, unit.now)

        told += context.units.run(work)
    return told
