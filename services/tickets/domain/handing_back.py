"""Who had a ticket is there no more (离岗), or helps no more: it goes back by itself, and its owner hears of it."""

from typing import Any

from services.tickets.domain import steps
from services.tickets.domain.actions import release_claim
from services.tickets.domain.handled import has_begun
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import SYSTEM, Actor, allowed

DISABLED, NO_ROLE, SUSPENDED = "disabled", "no_role", "suspended"
"""Why somebody is gone: the account was disabled, or has no role over the place any more; or the community suspended
him as a volunteer."""
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


def take_from_suspended(course: Course, rules: Rules, offer_id: str) -> None:
    """Take an open ticket from the volunteer who has it by his claim.

    While he has done nothing about it, it is open to others at once, as if he had given it back, and as it would be had
    his claim not been heard of yet. What he has begun with is for staff to look at first.
    """
    ticket = course.ticket
    if ticket.claim_id is None:
        raise ValueError(f"nobody has {ticket.id} by a claim")
    if ticket.state != "assigned" or has_begun(ticket):
        hand_back(course, rules, SUSPENDED, from_hands=True, from_owner=False)
        return
    why = {"reason_code": SUSPENDED, "answerable_id": _answerable(rules, course)}
    release_claim(course, _SYSTEM, ticket.claim_id, offer_id, why)


def _answerable(rules: Rules, course: Course) -> str | None:
    """Who answers for it now; where the post is vacant, who does at the nearest level above."""
    levels = LEVELS[LEVELS.index(course.ticket.level) :]
    owners = (rules.owner_of(level, course.ticket.area_path, course.ticket.rated) for level in levels)
    return next((owner for owner in owners if owner is not None), None)
