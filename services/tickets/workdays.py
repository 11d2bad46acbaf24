"""The official calendars of Chinese working days (with 调休): those that come with `chinesecalendar`, and until when
all that is known reaches."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache

from chinese_calendar.constants import holidays, workdays
from prometheus_client import Gauge
from pymongo.errors import PyMongoError

KNOWN_UNTIL = Gauge(
    "doorstep_calendar_known_until_seconds", "When the first year begins whose working days are not published."
)

_SATURDAY = 5


@cache
def published_years() -> Mapping[int, frozenset[date]]:
    """Working days by year, for the years that the library knows. Other years are unknown and never guessed."""
    return {year: _working_days(year) for year in sorted({day.year for day in holidays})}


def _working_days(year: int) -> frozenset[date]:
    """As `chinese_calendar.is_workday` says of each day. It looks through all its tables for every day: asked for all
    years at each start of a process, that was half of what the start costs."""
    days = map(date.fromordinal, range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))
    return frozenset(day for day in days if day in workdays or (day.weekday() < _SATURDAY and day not in holidays))


def watch_known_years(loaded: Callable[[], Collection[int]]) -> None:
    """Have the gauge ask for the loaded years at each scrape; while they cannot be told, it shows what it last knew."""
    seen: list[Collection[int]] = [()]

    def known_until() -> float:
        # The database's own alert tells when it does not answer.
        with suppress(PyMongoError):
            seen[0] = loaded()
        return first_unknown({*published_years(), *seen[0]}).timestamp()

    KNOWN_UNTIL.set_function(known_until)


def first_unknown(years: Collection[int]) -> datetime:
    """When the first gap in the known years begins."""
    return datetime(min(year + 1 for year in years if year + 1 not in years), 1, 1, tzinfo=UTC)
