"""Who had a ticket is there no more (离岗): it goes back by itself, and its owner hears of it."""

from typing import Any

from services.tickets.domain import steps
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import SYSTEM, Actor, allowed

DISABLED, NO_ROLE = "disabled", "no_role"
"""Why somebody is gone: the account was disabled, or has no role over the place any more."""
_SYSTEM = Actor(None, SYSTEM)


def hand_back(course: Course, rules: Rules, why: str, *, from_hands: bool, from_owner: bool) -> None:
    """Take an open ticket out of the hands of who is gone, or find anew who answers for it, or both.

    Its clocks go on, and it waits on if it waited. What is under way on site stays so: another is put in charge of it.
    """
    ticket = course.ticket
    state, changes = ticket.state, dict[str, Any]()
    if from_hands:
        state = allowed(ticket, "hand_back" if state == "assigned" else "leave_site", _SYSTEM, course.life)
        changes = {"assignee_id": None, "assignee_kind": None, "claim_id": None}
    detail = {
        "cause": "gone", "reason_code": why, "former_assignee": ticket.assignee_id if from_hands else None,
        "former_owner": ticket.owner_id if from_owner else None, "answerable_id": _answerable(rules, course),
    }  # fmt: skip
    if from_owner:
        detail |= rules.duty_of(ticket.level, ticket.area_path, ticket.rated)
        changes["owner_id"] = rules.owner_of(ticket.level, ticket.area_path, ticket.rated)
    course.take(steps.HANDED_BACK, None, detail, state=state, **changes)


def _answerable(rules: Rules, course: Course) -> str | None:
    """Who answers for it now; where the post is vacant, who does at the nearest level above."""
    levels = LEVELS[LEVELS.index(course.ticket.level) :]
    owners = (rules.owner_of(level, course.ticket.area_path, course.ticket.rated) for level in levels)
    return next((owner for owner in owners if owner is not None), None)
