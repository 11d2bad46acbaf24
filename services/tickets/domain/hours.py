"""Opening hours of a station: a weekly table with late hours (晚间一小时), and dates that differ from it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_MINUTES = 24 * 60
_OPENING = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")

Opening = tuple[int, int]
"""From and to, in minutes of the local day; 1440 is midnight at its end."""


class BadHours(ValueError):
    """Hours that cannot be meant; `args[0]` is a code: format, order, overlap."""


@dataclass(frozen=True, slots=True)
class Exceptional:
    """One date on which the weekly table does not hold: a holiday, a red weekend (红色周末)."""

    openings: tuple[Opening, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Hours:
    """When a station is open. `week` has seven rows from Monday, each with its openings in order."""

    week: tuple[tuple[Opening, ...], ...]
    exceptions: Mapping[date, Exceptional] = field(default_factory=dict)

    def of(self, day: date) -> tuple[Opening, ...]:
        exceptional = self.exceptions.get(day)
        return exceptional.openings if exceptional is not None else self.week[day.weekday()]

    def days(self, first: date) -> Iterator[tuple[date, tuple[Opening, ...]]]:
        day = first
        while True:
            yield day, self.of(day)
            day += timedelta(days=1)


def parse_opening(text: str) -> Opening:
    """Minutes of the day: 08:30-12:00 is (510, 720)."""
    match = _OPENING.fullmatch(text)
    if match is None:
        raise BadHours("format")
    from_hour, from_minute, to_hour, to_minute = (int(group) for group in match.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if end > DAY_MINUTES or start >= end:
        raise BadHours("order")
    return start, end


def written(opening: Opening) -> str:
    """As `parse_opening` reads it."""
    start, end = opening
    return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"


def parse_day(texts: Sequence[str]) -> tuple[Opening, ...]:
    openings = sorted(parse_opening(text) for text in texts)
    if any(after[0] < before[1] for before, after in pairwise(openings)):
        raise BadHours("overlap")
    return tuple(openings)


def to_plain(hours: Hours, since: date | None = None) -> dict[str, Any]:
    """The form in which hours are stored and pinned to a ticket; exceptions before `since` are left out."""
    return {
        "week": [[list(opening) for opening in day] for day in hours.week],
        "exceptions": [
            {"date": day.isoformat(), "openings": [list(o) for o in one.openings], "reason": one.reason}
            for day, one in sorted(hours.exceptions.items())
            if since is None or day >= since
        ],
    }


def from_plain(plain: Mapping[str, Any]) -> Hours:
    return Hours(
        week=tuple(tuple((o[0], o[1]) for o in day) for day in plain["week"]),
        exceptions={
            date.fromisoformat(one["date"]): Exceptional(tuple((o[0], o[1]) for o in one["openings"]), one["reason"])
            for one in plain["exceptions"]
        },
    )
