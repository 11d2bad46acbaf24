"""The responsibility clock (责任时钟): how long each level had the ticket, and how long each who had it in hand.

On the wall clock, whatever calendars the promises run on: it tells where the time went, not whether a promise was kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.tickets.domain import steps
from services.tickets.domain.calendars import whole_seconds
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import GRID, Ticket

_DONE = steps.ROUND_ENDS | {steps.RESOLVED}
After = Callable[[Step, str | None], str | None]
"""(step, who had it before) → who has it then."""


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch in which `by`, a level or a person, had the ticket; `until` is None while it still has."""

    by: str
    since: datetime
    until: datetime | None

    def seconds(self, now: datetime) -> int:
        return whole_seconds(self.since, self.until or max(now, self.since))


def by_levels(ticket: Ticket) -> list[Held]:
    """From filing to the solution, of each round."""
    return list(_stretches(ticket.history, _level_after))


def by_hands(ticket: Ticket) -> list[Held]:
    """From being assigned until it was solved or went to somebody else."""
    return list(_stretches(ticket.history, _hand_after))


def _level_after(step: Step, before: str | None) -> str | None:
    if step.kind in steps.ROUND_STARTS:
        return str(step.detail.get("level") or GRID)
    if step.kind in (steps.LIFTED, steps.LOWERED) and before is not None:
        return str(step.detail["to_level"])
    return None if step.kind in _DONE else before


def _hand_after(step: Step, before: str | None) -> str | None:
    if step.kind == steps.ASSIGNED:
        return str(step.detail["assignee_id"])
    return None if steps.leaves_hands(step) or step.kind in _DONE else before


def _stretches(history: tuple[Step, ...], after: After) -> Iterator[Held]:
    by: str | None = None
    since: datetime | None = None
    for step in history:
        now_by = after(step, by)
        if now_by == by:
            continue
        if by is not None and since is not None:
            yield Held(by, since, step.at)
        by, since = now_by, step.at
    if by is not None and since is not None:
        yield Held(by, since, None)
