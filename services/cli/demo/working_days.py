"""Working days of a demonstration in a year whose official calendar nobody has published or loaded yet.

An installation never guesses them: `doorstep calendar load` takes the notice. A play that lasts a day may, in its own
databases, as long as it says so; else nothing that is promised in working days would have a date.
"""

from datetime import date, datetime, timedelta

from services.chassis.context import Context
from services.tickets.domain.years import OfficialYear
from services.tickets.storage import Tickets
from services.tickets.workdays import published_years

SOURCE = "demonstration: Monday to Friday"
_LONGEST_PROMISE = timedelta(days=60)
"""Ten working days, with the longest holidays between, and room."""


def supply_working_days(context: Context, start: datetime, end: datetime) -> list[int]:
    """Load Monday to Friday for each unknown year between `start` and the last promise made at `end`.

    `context` is of tickets. Returns the years; none where all are known.
    """
    zone = context.settings.timezone
    first, last = start.astimezone(zone).year, (end + _LONGEST_PROMISE).astimezone(zone).year
    known = {*published_years(), *Tickets(context.units.read()).years.loaded()}
    missing = [year for year in range(first, last + 1) if year not in known]
    for year in missing:
        calendar = OfficialYear(year, _monday_to_friday(year), SOURCE)
        context.units.run(lambda unit, calendar=calendar: Tickets(unit).years.put(calendar, unit.now))  # type: ignore[misc]
    return missing


def _monday_to_friday(year: int) -> frozenset[date]:
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    return frozenset(day for day in days if day.weekday() < 5)
