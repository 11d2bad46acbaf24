"""What happens at which instant, in strict order: the deeds of each row, and the end of each local day.

A file of requests knows when a matter was opened and closed, not who took it up when. We let the grid take it up at the
instant of its opening (accept, assign, arrive) and, where the city gave a target, plan for that date: the severity is
`special`, whose promise is a plan and its date, since a target of days is neither 30 minutes nor 4 hours.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.cli.replay.rows import Row

_FARTHEST_PLAN = timedelta(days=3 * 366)
"""A plan further ahead is refused; the partner's date is kept all the same."""


Deed = str
"""One command, by its name."""
FILE, ACCEPT, ASSIGN, ARRIVE, PLAN, RESOLVE = "file", "accept", "assign", "arrive", "plan", "resolve"


@dataclass(frozen=True, slots=True)
class Act:
    """What happens to one row at one instant, one deed after the other."""

    row: Row
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """An instant and its acts, which may run side by side; without any it is the end of a local day."""

    at: datetime
    acts: Sequence[Act] = ()


def scenes(rows: Iterable[Row], zone: ZoneInfo) -> list[Scene]:
    """All instants in order, each local midnight between them among them, and one second after the last.

    A promise is broken one second after its due time at the earliest: that second must have come as well.
    """
    acts: defaultdict[datetime, dict[str, Act]] = defaultdict(dict)
    for row in rows:
        acts[row.opened_at][row.id] = Act(row, _taking_up(row))
        if row.closed_at is not None:
            before = acts[row.closed_at].get(row.id)
            acts[row.closed_at][row.id] = Act(row, (*(before.deeds if before else ()), RESOLVE))
    if not acts:
        return []
    first, last = min(acts), max(acts)
    for midnight in _midnights(first, last, zone):
        acts.setdefault(midnight, {})
    acts.setdefault(last + timedelta(seconds=1), {})
    return [Scene(at, tuple(acts[at].values())) for at in sorted(acts)]


def _taking_up(row: Row) -> tuple[Deed, ...]:
    deeds = (FILE, ACCEPT, ASSIGN, ARRIVE)
    ahead = row.target_at - row.opened_at if row.target_at is not None else timedelta()
    return (*deeds, PLAN) if timedelta() < ahead <= _FARTHEST_PLAN else deeds


def _midnights(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    day = first.astimezone(zone).date() + timedelta(days=1)
    while (midnight := datetime.combine(day, time(), zone).astimezone(UTC)) <= last:
        yield midnight
        day += timedelta(days=1)
