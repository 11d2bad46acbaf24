"""Photos of a ticket: who may add and see them, and that adding one is a step of its history."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.tickets.domain.reading import sees_photo, sees_photo_as_reporter, works_on_it
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ASSIGNEE, REPORTER, STAFF, Actor, check_not_rated

ATTACHED = "attached"
MOST = 20
"""Photos of one ticket, of those who have a part in it *(ours)*."""
KEPT_FOR_EACH = 5
"""Of these, kept for who works on it, and as many for its reporters *(ours)*: neither fills up what the others show.
Each reporter has as many of his own, whatever others added; by a merged ticket, or by a claim, nobody adds more."""
EVER = 40
"""Photos of one ticket altogether, also of who has no part in it any more *(ours)*. Of these too five are left for its
own reporter, and five for staff."""
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
    whose = _whose(ticket, actor)
    if len(photos) > _free(ticket, whose):
        raise Refused("too-many-attachments", most=MOST, kept=KEPT_FOR_EACH)
    for photo in photos:
        detail = {"attachment_id": photo.id, "size": photo.size, "width": photo.width, "height": photo.height}
        course.take(ATTACHED, actor.person_id, detail | whose.kept())


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose places a photo takes."""

    side: str | None = None
    """None: a partner, or who enters it for somebody else."""
    reporter_id: str | None = None
    """Of a reporter: which one; who has no account too."""
    member_id: str | None = None
    """Who had it by a claim."""
    claim_id: str | None = None

    def kept(self) -> dict[str, str]:
        """With the step, without what does not apply."""
        said = {"side": self.side, "reporter_id": self.reporter_id, "by_claim": self.member_id and self.claim_id}
        return {name: value for name, value in said.items() if value is not None}


HIDDEN = frozenset({"side", "reporter_id", "by_claim"})
"""Details of the step that are shown to nobody."""


def _whose(ticket: Ticket, actor: Actor) -> Whose:
    if actor.is_any(STAFF):
        return Whose(STAFFS)
    if works_on_it(actor):
        return Whose(STAFFS, member_id=actor.person_id, claim_id=ticket.claim_id)
    own = actor.reports_as is not None or actor.person_id is None or actor.person_id == ticket.reporter_id
    return Whose(REPORTERS, actor.reports_as or ticket.reporter_id) if own else Whose()


def _free(ticket: Ticket, whose: Whose) -> int:
    """How many photos somebody may still add: what is kept for the others, and not yet used by them, is left to them;
    what was added by who took his report back, or gave his claim back, takes nobody's place."""
    ever = [_told(ticket, step) for step in ticket.history if step.kind == ATTACHED]
    now = [one for one in ever if _has_part(ticket, one)]
    kept = sum(_left(now, side) for side in SIDES if side != whose.side)
    free = max(MOST - len(now) - kept, _left(now, whose.side, whose.reporter_id))
    if whose.member_id is not None or whose.reporter_id not in (None, ticket.reporter_id):
        his = [one for one in ever if (one.reporter_id, one.member_id) == (whose.reporter_id, whose.member_id)]
        free = min(free, KEPT_FOR_EACH - len(his))
    return min(free, EVER - len(ever) - _kept_for_good(ticket, ever, whose))


def _left(taken: Sequence[Whose], side: str | None, reporter_id: str | None = None) -> int:
    """Of the places that are kept for a side, or for one of the reporters; nothing is kept for who is of neither."""
    his = [one for one in taken if one.side == side and reporter_id in (None, one.reporter_id)]
    return max(0, KEPT_FOR_EACH - len(his)) if side is not None else 0


def _kept_for_good(ticket: Ticket, ever: Sequence[Whose], whose: Whose) -> int:
    """Of all places, those that are left for its own reporter, and for staff, where it is another who adds."""
    by_staff = [one for one in ever if one.side == STAFFS and one.member_id is None]
    staff = 0 if whose.side == STAFFS and whose.member_id is None else _left(by_staff, STAFFS)
    if ticket.reporter_id in (None, whose.reporter_id):
        return staff
    return staff + _left(ever, REPORTERS, ticket.reporter_id)


def _has_part(ticket: Ticket, whose: Whose) -> bool:
    if whose.member_id is not None:
        return ticket.is_open and ticket.claim_id == whose.claim_id
    return whose.reporter_id is None or whose.reporter_id in ticket.reporters


def _told(ticket: Ticket, step: Step) -> Whose:
    """Of a photo from before sides were written down it is only known whether a reporter added it."""
    detail = step.detail
    if "side" in detail:
        claim_id = detail.get("by_claim")
        return Whose(detail["side"], detail.get("reporter_id"), step.by if claim_id else None, claim_id)
    return Whose(REPORTERS if step.by is None or step.by in ticket.reported_by else None)


def may_see(ticket: Ticket, actor: Actor, photo_id: str) -> bool:
    """Photos show people and their doors: they are for who may reveal the ticket and for who reported it.

    Of several who reported the same, nobody sees another's photos, nor what was added before he came to it.
    """
    steps = (step for step in ticket.history if step.detail.get("attachment_id") == photo_id)
    return any(sees_photo(ticket, actor, step) for step in steps)


def is_looked_into(ticket: Ticket, actor: Actor, photo_id: str) -> bool:
    """Whether it is to be recorded that this person looks at a photo: everybody who does not as its reporter alone."""
    steps = (step for step in ticket.history if step.detail.get("attachment_id") == photo_id)
    return not any(sees_photo_as_reporter(ticket, actor, step) for step in steps)


def attachments_of(ticket: Ticket) -> tuple[str, ...]:
    """Identities of the ticket's photos, in the order in which they were added."""
    return tuple(step.detail["attachment_id"] for step in ticket.history if step.kind == ATTACHED)
