"""Holds our clock `external` against the file: its verdict for each row, and each threshold's once and when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.cli.replay.rows import Row

EXTERNAL = "external"
_THEIRS = {"OVERDUE": "breached", "ONTIME": "met"}
WARNINGS = (50, 80)
"""Per cent at which request-1341 warns."""
BREACH, KEPT = 100, 0
Clocks = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A row that we judge otherwise than the file. Without an explanation something is wrong with us."""

    row: Row
    ours: str
    theirs: str
    reason: str
    explained: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The comparison of all rows that were played and have target and close time."""

    compared: int
    agreed: int
    disagreements: Sequence[Disagreement]


def judge(rows: Iterable[Row], clocks: Mapping[str, Clocks]) -> Judged:
    """`clocks` by row id, as GET …/clock explained them at the end."""
    compared = [row for row in rows if row.target_at is not None and row.closed_at is not None and row.id in clocks]
    found = [found for row in compared if (found := _disagreement(row, clocks[row.id])) is not None]
    return Judged(len(compared), len(compared) - len(found), found)


def _disagreement(row: Row, clocks: Clocks) -> Disagreement | None:
    clock = external(clocks)
    ours = str(clock["state"]) if clock else "no clock"
    if ours == _THEIRS.get(row.status):
        return None
    by_their_times = "breached" if _is_over(row) else "met"
    if ours != by_their_times:
        reason, explained = f"closed and target of the file say {by_their_times}", False
    elif row.status not in _THEIRS:
        reason, explained = f"the file gives no verdict; its times say {by_their_times}, as we do", True
    else:
        reason, explained = _with_doubts(f"the file contradicts its own times: closed {_how_late(row)}", row), True
    return Disagreement(row, ours, row.status, reason, explained)


def external(clocks: Clocks) -> Mapping[str, Any] | None:
    return next((clock for clock in clocks if clock["name"] == EXTERNAL), None)


def _is_over(row: Row) -> bool:
    return _seconds_over(row) > 0


def _seconds_over(row: Row) -> int:
    if row.closed_at is None or row.target_at is None:
        raise ValueError("the row has no target or no close time")
    return int((row.closed_at - row.target_at).total_seconds())


def _how_late(row: Row) -> str:
    late = _seconds_over(row)
    return f"{abs(late)} s {'after' if late > 0 else 'before'} target" if late else "at its target"


def _with_doubts(reason: str, row: Row) -> str:
    """A cut fraction or a time that occurs twice may be all of the difference."""
    doubts = [note for note in row.notes if "fraction" in note or "twice" in note]
    return "; ".join((reason, *doubts))


@dataclass(frozen=True, slots=True)
class Misfire:
    """A threshold of the clock that is missing, doubled, unasked for or dated wrong."""

    row: Row
    expected: Sequence[tuple[int, datetime]]
    found: Sequence[tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class Fired:
    """All thresholds of the clock `external`, by per cent; 0 is a promise kept."""

    counts: Mapping[int, int]
    misfires: Sequence[Misfire]


def check_thresholds(rows: Iterable[Row], clocks: Mapping[str, Clocks], ended_at: datetime) -> Fired:
    """Each that was due up to `ended_at`, exactly once, dated to the second at which it was due."""
    counts: dict[int, int] = {}
    misfires: list[Misfire] = []
    for row in rows:
        if row.id not in clocks or row.target_at is None:
            continue
        clock = external(clocks[row.id])
        marks = clock["thresholds"] if clock else ()
        found = sorted((int(mark["threshold"]), datetime.fromisoformat(mark["reached_at"])) for mark in marks)
        expected = sorted(expected_thresholds(row, ended_at))
        if found != expected:
            misfires.append(Misfire(row, expected, found))
        for threshold, _ in found:
            counts[threshold] = counts.get(threshold, 0) + 1
    return Fired(counts, misfires)


def expected_thresholds(row: Row, ended_at: datetime) -> Iterable[tuple[int, datetime]]:
    """Reckoned from the row alone, in whole seconds: breached iff it ended after the target, equal is met."""
    if row.target_at is None:
        return
    ends = row.closed_at or ended_at
    whole = int((row.target_at - row.opened_at).total_seconds())
    for per_cent in WARNINGS if whole > 0 else ():
        reached = row.opened_at + timedelta(seconds=whole * per_cent // 100)
        if reached <= ends:
            yield per_cent, reached
    if ends > row.target_at:
        yield BREACH, row.target_at
    elif row.closed_at is not None:
        yield KEPT, row.closed_at
