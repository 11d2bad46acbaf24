"""Photos of a ticket: who may add and see them, and that adding one is a step of its history."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.tickets.domain.reading import sees_photo, works_on_it
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ASSIGNEE, REPORTER, STAFF, Actor, check_not_rated

ATTACHED = "attached"
MOST = 20
"""Photos of one ticket *(ours)*."""
KEPT_FOR_EACH = 5
"""Of these, kept for who works on it, and as many for its reporters *(ours)*: neither fills up what the others show."""
STAFFS, REPORTERS = "staff", "reporters"
SIDES = (STAFFS, REPORTERS)
ENDED = frozenset({"closed", "rejected", "cancelled", "merged"})
_MAY_ADD = STAFF | ASSIGNEE | REPORTER | {"partner"}


@dataclass(frozen=True, slots=True)
class Photo:
    """An uploaded photo, checked and made anew: always a JPEG without metadata. `size` is in bytes."""

    id: str
    size: int
    width: int
    height: int
    digest: str
    """SHA-256 of the JPEG, in hex."""


def attach(course: Course, actor: Actor, photos: Sequence[Photo]) -> None:
    """Write a step for each. Raises Refused: not-allowed, rated-oneself, ticket-ended, too-many-attachments."""
    ticket = course.ticket
    if not actor.is_any(_MAY_ADD):
        raise Refused("not-allowed")
    check_not_rated(ticket, actor.person_id)
    if ticket.state in ENDED:
        raise Refused("ticket-ended", state=ticket.state)
    side = _side(ticket, actor)
    if len(photos) > _free(ticket, side):
        raise Refused("too-many-attachments", most=MOST, kept=KEPT_FOR_EACH)
    for photo in photos:
        detail = {"attachment_id": photo.id, "size": photo.size, "width": photo.width, "height": photo.height}
        course.take(ATTACHED, actor.person_id, detail | ({"side": side} if side else {}))


def _side(ticket: Ticket, actor: Actor) -> str | None:
    """Whose places somebody fills; None: a partner, or who enters it for somebody else."""
    if works_on_it(actor):
        return STAFFS
    own = actor.reports_as is not None or actor.person_id is None or actor.person_id == ticket.reporter_id
    return REPORTERS if own else None


def _free(ticket: Ticket, side: str | None) -> int:
    """How many photos that side may still add: what is kept for the other, and not yet used by it, is left to it."""
    taken = [_side_of(ticket, step) for step in ticket.history if step.kind == ATTACHED]
    kept = sum(max(0, KEPT_FOR_EACH - taken.count(other)) for other in SIDES if other != side)
    return MOST - len(taken) - kept


def _side_of(ticket: Ticket, step: Step) -> str | None:
    """Of a photo from before sides were written down it is only known whether a reporter added it."""
    if "side" in step.detail:
        return str(step.detail["side"])
    return REPORTERS if step.by is None or step.by in ticket.reported_by else None


def may_see(ticket: Ticket, actor: Actor, photo_id: str) -> bool:
    """Photos show people and their doors: they are for who may reveal the ticket and for who reported it.

    Of several who reported the same, nobody sees another's photos, nor what was added before he came to it.
    """
    steps = (step for step in ticket.history if step.detail.get("attachment_id") == photo_id)
    return any(sees_photo(ticket, actor, step) for step in steps)


def is_looked_into(actor: Actor) -> bool:
    """Whether it is to be recorded that this person looks at a photo: everybody but a reporter."""
    return actor.reports_as is None


def attachments_of(ticket: Ticket) -> tuple[str, ...]:
    """Identities of the ticket's photos, in the order in which they were added."""
    return tuple(step.detail["attachment_id"] for step in ticket.history if step.kind == ATTACHED)
