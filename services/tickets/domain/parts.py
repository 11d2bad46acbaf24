"""What somebody is to a ticket."""

from services.tickets.domain.ticket import UNENDED_STATES, Ticket
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, OWNER, STAFF, Actor


def parts_of(ticket: Ticket, person_id: str | None, roles: frozenset[str], knows: str | None = None) -> Actor:
    """What somebody is to this ticket; `roles` are those that they hold over its place.

    `knows`: which of its secrets they know, SECRET or SLIP.

    To have it in hand or to answer for it counts as long as there is something to do, and for staff only with a role
    over its place: who was moved, or whose roles were taken, is nothing to what he once had.
    """
    parts, serves = set(roles & (STAFF | {"partner"})), bool(roles & STAFF)
    way = ACCOUNT if knows is None and person_id is not None and person_id == ticket.reporter_id else knows
    if way is not None:
        parts.add("reporter")
    if person_id is not None and person_id == ticket.assignee_id and ticket.is_open:
        parts |= ASSIGNEE if serves or ticket.assignee_kind == "member" else set()
    if person_id is not None and person_id == ticket.owner_id and ticket.state in UNENDED_STATES:
        parts |= OWNER if serves else set()
    return Actor(person_id, frozenset(parts), way)
