"""The official calendars of Chinese working days (with 调休), as far as they are published."""

from collections.abc import Mapping
from datetime import date
from functools import cache

import chinese_calendar
from chinese_calendar.constants import holidays


@cache
def published_years() -> Mapping[int, frozenset[date]]:
    """Working days by year, for the years that the library knows. Other years are unknown and never guessed."""
    return {year: _working_days(year) for year in sorted({day.year for day in holidays})}


def _working_days(year: int) -> frozenset[date]:
    return frozenset(chinese_calendar.get_workdays(date(year, 1, 1), date(year, 12, 31)))
