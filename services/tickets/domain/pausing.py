"""A ticket waits for something that is not in our hands; its promised times stand still meanwhile."""

from services.tickets.domain import steps
from services.tickets.domain.policy import Policy
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import waited
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import Actor, allowed, by_office, check_in_hand, check_level

PAPERS_MISSING = "papers_missing"
"""The reason of a policy for which the checklist says whether it holds."""


def pause(course: Course, actor: Actor, policy: Policy, reason_code: str, reason: str | None) -> None:
    """Let it wait, for one of the reasons that the policy knows; `reason` is sealed.

    Each has its longest time, that of all pauses for it in a round together: otherwise a promise could be put off for
    ever. Where somebody has it in hand, he lets it wait, or a superior; what stands at a level, that level or above,
    whoever has it in hand. The time of a level to which it is lifted then runs on (`waiting.of_level`).
    Nobody waits for papers when all of the checklist are there.

    Raises Refused: pause-not-for-this, papers-complete, pause-used-up, not-allowed, beneath-its-level.
    """
    state = allowed(course.ticket, "pause", actor, course.life)
    check_level(course.ticket, actor)
    check_in_hand(course.ticket, actor)
    if reason_code not in policy.pauses:
        raise Refused("pause-not-for-this", reason=reason_code, reasons=sorted(policy.pauses))
    if reason_code == PAPERS_MISSING and _has_all_papers(course.ticket):
        raise Refused("papers-complete")
    if waited(course.ticket, reason_code).total_seconds() >= policy.pauses[reason_code]:
        raise Refused("pause-used-up", reason=reason_code, hours=policy.pauses[reason_code] // 3600)
    detail = {"reason_code": reason_code, "reason": reason, **by_office(actor)}
    course.take(steps.PAUSED, actor.person_id, detail, state=state, waiting_for=reason_code)


def resume(course: Course, actor: Actor) -> None:
    """Its time runs again. Raises Refused("ticket-waits-not")."""
    state = allowed(course.ticket, "resume", actor, course.life)
    if course.ticket.waiting_for is None:
        raise Refused("ticket-waits-not")
    course.take(steps.RESUMED, actor.person_id, {"cause": "manual"}, state=state, waiting_for=None)


def resume_by_itself(course: Course) -> None:
    """If it waits, its time runs again: who let it wait gave it back."""
    if course.ticket.waiting_for is not None:
        course.take(steps.RESUMED, None, {"cause": "gone"}, waiting_for=None)


def _has_all_papers(ticket: Ticket) -> bool:
    """Whether it has a checklist, and all of it is there."""
    return bool(ticket.items) and None not in ticket.items.values()
