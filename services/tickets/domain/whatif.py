"""What if (推演): the clocks of what really happened, as another policy would have run them.

People's deeds stay as they were; what the clocks and the ladder wrote is left out and reckoned anew. So it says whether
the same work would have kept the other promises, not how people would have worked under them.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from services.tickets.domain import steps
from services.tickets.domain.clocks import Clock, fold
from services.tickets.domain.settle import Rules
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket

OUTCOMES = ("met", "warned", "breached", "waived", "running", "unknown")
"""`warned` counts clocks that reached their first warning, whatever became of them; the others exclude each other."""


@dataclass(slots=True)
class Tally:
    """How many clocks, by name, came to what; under what held and under what is tried."""

    tickets: int = 0
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    tried: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, ticket: Ticket, held: Rules, tried: Rules, now: datetime) -> None:
        self.tickets += 1
        self.held.update(verdicts(ticket, held, now))
        self.tried.update(verdicts(ticket, tried, now))

    def clocks(self) -> list[str]:
        return sorted({name for name, _ in (*self.held, *self.tried)})


def verdicts(ticket: Ticket, rules: Rules, now: datetime) -> Iterator[tuple[str, str]]:
    """(clock, outcome) of every clock of the ticket under these rules; the ladder's own clocks are left out."""
    for clock in fold(_deeds(ticket.history), rules.policy, rules.calendars, now):
        if clock.level is not None:
            continue
        yield clock.base, _outcome(clock)
        if _was_warned(clock, rules, now):
            yield clock.base, "warned"


def _outcome(clock: Clock) -> str:
    if clock.breached_at is not None:
        return "breached"
    return "running" if clock.state == "paused" else clock.state


def _was_warned(clock: Clock, rules: Rules, now: datetime) -> bool:
    if not rules.policy.warn_at:
        return False
    at = clock.promise.part(clock.timeline, rules.policy.warn_at[0])
    return at is not None and at <= min(clock.finished_at or now, now)


def _deeds(history: tuple[Step, ...]) -> list[Step]:
    """What people did: neither what clocks wrote nor what a breach lifted."""
    return [
        step
        for step in history
        if step.kind not in steps.MARKS and not (step.kind == steps.LIFTED and step.detail.get("cause") == "breach")
    ]
