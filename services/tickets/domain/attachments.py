"""Photos of a ticket: who may add and see them, and that adding one is a step of its history."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.tickets.domain.handled import had_part, solved_by
from services.tickets.domain.reading import sees_photo, sees_photo_as_reporter
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import ANSWERABLE, ATTACHED, Step
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ASSIGNEE, OFFICES, REPORTER, SLIP, STAFF, Actor, check_not_rated

MOST = 20
"""Photos of one ticket, of those who have a part in it *(ours)*: beyond them each has but what is kept for him."""
KEPT_FOR_EACH = 5
"""Of these, kept for who works on it, and as many for its reporters *(ours)*: neither fills up what the others show.
Each person has as many of his own, whatever others added; its own reporter, and who has it in hand as staff, may add
more while there is room, by which nobody loses his own."""
OWN, MERGED, IN_HAND, BY_CLAIM, BESIDE = "own", "merged", "in_hand", "by_claim", "beside"
BY_SLIP, ELSE = "by_slip", "else"
"""As what somebody adds: its own reporter; one by a merged ticket; staff or a volunteer who has it in hand; staff who
do not; whoever has a slip that staff printed; a partner, or who enters it for somebody else."""
PLACES: Mapping[str, int] = {OWN: 15, MERGED: 30, IN_HAND: 65, BY_CLAIM: 50, BESIDE: 30, BY_SLIP: 30, ELSE: 30}
"""Of one ticket for good, also of who has no part in it any more *(ours)*. Nobody uses those of another sort: six who
made up reports, or six colleagues without a part, or six partners, fill up theirs alone; eleven of staff and ten
volunteers have it in hand in turn, each with his five."""
MORE_FOR_OFFICES: Mapping[str, int] = {BESIDE: 15, IN_HAND: 25}
"""As of steps: those at the grid cannot use up what offices have left."""
EVER = sum(PLACES.values()) + sum(MORE_FOR_OFFICES.values())
"""Photos of one ticket altogether. More than are looked at, so that some are left whoever comes last: nobody fills them
with less than forty others. What it may cost is bounded elsewhere: a photo is made anew, of some 4 MB at most, and what
a person or an address uploads is bounded by bytes, on whatever tickets; the history holds so many short steps more."""
STAFFS, REPORTERS = "staff", "reporters"
SIDES = (STAFFS, REPORTERS)
_SIDE = {OWN: REPORTERS, MERGED: REPORTERS, IN_HAND: STAFFS, BY_CLAIM: STAFFS, BESIDE: STAFFS}
_SHARING = frozenset({OWN, IN_HAND})
"""Who may have more than his own of the twenty, while there is room."""
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
    """Write a step for each. A callback takes none from a program, which may be theirs who are rated. A slip passed
    through the hands of who printed it: its photos take his places, say so, and none are taken once it is his work.

    Raises Refused: not-allowed, only-people, rated-oneself, slip-of-the-solver, ticket-ended, too-many-attachments.
    """
    ticket = course.ticket
    if not actor.is_any(_MAY_ADD):
        raise Refused("not-allowed")
    if ticket.is_callback and actor.is_program:
        raise Refused("only-people")
    check_not_rated(ticket, actor.person_id)
    if actor.way == SLIP and actor.slip_by in {*had_part(ticket), *solved_by(ticket), ticket.assignee_id} - {None}:
        raise Refused("slip-of-the-solver")
    if ticket.state in ENDED:
        raise Refused("ticket-ended", state=ticket.state)
    whose = _whose(ticket, actor)
    if len(photos) > _free(ticket, whose, MORE_FOR_OFFICES.get(whose.sort, 0) if actor.is_any(OFFICES) else 0):
        raise Refused("too-many-attachments", most=MOST, kept=KEPT_FOR_EACH)
    for photo in photos:
        detail = {"attachment_id": photo.id, "size": photo.size, "width": photo.width, "height": photo.height}
        way = {"way": actor.way} if actor.way is not None else {}
        course.take(ATTACHED, actor.person_id, detail | way | whose.kept())


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose places a photo takes."""

    sort: str
    people: frozenset[str] = frozenset()
    """Who he is, by whom his own places are counted. A program is who answers for its key as well."""
    reporter_id: str | None = None
    """Of a reporter: which one; who has no account too."""
    claim_id: str | None = None
    """By which he has it in hand."""
    printed_by: str | None = None
    """Who printed the slip by which it came."""

    @property
    def side(self) -> str | None:
        return _SIDE.get(self.sort)

    def kept(self) -> dict[str, str | bool]:
        """With the step, without what does not apply."""
        said = {"side": self.side, "reporter_id": self.reporter_id, "by_claim": self.claim_id,
                "in_hand": self.sort == IN_HAND or None, "printed_by": self.printed_by}  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}


HIDDEN = frozenset({"side", "reporter_id", "by_claim", "in_hand", "printed_by"})
"""Details of the step that are shown to nobody."""


def _whose(ticket: Ticket, actor: Actor) -> Whose:
    himself = _people(actor.person_id, actor.answerable)
    if actor.is_any(ASSIGNEE):
        return Whose(IN_HAND if ticket.claim_id is None else BY_CLAIM, himself, claim_id=ticket.claim_id)
    is_reporter = actor.person_id in (None, ticket.reporter_id)
    reporter_id = actor.reports_as or (ticket.reporter_id if is_reporter else None)
    if actor.is_any(STAFF) and not (actor.is_any(REPORTER) and reporter_id == ticket.reporter_id):
        return Whose(BESIDE, himself)
    if actor.way == SLIP and actor.slip_by is not None:
        return _by_slip(actor.slip_by, reporter_id)
    return _of_reporter(ticket, reporter_id) if reporter_id is not None else Whose(ELSE, himself)


def _of_reporter(ticket: Ticket, reporter_id: str | None) -> Whose:
    return Whose(OWN if reporter_id == ticket.reporter_id else MERGED, _people(reporter_id), reporter_id)


def _by_slip(printed_by: str, reporter_id: str | None) -> Whose:
    return Whose(BY_SLIP, _people(printed_by), reporter_id, printed_by=printed_by)


def _people(*ids: str | None) -> frozenset[str]:
    return frozenset(one for one in ids if one is not None)


def _free(ticket: Ticket, whose: Whose, more: int) -> int:
    """How many photos somebody may still add: his own, or what of the twenty nobody else has and is kept for nobody;
    what was added by who took his report back, or gave his claim back, takes nobody's place among these."""
    ever = [_told(ticket, step) for step in ticket.history if step.kind == ATTACHED]
    now = Counter(one.side for one in ever if _has_part(ticket, one))
    kept = sum(max(0, KEPT_FOR_EACH - now[side]) for side in SIDES if side != whose.side)
    common = MOST - now.total() - kept if whose.sort in _SHARING else 0
    his = KEPT_FOR_EACH - sum(not one.people.isdisjoint(whose.people) for one in ever) if whose.people else 0
    left = PLACES[whose.sort] + more - sum(one.sort == whose.sort for one in ever)
    return min(max(common, his), left)


def _has_part(ticket: Ticket, whose: Whose) -> bool:
    if whose.claim_id is not None:
        return ticket.is_open and ticket.claim_id == whose.claim_id
    return whose.reporter_id is None or whose.reporter_id in ticket.reporters


def _told(ticket: Ticket, step: Step) -> Whose:
    """Of a photo from before sides were written down it is only known whether a reporter added it; from before it was
    who had it in hand, it counts as of who had not."""
    detail, side = step.detail, step.detail.get("side")
    if side == STAFFS:
        claim_id, people = detail.get("by_claim"), _people(step.by, detail.get(ANSWERABLE))
        return Whose(BY_CLAIM if claim_id else IN_HAND if detail.get("in_hand") else BESIDE, people, claim_id=claim_id)
    if "printed_by" in detail:
        return _by_slip(detail["printed_by"], detail.get("reporter_id"))
    if side == REPORTERS:
        return _of_reporter(ticket, detail.get("reporter_id") or ticket.reporter_id)
    if step.by in (None, *ticket.reported_by):
        return _of_reporter(ticket, step.by or ticket.reporter_id)
    return Whose(ELSE, _people(step.by, detail.get(ANSWERABLE)))


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
