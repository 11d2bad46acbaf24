"""Absences: from when until when somebody is away. The reason is a category; nothing else of it is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.tickets.domain.refused import Refused

REASONS = ("leave", "sick", "training", "other")
LONGEST = timedelta(days=366)
MOST_OPEN = 20
"""Absences of one person that go on or are to come (ours)."""
_RANKS = {
    "grid_worker": 0, "grid_head": 1, "station_head": 1, "community": 2, "street": 3, "district": 4, "admin": 5,
}  # fmt: skip
"""Who is above whom; what is not here has no rank."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Away from `since`, back at `until`; ended early, both may be the same: it never counted."""

    id: str
    person_id: str
    since: datetime
    until: datetime
    reason: str
    by: str
    areas: tuple[str, ...] = ()
    """Where the person had a role when it was recorded."""
    recorded_at: datetime | None = None
    """None: recorded before that was kept."""
    ended_by: str | None = None
    """Who ended it early; None: nobody did."""


def check_period(since: datetime, until: datetime, now: datetime) -> None:
    """Raises Refused: absence-ends-before-it-begins, absence-is-past, absence-too-long."""
    if until <= since:
        raise Refused("absence-ends-before-it-begins")
    if until <= now:
        raise Refused("absence-is-past")
    if until - since > LONGEST or since - now > LONGEST:
        raise Refused("absence-too-long", days=LONGEST.days)


def check_open(already: int) -> None:
    """Raises Refused("too-many-absences")."""
    if already >= MOST_OPEN:
        raise Refused("too-many-absences", most=MOST_OPEN)


def check_may_end(absence: Absence, by: str, *, is_administrator: bool) -> None:
    """What somebody said of himself is for him to take back, or for an administrator above him: else whoever is above
    makes him answer for what he is too ill to do. Raises Refused("absence-is-his-own")."""
    if absence.by == absence.person_id != by and not is_administrator:
        raise Refused("absence-is-his-own")


def end(absence: Absence, by: str, now: datetime) -> Absence:
    """Back sooner; one that has not begun never counts. Raises Refused("absence-is-past")."""
    if absence.until <= now:
        raise Refused("absence-is-past")
    return replace(absence, until=max(absence.since, now), ended_by=by)


def away_until(periods: Iterable[tuple[datetime, datetime]], now: datetime) -> datetime | None:
    """When somebody with these absences is back who is away at `now`; periods that join count as one."""
    back: datetime | None = None
    for since, until in sorted(periods):
        if since <= (back or now) < until:
            back = until
    return back


def is_above(mine: Iterable[tuple[str, str]], theirs: Iterable[tuple[str, str]]) -> bool:
    """Whether one is above all that another is; both are (role, area path). Who has no rank has nobody above."""
    ranked = [(role, path) for role, path in theirs if role in _RANKS]
    own = list(mine)
    return bool(ranked) and all(
        any(_RANKS.get(my_role, -1) > _RANKS[role] and path.startswith(my_path) for my_role, my_path in own)
        for role, path in ranked
    )
