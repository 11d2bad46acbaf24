"""What somebody is to a ticket."""

from dataclasses import dataclass

from services.tickets.domain.handled import PART, hands
from services.tickets.domain.steps import FILED, LIFTED, LOWERED, REPORT_WITHDRAWN
from services.tickets.domain.ticket import UNENDED_STATES, Ticket
from services.tickets.domain.transitions import (
    ACCOUNT,
    ASSIGNEE,
    AUTHOR,
    BY_STAFF,
    OWNER,
    REPORTER,
    SECRET,
    SLIP,
    STAFF,
    Actor,
)

_MOVES = (LIFTED, LOWERED)


@dataclass(frozen=True, slots=True)
class FollowUpSecret:
    """A secret that somebody knows: of a ticket, or of one that was merged into it."""

    way: str
    """SECRET or SLIP; SLIP also where nobody can be reached who filed it."""
    reporter_id: str | None
    """Whose it is: who reported the ticket of which it is."""
    printed_by: str | None = None
    """Through whose hands a slip came."""


def parts_of(
    ticket: Ticket, person_id: str | None, roles: frozenset[str], knows: FollowUpSecret | None = None
) -> Actor:
    """What somebody is to this ticket; `roles` are those that they hold over its place.

    To have it in hand or to answer for it counts as long as there is something to do, and for staff only with a role
    over its place: who was moved, or whose roles were taken, is nothing to what he once had. An office answers for what
    stands at its own level, unless he had it come there: who fills posts may put one from above into a post of a grid,
    or one who then has lifted to himself what he wants to read. Where staff took back the own reporter's report for
    him, a duplicate's secret has passed through staff as well: they may have filed it.
    """
    parts, serves = set(roles & (STAFF | {"partner"})), bool(roles & STAFF)
    reports_as = knows.reporter_id if knows else person_id
    if reports_as is not None and reports_as == ticket.reporter_id:
        parts |= AUTHOR
    if reports_as in ticket.reporters:
        parts |= REPORTER
    if person_id is not None and person_id == ticket.assignee_id and ticket.is_open:
        parts |= ASSIGNEE if serves or ticket.assignee_kind == "member" else set()
    if person_id is not None and person_id == ticket.owner_id and ticket.state in UNENDED_STATES:
        parts |= OWNER if ticket.level in roles and person_id not in _brought_there(ticket) else set()
    if not parts & (AUTHOR | REPORTER):
        return Actor(person_id, frozenset(parts))
    way, printed_by = (knows.way, knows.printed_by) if knows else (ACCOUNT, None)
    if way == SECRET and _withdrawn_through_staff(ticket) and reports_as != ticket.reporter_id:
        way = SLIP
    return Actor(person_id, frozenset(parts), reports_as, way, printed_by)


def _brought_there(ticket: Ticket) -> frozenset[str]:
    """Who moved it to the level at which it stands; or filed it, or had to do with its promised times before it came
    there: who merges into it what is due in a moment has it lifted as well. Each reads its words once he takes it in
    hand, of which its history says so and its reporter hears."""
    told = ticket.history
    moved = (n for n, step in enumerate(told) if step.kind in _MOVES and step.detail["to_level"] == ticket.level)
    last = max(moved, default=None)
    if last is None:
        return frozenset()
    return frozenset(one for step in told[: last + 1] if step.kind in PART | {FILED} for one in hands(step))


def _withdrawn_through_staff(ticket: Ticket) -> bool:
    """Whether staff wrote down that its own reporter takes it back."""
    return any(
        step.kind == REPORT_WITHDRAWN
        and (step.detail.get("person_id"), step.detail.get("way")) == (ticket.reporter_id, BY_STAFF)
        for step in ticket.history
    )
