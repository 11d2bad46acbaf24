"""Which seconds count: the wall clock, a station's opening hours, Chinese working days with 调休.

Everything here is in whole seconds of aware UTC datetimes. Local days follow the time zone that is handed in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from services.tickets.domain.hours import DAY_MINUTES, Hours
from services.tickets.domain.refused import Refused

FAR = datetime(9000, 1, 1, tzinfo=UTC)
_HORIZON_DAYS = 3660
"""A station that does not open for ten years never opens."""

OpenSpan = tuple[datetime, datetime]


class CalendarUnknown(Refused):
    """The official calendar of a year is not loaded: from `since` on nothing is known, and nothing is guessed."""

    def __init__(self, year: int, since: datetime) -> None:
        super().__init__("calendar-year-unknown", year=year)
        self.year = year
        self.since = since


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, whether it counted, and a code why (or why not)."""

    start: datetime
    end: datetime
    counts: bool
    why: str
    note: str | None = None

    @property
    def seconds(self) -> int:
        return whole_seconds(self.start, self.end)


class Calendar(Protocol):
    """Which time counts, as open spans in order, beginning before `until`; the first is clipped to `start`."""

    def open_spans(self, start: datetime, until: datetime = FAR) -> Iterator[OpenSpan]: ...

    def closed(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Why the time from `start` to `end`, in which nothing counts, does not count."""


def whole_seconds(start: datetime, end: datetime) -> int:
    return (end - start) // timedelta(seconds=1)


def advance(calendar: Calendar, start: datetime, seconds: int) -> datetime:
    """The first instant at which `seconds` have counted since `start`."""
    if seconds <= 0:
        return start
    left = seconds
    for begin, end in calendar.open_spans(start):
        room = whole_seconds(begin, end)
        if room >= left:
            return begin + timedelta(seconds=left)
        left -= room
    raise Refused("calendar-never-opens")


def elapsed(calendar: Calendar, start: datetime, end: datetime) -> int:
    """How many seconds counted from `start` to `end`."""
    return sum(span.seconds for span in spans(calendar, start, end) if span.counts)


def spans(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Span]:
    """`start` to `end` without a gap, as stretches that counted and stretches that did not."""
    cursor = start
    for begin, close in calendar.open_spans(start, end):
        if begin >= end:
            break
        if begin > cursor:
            yield from calendar.closed(cursor, begin)
        close = min(close, end)
        yield Span(begin, close, True, "counted")
        cursor = close
        if close >= end:
            return
    if cursor < end:
        yield from calendar.closed(cursor, end)


def next_open(calendar: Calendar, at: datetime) -> datetime:
    """`at` itself when it counts, else the next opening."""
    for begin, _ in calendar.open_spans(at):
        return begin
    raise Refused("calendar-never-opens")


@dataclass(frozen=True, slots=True)
class Wall:
    """Every second counts."""

    def open_spans(self, start: datetime, until: datetime = FAR) -> Iterator[OpenSpan]:
        yield start, FAR

    def closed(self, start: datetime, end: datetime) -> Iterator[Span]:
        raise AssertionError("the wall clock never stands still")


@dataclass(frozen=True, slots=True)
class StationHours:
    """Time counts while the station is open."""

    hours: Hours
    zone: ZoneInfo

    def open_spans(self, start: datetime, until: datetime = FAR) -> Iterator[OpenSpan]:
        first = start.astimezone(self.zone).date()
        last = until.astimezone(self.zone).date()
        idle = 0
        for day, openings in self.hours.days(first):
            idle = 0 if openings else idle + 1
            if idle > _HORIZON_DAYS or day > last:
                return
            for from_minute, to_minute in openings:
                begin, end = _instant(day, from_minute, self.zone), _instant(day, to_minute, self.zone)
                if max(begin, start) < end:
                    yield max(begin, start), end

    def closed(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Day by day, since a closed night may end in a holiday."""
        while start < end:
            day = start.astimezone(self.zone).date()
            stop = min(_instant(day, DAY_MINUTES, self.zone), end)
            exceptional = self.hours.exceptions.get(day)
            why = ("station-exception", exceptional.reason or None) if exceptional else ("station-closed", None)
            yield Span(start, stop, False, *why)
            start = stop


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Every second of a Chinese working day counts. A year that was not loaded is unknown, never guessed."""

    years: Mapping[int, frozenset[date]]
    zone: ZoneInfo

    def is_working(self, day: date) -> bool:
        """Raises CalendarUnknown for a year without an official calendar."""
        if day.year not in self.years:
            raise CalendarUnknown(day.year, _instant(date(day.year, 1, 1), 0, self.zone))
        return day in self.years[day.year]

    def open_spans(self, start: datetime, until: datetime = FAR) -> Iterator[OpenSpan]:
        day = start.astimezone(self.zone).date()
        while _instant(day, 0, self.zone) < until:
            if self.is_working(day):
                begin, end = _instant(day, 0, self.zone), _instant(day, DAY_MINUTES, self.zone)
                if max(begin, start) < end:
                    yield max(begin, start), end
            day += timedelta(days=1)

    def end_of(self, start: datetime, count: int) -> datetime:
        """The end of the `count`-th working day after the day of `start`, which itself is not counted."""
        day, left = start.astimezone(self.zone).date(), count
        while left > 0:
            day += timedelta(days=1)
            left -= self.is_working(day)
        return _instant(day, DAY_MINUTES, self.zone)

    def closed(self, start: datetime, end: datetime) -> Iterator[Span]:
        yield Span(start, end, False, "not-a-working-day")


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    if minute == DAY_MINUTES:
        day, minute = day + timedelta(days=1), 0
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
