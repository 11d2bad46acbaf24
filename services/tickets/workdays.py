"""The official calendars of Chinese working days (with 调休), as far as they are published."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache

import chinese_calendar
from chinese_calendar.constants import holidays
from prometheus_client import Gauge

KNOWN_UNTIL = Gauge(
    "doorstep_calendar_known_until_seconds", "When the first year begins whose working days are not published."
)


@cache
def published_years() -> Mapping[int, frozenset[date]]:
    """Working days by year, for the years that the library knows. Other years are unknown and never guessed."""
    return {year: _working_days(year) for year in sorted({day.year for day in holidays})}


def _working_days(year: int) -> frozenset[date]:
    return frozenset(chinese_calendar.get_workdays(date(year, 1, 1), date(year, 12, 31)))


def _known_until() -> float:
    first_unknown = min(year + 1 for year in published_years() if year + 1 not in published_years())
    return datetime(first_unknown, 1, 1, tzinfo=UTC).timestamp()


KNOWN_UNTIL.set_function(_known_until)
