"""Several people report the same matter: all but one ticket are merged into that one, and everybody hears its end.

Whoever reported it by a ticket that was merged is a reporter of the one that goes on: he sees it, but not what another
reporter said; he adds to it, reopens what is not solved, or takes his own report back, and then it goes on for the
others. He confirms and rates it once it has no reporter of its own any more.
"""

from services.tickets.domain import steps
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import OPEN_STATES, Course, Ticket
from services.tickets.domain.transitions import Actor, allowed, check_ends


def merge(course: Course, actor: Actor, into: Ticket) -> None:
    """End the duplicate; what it promised is waived, its reporters are kept by `into` (see `take_over`).

    Raises Refused: merge-into-itself, merge-into-ended (which also keeps two from being merged into each other),
    beneath-its-level, rated-oneself.
    """
    state = allowed(course.ticket, "merge", actor, course.life)
    if into.id == course.ticket.id:
        raise Refused("merge-into-itself")
    _check_goes_on(into)
    check_ends(course.ticket, actor)
    if into.area_path.split("/")[1] != course.ticket.area_path.split("/")[1]:
        raise Refused("other-county", id=into.number)
    detail = {"into_id": into.id, "into_number": into.number}
    course.take(
        steps.MERGED, actor.person_id, detail, state=state, merged_into=into.id, owner_id=None, assignee_id=None,
        assignee_kind=None, claim_id=None, offer=None, waiting_for=None,
    )  # fmt: skip


def take_over(course: Course, actor: Actor, duplicate: Ticket) -> None:
    """Keep the duplicate's reporters, each once, so that they hear the outcome.

    Raises Refused("merge-into-ended") also when silence has just closed it: settling comes before.
    """
    ticket = course.ticket
    _check_goes_on(ticket)
    joining = [person for person in duplicate.reporters if person not in ticket.reporters]
    more = tuple(person for person in joining if person != ticket.reporter_id)
    gone = dict.fromkeys((*ticket.withdrawn_by, *duplicate.withdrawn_by))
    staying = {*ticket.reporters, *joining}
    detail = {"duplicate_id": duplicate.id, "duplicate_number": duplicate.number, "reporters": joining}
    course.take(
        steps.DUPLICATE_ADDED, actor.person_id, detail, also_reported_by=(*ticket.also_reported_by, *more),
        withdrawn_by=tuple(person for person in gone if person not in staying),
        duplicates=(*ticket.duplicates, duplicate.id),
    )  # fmt: skip


def _check_goes_on(into: Ticket) -> None:
    if into.state not in OPEN_STATES | {"resolved"}:
        raise Refused("merge-into-ended", number=into.number, state=into.state)
