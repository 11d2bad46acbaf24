"""Photos of a ticket: who may add and see them, and that adding one is a step of its history."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.tickets.domain.reading import sees_photo, works_on_it
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ASSIGNEE, REPORTER, STAFF, Actor, check_not_rated

ATTACHED = "attached"
MOST = 20
"""Photos of one ticket *(ours)*."""
FOR_STAFF = 5
"""Of these, kept for who works on it *(ours)*: reporters cannot fill up what shows how it was solved."""
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
    most = MOST if works_on_it(actor) else MOST - FOR_STAFF
    if len(attachments_of(ticket)) + len(photos) > most:
        raise Refused("too-many-attachments", most=MOST, for_staff=FOR_STAFF)
    for photo in photos:
        detail = {"attachment_id": photo.id, "size": photo.size, "width": photo.width, "height": photo.height}
        course.take(ATTACHED, actor.person_id, detail)


def may_see(ticket: Ticket, actor: Actor, photo_id: str) -> bool:
    """Photos show people and their doors: they are for who works on the ticket and for who reported it.

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
