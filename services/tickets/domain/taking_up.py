"""Taken up and given back (认领、退回): what was merely taken up is promised on once nobody has it any more.

To offer a ticket or to put it in somebody's hands keeps a promise only as long as it stands. When the ticket is free
again in the same round, by whatever step, the promise runs on with the time already used: all the time that it waited
counts, however often somebody had it in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.tickets.domain import steps
from services.tickets.domain.policy import Policy
from services.tickets.domain.steps import Step
from services.tickets.domain.timelines import Pause

Keeps = Callable[[Step], bool]
"""Whether a promise is kept by a step."""
_TAKEN_UP = frozenset({steps.OFFERED, steps.ASSIGNED})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a clock ends, as far as the steps behind its beginning tell."""

    step: Step | None
    """By which the promise is kept or over; None: it is neither."""
    kept: bool
    """Whether it is kept, as far as that can be said yet."""
    at: int
    """How many steps come before that one, of all if there is none."""
    settled: int
    """How many come before the one after which it cannot be undone any more, of all if there is none."""
    for_good: bool
    given_back: tuple[Pause, ...]
    """The stretches in which it was kept already, and then was not any more."""


def ending(after: Sequence[Step], keeps: Keeps, over: frozenset[str]) -> Ending:
    """What ends a clock whose promise is kept by steps that `keeps` names, and over by those of the kinds `over`.

    What was taken up is kept for good when the ticket is solved. Where it moves on or ends before that, it was merely
    in somebody's hands, and is over without having been kept.
    """
    kept: int | None = None
    on_offer, given_back = False, list[Pause]()
    for number, step in enumerate(after):
        if kept is not None and step.kind in over and step.kind != steps.RESOLVED:
            merely = Pause(after[kept].at, step.at, "", taken_up=True)
            return Ending(step, False, number, number, True, (*given_back, merely))
        lasting = step.kind in over or (keeps(step) and step.kind not in _TAKEN_UP)
        if lasting or (step.kind == steps.RESOLVED and (kept is not None or given_back)):
            at = number if kept is None else kept
            is_kept = kept is not None or keeps(step) or step.kind not in over
            return Ending(after[at], is_kept, at, number, True, tuple(given_back))
        if keeps(step):
            kept = number if kept is None else kept
            on_offer |= step.kind == steps.OFFERED
        elif kept is not None and _takes_it_back(step) and not (on_offer and step.kind == steps.OFFERED):
            given_back.append(Pause(after[kept].at, step.at, "", taken_up=True))
            kept, on_offer = None, False
    at = len(after) if kept is None else kept
    return Ending(None if kept is None else after[kept], kept is not None, at, len(after), False, tuple(given_back))


def _takes_it_back(step: Step) -> bool:
    """Whether who took it up has it no more: it is free again, or staff beneath its level have taken it instead."""
    by_staff = step.kind == steps.ASSIGNED and step.detail.get("assignee_kind") == "staff"
    return steps.leaves_hands(step) or (by_staff and bool(step.detail.get(steps.BENEATH)))


def by_level(policy: Policy) -> Keeps:
    """What answers for a level of the ladder: what its policy names, done by that level or one above, and by nobody
    beneath. Nor is an offer an answer that takes the place of another by itself."""

    def keeps(step: Step) -> bool:
        by_itself = step.kind == steps.OFFERED and step.by is None
        return step.kind in policy.rung_met_by and not step.detail.get(steps.BENEATH) and not by_itself

    return keeps
