"""Promised times counted again, by another way than the domain's, for models to compare with.

The domain folds stretches of opening hours. Here the whole time is a strip of five-minute pieces, each of which counts
or does not, found by asking the local clock of each; a due moment is found by searching for the first second at which
enough have counted. The promises of policy 1341 are written out instead of read from its file.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from services.tickets.domain.hours import Exceptional, Hours, parse_day
from services.tickets.domain.steps import Step
from tests.unit.tickets.stories import OFFICE, ROUND_THE_CLOCK

BEGIN = datetime(2026, 2, 1, tzinfo=UTC)
PIECE = 300
"""Seconds; all of HOURS open and close at multiples of it."""
LAST = 170 * 86400
HOURS: Mapping[str, Hours] = {
    "office": OFFICE,
    "round the clock": ROUND_THE_CLOCK,
    "late": Hours(tuple(parse_day(["00:00-01:30", "09:00-09:05", "22:00-24:00"]) for _ in range(7))),
    "fair": Hours(OFFICE.week, {
        date(2026, 3, 8): Exceptional(parse_day(["09:00-10:00"]), "红色周末"),
        date(2026, 3, 9): Exceptional((), "庙会"),
    }),
}  # fmt: skip
_BY_SEVERITY = {"solution": {"ordinary": 1800, "complex": 14400}, "plan": {"special": 86400, "major": 86400}}
LEVELS = {"community": 1800, "street": 14400, "district": 86400}
_ENDS = ("rejected", "cancelled", "closed")
_LADDER = ("grid", *LEVELS)
_MARKS = ("warned", "breached", "met", "passed")
Made = tuple[int, int | None, int | None]
"""A promise: since when, how many seconds, until which date."""


@dataclass(frozen=True)
class Strip:
    """Which pieces of the time count, and how many seconds counted before each."""

    counts: Sequence[bool]
    before: Sequence[int]

    def between(self, start: int, end: int) -> int:
        return self._until(end) - self._until(start) if end > start else 0

    def opening(self, second: int) -> int:
        """`second` itself when it counts, else the first that does."""
        piece = second // PIECE
        return second if self.counts[piece] else self.counts.index(True, piece) * PIECE

    def _until(self, second: int) -> int:
        piece, rest = divmod(second, PIECE)
        return self.before[piece] + (rest if self.counts[piece] else 0)


@cache
def strip(hours: str | None, zone: str = "Asia/Shanghai") -> Strip:
    """Of the hours of that name; None: every second counts."""
    local = ZoneInfo(zone)

    def is_open(start: int) -> bool:
        if hours is None:
            return True
        clock = moment_of(start).astimezone(local)
        minute = clock.hour * 60 + clock.minute
        return any(opens <= minute < closes for opens, closes in HOURS[hours].of(clock.date()))

    counts = [is_open(start) for start in range(0, LAST + PIECE, PIECE)]
    return Strip(counts, [0, *accumulate(PIECE if one else 0 for one in counts)])


def second_of(moment: datetime) -> int:
    return (moment - BEGIN) // timedelta(seconds=1)


def moment_of(second: int) -> datetime:
    return BEGIN + timedelta(seconds=second)


@dataclass(frozen=True)
class Running:
    """How one clock's seconds count: on which strip, from when, and between which pauses (begin, end or None)."""

    strip: Strip
    start: int
    pauses: Sequence[tuple[int, int | None]]

    def counted(self, until: int) -> int:
        waited = (
            self.strip.between(max(begin, self.start), min(until, end if end is not None else until))
            for begin, end in self.pauses
        )
        return self.strip.between(self.start, until) - sum(waited)

    def when(self, seconds: int) -> int | None:
        """The first second at which so many have counted; None while a pause keeps it from coming."""
        if seconds == 0:
            return self._begins()
        if self.counted(LAST) < seconds:
            return None
        return bisect_left(range(LAST + 1), seconds, lo=self.start, key=self.counted)

    def _begins(self) -> int | None:
        """When it first runs: a pause may lie over its start."""
        begun: int | None = self.start
        for begin, end in self.pauses:
            if begun is not None and begin <= begun and (end is None or begun < end):
                begun = end
        return begun


@dataclass(frozen=True)
class Promised:
    """What was promised from `since` to `stop`: `seconds`, a date `until`, or (neither) nothing any more."""

    since: int
    stop: int
    seconds: int | None
    until: int | None

    def part(self, running: Running, per_cent: int) -> int | None:
        if self.until is not None:
            return self.until if per_cent == 100 else running.when(running.counted(self.until) * per_cent // 100)
        return None if self.seconds is None else running.when(self.seconds * per_cent // 100)


@dataclass(frozen=True)
class Recounted:
    """One clock, as it should stand at `now`."""

    name: str
    round: int
    running: Running
    promises: Sequence[Promised]
    ended: tuple[int, bool] | None
    """When, and whether the promised thing was done."""
    now: int

    @property
    def key(self) -> tuple[str, int]:
        return self.name, self.round

    @property
    def withdrawn(self) -> bool:
        return self.promises[-1].seconds is None and self.promises[-1].until is None

    @property
    def shown(self) -> Promised:
        return next(p for p in reversed(self.promises) if p.seconds is not None or p.until is not None)

    @property
    def due(self) -> int | None:
        return self.shown.part(self.running, 100)

    @property
    def broken(self) -> int | None:
        """The due moment of the first promise that was not kept; equal is kept."""
        dues = ((p.part(self.running, 100), p.stop) for p in self.promises)
        return next((due for due, stop in dues if due is not None and due < stop), None)

    @property
    def finished(self) -> int | None:
        if self.withdrawn:
            return self.promises[-1].since
        return self.ended[0] if self.ended else None

    @property
    def state(self) -> str:
        if self.broken is not None:
            return "breached"
        if self.withdrawn or (self.ended and not self.ended[1]):
            return "waived"
        if self.ended:
            return "met"
        return "paused" if self.running.pauses and self.running.pauses[-1][1] is None else "running"

    @property
    def counted(self) -> int:
        return self.running.counted(min(self.finished or self.now, self.now))

    def reached(self, per_cent: int) -> Iterator[int]:
        """When so much of each promise was gone, as far as that came before the promise ended."""
        for promise in self.promises:
            moment = promise.part(self.running, per_cent)
            if moment is not None and moment <= promise.stop:
                yield moment


def recount(
    history: Sequence[Step], urgent: bool, station: Callable[[int], Strip], now: datetime
) -> dict[tuple[str, int], Recounted]:
    """Every clock of a ticket by (name, round); `station` gives the strip of its station in a round."""
    found: list[Recounted] = []
    for steps in _rounds(history):
        found += _Round(steps, urgent, station(steps[0].round), second_of(now)).clocks()
    return {clock.key: clock for clock in found}


def _rounds(history: Sequence[Step]) -> list[list[Step]]:
    rounds: dict[int, list[Step]] = {}
    for step in history:
        if step.kind not in _MARKS:
            rounds.setdefault(step.round, []).append(step)
    return list(rounds.values())


class _Round:
    """One round of clocks. Steps are named by their place in it, since two may fall into one second."""

    def __init__(self, steps: list[Step], urgent: bool, station: Strip, now: int) -> None:
        self.steps, self.now, self.number = steps, now, steps[0].round
        self.hours = strip(None) if urgent else station
        self.begun = self._at(0)
        self.paused_at, self.pauses = list[str](), list[tuple[int, int | None]]()
        for level, pause in self._pauses():
            self.paused_at.append(level)
            self.pauses.append(pause)

    def clocks(self) -> Iterator[Recounted]:
        on_hours = Running(self.hours, self.begun, self.pauses)
        day = Running(strip(None), self.hours.opening(self.begun), self.pauses)
        yield self._clock("arrival", on_hours, [(self.begun, 600, None)], self._first("arrived"))
        solved = self._first("resolved")
        promises = self._by_severity("solution", -1, solved)
        if promises:
            yield self._clock("solution", on_hours, promises, solved)
        yield from self._plans(day)
        yield from self._dates()
        yield from self._levels()

    def _plans(self, day: Running) -> Iterator[Recounted]:
        """A plan is promised for a grave matter, and anew when it is grave again after its plan was dropped."""
        number = 0
        for after in (-1, *self._drops()):
            done = self._first("planned", "resolved", after=after)
            promises = self._by_severity("plan", after, done)
            if promises:
                number += 1
                if number > 1:
                    day = Running(strip(None), self.hours.opening(promises[0][0]), self.pauses)
                yield self._clock(_numbered("plan", number), day, promises, done)

    def _dates(self) -> Iterator[Recounted]:
        """Every plan has a date, with its moves, until it is dropped; no pause moves it."""
        plans = [index for index, step in enumerate(self.steps) if step.kind == "planned"]
        for number, index in enumerate(plans, start=1):
            running = Running(strip(None), self._at(index), [])
            dropped = next((drop for drop in self._drops() if drop > index), None)
            promises: list[Made] = []
            for step in self.steps[index:dropped]:
                if step.kind in ("planned", "plan_moved"):
                    until = second_of(step.detail["planned_for"])
                    if until != (promises[-1][2] if promises else None):
                        promises.append((second_of(step.at), None, until))
            if dropped is not None:
                promises.append((self._at(dropped), None, None))
            solved = self._first("resolved", after=index) if dropped is None else None
            yield self._clock(_numbered("planned_date", number), running, promises, solved)

    def _drops(self) -> list[int]:
        return [
            index for index, step in enumerate(self.steps)
            if step.kind == "reclassified" and step.detail["plan_dropped"]
        ]  # fmt: skip

    def _clock(
        self, name: str, running: Running, promises: list[Made], done: int | None, left: int | None = None
    ) -> Recounted:
        over = self._first(*_ENDS)
        first = min((end for end in (done, left, over) if end is not None), default=None)
        ended = None if first is None else (self._at(first), first == done)
        stops = [since for since, _, _ in promises[1:]] + [ended[0] if ended else self.now]
        made = [
            Promised(since, stop, seconds, until)
            for (since, seconds, until), stop in zip(promises, stops, strict=True)
        ]  # fmt: skip
        return Recounted(name, self.number, running, made, ended, self.now)

    def _by_severity(self, name: str, after: int, done: int | None) -> list[Made]:
        promises: list[Made] = []
        for step in self.steps[after + 1 : done]:
            if step.kind in ("arrived", "reclassified"):
                promised = _BY_SEVERITY[name].get(step.detail["severity"])
                if promised != (promises[-1][1] if promises else None):
                    promises.append((second_of(step.at), promised, None))
        return promises

    def _levels(self) -> Iterator[Recounted]:
        stays: dict[str, int] = {}
        used: dict[str, int] = {}
        for index, step in enumerate(self.steps):
            level = step.detail.get("to_level", "grid")
            if step.kind not in ("lifted", "lowered") or level == "grid":
                continue
            stays[level] = stays.get(level, 0) + 1
            name = _numbered(level, stays[level])
            begun = self._at(index)
            waits = [
                pause
                for at, pause in zip(self.paused_at, self.pauses, strict=True)
                if _LADDER.index(at) >= _LADDER.index(level)
            ]  # not what somebody let wait beneath it
            running = Running(self.hours, begun, waits)
            if level == "district":
                running = Running(strip(None), self.hours.opening(begun), waits)
            answered = self._first("arrived", "planned", "resolved", after=index, beneath=False)
            left = self._first("lifted", "lowered", "resolved", after=index)
            time_left = max(LEVELS[level] - used.get(level, 0), 0)
            clock = self._clock(name, running, [(begun, time_left, None)], answered, left)
            used[level] = used.get(level, 0) + clock.counted
            yield clock

    def _pauses(self) -> Iterator[tuple[str, tuple[int, int | None]]]:
        """Each with the level at which it stood when it was let wait."""
        begun: tuple[str, int] | None = None
        level = "grid"
        for step in self.steps:
            level = step.detail.get("to_level", level)
            if step.kind == "paused" and begun is None:
                begun = level, second_of(step.at)
            elif begun is not None and step.kind in ("resumed", "resolved", *_ENDS):
                yield begun[0], (begun[1], second_of(step.at))
                begun = None
        if begun is not None:
            yield begun[0], (begun[1], None)

    def _first(self, *kinds: str, after: int = -1, beneath: bool = True) -> int | None:
        """The first of these steps; unless `beneath`, of those that nobody beneath the ticket's level took."""
        return next((
            i for i, step in enumerate(self.steps)
            if i > after and step.kind in kinds and (beneath or not step.detail.get("beneath"))
        ), None)  # fmt: skip

    def _at(self, index: int) -> int:
        return second_of(self.steps[index].at)


def _numbered(name: str, stay: int) -> str:
    return name if stay == 1 else f"{name}-{stay}"
