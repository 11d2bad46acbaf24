"""What staff do for a reporter: say on their word that it is done, that it is not, that it is not wanted any more; and
print a slip with a follow-up secret. Both stand in the history with who did it, and never touch one's own work."""

from dataclasses import replace

from services.tickets.domain import steps
from services.tickets.domain.handled import had_part, solved_by
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import BY_STAFF, STAFF, STANDS_IN, Actor, allowed, check_not_rated

SAID_AT = ("desk", "telephone")
"""Where the reporter said it."""


def stand_in(ticket: Ticket, actor: Actor) -> Actor:
    """The actor as who writes down the word of the ticket's own reporter; those of merged tickets speak for themselves.

    Raises Refused: not-allowed, no-reporter (also where the own reporter has taken it back), own-work, rated-oneself.
    """
    if not actor.is_any(STAFF):
        raise Refused("not-allowed")
    _check_own(ticket, actor)
    return replace(actor, parts=actor.parts | STANDS_IN, reports_as=ticket.reporter_id, way=BY_STAFF, slip_by=None)


def print_slip(course: Course, actor: Actor, digest: str) -> None:
    """A fresh secret for the ticket's own reporter, on paper; the slip before it ends. None ends a callback, which is
    the office's own matter. Nor does who had it in hand print one, in whatever round.

    Raises Refused: no-reporter, own-work, rated-oneself, not-in-this-kind.
    """
    allowed(course.ticket, "print_slip", actor, course.life)
    if course.ticket.is_callback:
        raise Refused("not-in-this-kind", action="print_slip", kind=course.ticket.kind)
    _check_own(course.ticket, actor)
    if actor.person_id in had_part(course.ticket):
        raise Refused("own-work")
    course.take(steps.SLIP_PRINTED, actor.person_id, slip_hash=digest, slip_by=actor.person_id)


def _check_own(ticket: Ticket, actor: Actor) -> None:
    """All that one had in hand in a round that was solved, whoever solved it; also what is still in one's hands: who is
    about to solve it does not prepare the rating."""
    if ticket.reporter_id is None or ticket.reporter_id in ticket.withdrawn_by:
        raise Refused("no-reporter")
    if actor.person_id in solved_by(ticket):
        raise Refused("own-work")
    check_not_rated(ticket, actor.person_id)
    if actor.person_id == ticket.assignee_id:
        raise Refused("own-work")
