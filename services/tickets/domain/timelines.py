"""How promised time runs: on a calendar, with pauses, to a due moment. In whole seconds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.tickets.domain.calendars import FAR, Calendar, CalendarUnknown, advance, elapsed, next_open


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the ticket waited; `end` is None while it still does."""

    start: datetime
    end: datetime | None
    reason: str
    taken_up: bool = False
    """It did not wait: what was promised had been done, until it was given back (`taking_up.py`)."""
    level: str = "grid"
    """Of the ladder: where the ticket stood when it was let wait."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """How one clock's time runs: where it starts, on which calendar, and when it stood still."""

    anchor: datetime
    calendar_name: str
    calendar: Calendar
    pauses: tuple[Pause, ...]
    from_opening: Calendar | None = None
    """The calendar whose next opening the first second waits for."""
    runs_on: tuple[Pause, ...] = ()
    """Pauses through which it ran: they were made beneath the level whose time this is."""

    @property
    def start(self) -> datetime:
        return next_open(self.from_opening, self.anchor) if self.from_opening else self.anchor

    def running(self, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches between pauses, from the start up to `until`."""
        cursor = self.start
        for pause in self.pauses:
            if pause.start >= until:
                break
            if pause.start > cursor:
                yield cursor, pause.start
            if pause.end is None:
                return
            cursor = max(cursor, pause.end)
        if cursor < until:
            yield cursor, until

    def counted(self, until: datetime) -> int:
        return sum(elapsed(self.calendar, begin, end) for begin, end in self.running(until))

    def when(self, seconds: int) -> datetime | None:
        """The instant at which `seconds` have counted; None while a pause keeps it from coming.

        Raises CalendarUnknown when it lies in a year whose calendar is not loaded.
        """
        left = seconds
        for begin, end in self.running(FAR):
            if end == FAR:
                return advance(self.calendar, begin, left)
            counted = elapsed(self.calendar, begin, end)
            if counted >= left:
                return advance(self.calendar, begin, left)
            left -= counted
        return None


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised from `since` on: a number of counted seconds or a date; neither: the promise was withdrawn."""

    since: datetime
    seconds: int | None = None
    until: datetime | None = None

    @property
    def withdrawn(self) -> bool:
        return self.seconds is None and self.until is None

    def due(self, timeline: Timeline) -> datetime | None:
        """None while a pause keeps it from coming, and where the calendar is unknown (see `unknown`)."""
        return self.until if self.until is not None else self.part(timeline, 100)

    def part(self, timeline: Timeline, per_cent: int) -> datetime | None:
        """When `per_cent` of the promised time are gone."""
        try:
            return self._part(timeline, per_cent)
        except CalendarUnknown:
            return None

    def unknown(self, timeline: Timeline) -> CalendarUnknown | None:
        """The year that must be loaded before it can be said when this is due."""
        try:
            if self.until is None:
                self._part(timeline, 100)
        except CalendarUnknown as unknown:
            return unknown
        return None

    def _part(self, timeline: Timeline, per_cent: int) -> datetime | None:
        if self.until is not None:
            whole = timeline.counted(self.until)
            # A date that had passed when counting began has no half.
            return timeline.when(whole * per_cent // 100) if whole > 0 else None
        return None if self.seconds is None else timeline.when(self.seconds * per_cent // 100)
