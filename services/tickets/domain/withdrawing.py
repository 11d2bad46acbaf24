"""A reporter takes back what he reported (撤回)."""

from services.tickets.domain import steps
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import Actor, allowed


def cancel(course: Course, actor: Actor, reason: str | None) -> None:
    """A reporter takes back what he reported. The last one's word ends it; while others reported it too, or staff found
    it themselves, it goes on for them. Raises Refused("not-allowed").
    """
    state, ticket = allowed(course.ticket, "cancel", actor, course.life), course.ticket
    whom = actor.reports_as or actor.person_id
    if ticket.reporter_id is not None and not set(ticket.reporters) - {whom}:
        course.take(steps.CANCELLED, actor.person_id, {"reason": reason}, state=state, waiting_for=None)
        return
    if whom is None or whom not in ticket.reporters:
        raise Refused("not-allowed")
    course.take(
        steps.REPORT_WITHDRAWN, actor.person_id, {"reason": reason, "person_id": whom},
        also_reported_by=tuple(person for person in ticket.also_reported_by if person != whom),
        withdrawn_by=(*ticket.withdrawn_by, whom),
    )  # fmt: skip
