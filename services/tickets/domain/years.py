"""The official calendar of one year (国务院办公厅关于节假日安排的通知), as an operator loads it.

Holidays fall on whatever day; a Saturday or Sunday on which work is made up for (调休) is named. Other weekdays work.
A notice may also change the last days of the year before, when New Year's holidays begin there (2022-12-31).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.writing.characters import is_name

FIRST_YEAR, LAST_YEAR = 2000, 2100
_FEWEST_HOLIDAYS = 11
"""Statutory holidays of a year (全国年节及纪念日放假办法: 11, since 2025: 13); fewer is no whole calendar."""
_MOST_HOLIDAYS = 60


class BadYear(ValueError):
    """A calendar that cannot be meant; `errors` are (field, code)."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class OfficialYear:
    """Which days of a year work."""

    year: int
    working_days: frozenset[date]
    source: str
    """The notice that it was taken from."""
    before: frozenset[date] = frozenset()
    """Days of last December that the notice takes off, weekends among them or not."""
    made_up_before: frozenset[date] = frozenset()
    """Weekends of last December on which work is made up for."""


def amended(
    years: Mapping[int, frozenset[date]], by: Mapping[int, tuple[frozenset[date], frozenset[date]]]
) -> dict[int, frozenset[date]]:
    """Working days by year, with what the notice of a later year takes off (first) and adds at a year's end.

    `by` is keyed by the later year. A year that is not known is not made known by that.
    """
    found = dict(years)
    for year, (off, made_up) in by.items():
        if year - 1 in found:
            found[year - 1] = (found[year - 1] - off) | made_up
    return found


def parse_year(data: Any) -> OfficialYear:
    """`year`, `holidays`, `made_up` (调休上班), `source`. Raises BadYear with every error and its field."""
    errors: list[tuple[str, str]] = []
    if not isinstance(data, dict):
        raise BadYear([("", "not-a-mapping")])
    errors += [(str(key), "unknown-field") for key in data if key not in ("year", "holidays", "made_up", "source")]
    year, source = data.get("year"), data.get("source")
    if type(year) is not int or not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadYear([*errors, ("year", "not-a-year")])
    if not isinstance(source, str) or not 0 < len(source) <= 60 or not is_name(source.strip()):
        errors.append(("source", "not-a-short-text"))
    holidays = _days(data, "holidays", year, errors)
    made_up = _days(data, "made_up", year, errors)
    own = [day for day in holidays if day.year == year]
    if not errors and not _FEWEST_HOLIDAYS <= len(own) <= _MOST_HOLIDAYS:
        errors.append(("holidays", "not-a-whole-year"))
    for day, at in made_up.items():
        if day.weekday() < 5:
            errors.append((at, "works-anyhow"))
        if day in holidays:
            errors.append((at, "holiday-too"))
    if errors:
        raise BadYear(errors)
    return OfficialYear(
        year, frozenset(_working(year, holidays, made_up)), str(source), _of(year - 1, holidays), _of(year - 1, made_up)
    )


def _of(year: int, days: Mapping[date, str]) -> frozenset[date]:
    return frozenset(day for day in days if day.year == year)


def _days(data: Mapping[str, Any], key: str, year: int, errors: list[tuple[str, str]]) -> dict[date, str]:
    items = data.get(key)
    if not isinstance(items, list):
        errors.append((key, "not-a-list"))
        return {}
    found: dict[date, str] = {}
    for index, item in enumerate(items):
        at, day = f"{key}[{index}]", _day(item)
        if day is None:
            errors.append((at, "not-a-date"))
        elif day.year != year and (day.year, day.month) != (year - 1, 12):
            errors.append((at, "other-year"))
        elif day in found:
            errors.append((at, "date-twice"))
        else:
            found[day] = at
    return found


def _day(item: Any) -> date | None:
    if isinstance(item, date) and not isinstance(item, datetime):
        return item
    try:
        return date.fromisoformat(item) if isinstance(item, str) else None
    except ValueError:
        return None


def _working(year: int, holidays: Mapping[date, str], made_up: Mapping[date, str]) -> list[date]:
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    return [day for day in days if day in made_up or (day.weekday() < 5 and day not in holidays)]
