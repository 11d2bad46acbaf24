"""A merge gives no promise new time, also where what goes on had kept it merely by being in somebody's hands.

What is in hand when something is merged into it counts no time until it is free again. Then it has no more of each
promise than what was merged had left: otherwise who keeps made-up matters in hand merges into them, one after the
other, what waits for him, and each has all its time anew.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from services.tickets.domain import steps
from services.tickets.domain.calendars import CalendarUnknown
from services.tickets.domain.clocks import Clock
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket


def freed(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket as if nobody had it in hand, could claim it, or let it wait any more: so its promises show what time
    they have."""
    runs_on = [Step(steps.RESUMED, now, ticket.round, None, {"cause": "gone"})] if ticket.waiting_for else []
    free = Step(steps.HANDED_BACK, now, ticket.round, None, {"former_assignee": ticket.assignee_id or ""})
    return replace(ticket, history=(*ticket.history, *runs_on, free))


def left_of(promised: Iterable[Clock], goes_on: Iterable[Clock], now: datetime) -> dict[str, int]:
    """What the merge's step keeps (`steps.LEFT`): of each promise that what goes on has kept merely by being in hand,
    the seconds that the same promise had left of what is merged (`freed`). A broken one has been judged."""
    held = {clock.base for clock in goes_on if clock.state == "met" and not clock.for_good}
    same = [one for one in promised if one.base in held and one.is_open and one.breached_at is None]
    return {one.base: left for one in same if (left := _left(one, now)) is not None}


def _left(clock: Clock, now: datetime) -> int | None:
    """None of a date, and where a calendar is not known."""
    try:
        seconds = clock.promise.seconds
        return None if seconds is None else max(seconds - clock.timeline.counted(now), 0)
    except CalendarUnknown:
        return None
