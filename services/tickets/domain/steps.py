"""A ticket's history is a list of steps. Everything else about its times is computed from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FILED, ACCEPTED, ASSIGNED, OFFERED = "filed", "accepted", "assigned", "offered"
ARRIVED, RECLASSIFIED, PLANNED, PLAN_MOVED = "arrived", "reclassified", "planned", "plan_moved"
PAUSED, RESUMED, RESOLVED, CONFIRMED = "paused", "resumed", "resolved", "confirmed"
VERIFIED, SESSION_HELD, ITEM_DONE, TRANSFERRED = "verified", "session_held", "item_done", "transferred"
MERGED, DUPLICATE_ADDED, RELOCATED = "merged", "duplicate_added", "relocated"
REPORT_WITHDRAWN, HANDED_BACK, SLIP_PRINTED = "report_withdrawn", "handed_back", "slip_printed"
REOPENED, REJECTED, CANCELLED, CLOSED = "reopened", "rejected", "cancelled", "closed"
LIFTED, LOWERED = "lifted", "lowered"
CLAIM_DECLINED, WITHDRAWAL_DECLINED = "claim_declined", "withdrawal_declined"
ATTACHED = "attached"
WARNED, BREACHED, MET, PASSED = "warned", "breached", "met", "passed"
"""What the clocks themselves wrote: a threshold reached, a promise broken or kept; `passed`: a warning that was already
past when the ticket was entered late, and that therefore nobody was told of."""

ROUND_STARTS = frozenset({FILED, REOPENED})
ROUND_ENDS = frozenset({REJECTED, CANCELLED, CLOSED, MERGED})
MOVES = frozenset({LIFTED, LOWERED})
MARKS = frozenset({WARNED, BREACHED, MET, PASSED})

ANSWERABLE = "answerable"
"""Detail: of a step that a program took, the person who answers for its key."""
LEFT = "left"
"""Detail of a merge: of each promise that what goes on has kept merely by being in hand, the seconds that the same
promise of what was merged had left (`time_left.py`)."""
BENEATH = "beneath"
"""Detail: who took the step stood beneath the ticket's level (`transitions.act`)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `at` is in whole seconds of UTC; `by` is a person_id, None for the system itself."""

    kind: str
    at: datetime
    round: int
    by: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


_LEAVES_HANDS = frozenset({OFFERED, TRANSFERRED, REOPENED, MERGED})


def leaves_hands(step: Step) -> bool:
    """Whether nobody has the ticket in hand after this step, whoever had before."""
    return step.kind in _LEAVES_HANDS or (step.kind == HANDED_BACK and step.detail["former_assignee"] is not None)


def whole_second(moment: datetime) -> datetime:
    """`moment` in UTC, cut to the whole second in which all clocks count."""
    return moment.astimezone(UTC).replace(microsecond=0)
