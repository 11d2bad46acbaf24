"""Who may do what when: the one table of actions, and what several of them ask besides.

What is not in it is refused and changes nothing. Beside it stand what nobody decides on: photos, claims that are
declined, reporters of a duplicate, places that move, erasing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from services.tickets.domain.policy import ENDS, LEVELS, Life
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import (
    ANSWERABLE,
    ASSIGNED,
    ATTACHED,
    BENEATH,
    DUPLICATE_ADDED,
    LIFTED,
    LOWERED,
    OFFERED,
    PAUSED,
    REPORT_WITHDRAWN,
    Step,
)
from services.tickets.domain.ticket import GRID, OPEN_STATES, UNENDED_STATES, Course, Ticket

GRID_STAFF = frozenset({"grid_worker", "grid_head"})
STATION = frozenset({"station_head"})
OFFICES = frozenset({"community", "street", "district"})
STAFF = GRID_STAFF | STATION | OFFICES
SUPERIORS = STATION | OFFICES | frozenset({"grid_head"})
"""Who decides over what a grid worker has in hand."""
REPORTER = frozenset({"reporter"})
"""Who reported it, also by a ticket that was merged into it; known by token or by the follow-up secret."""
AUTHOR = frozenset({"author"})
"""Who filed this very ticket and reads his own words in it, also when he took it back and it goes on for others."""
ASSIGNEE = frozenset({"assignee"})
"""Who has it in hand: staff, or the volunteer whose claim was won; while it is open (`parts.parts_of`)."""
OWNER = frozenset({"owner"})
"""Who answers for it at its level, and is of that level's office."""
SYSTEM = frozenset({"system"})
STANDS_IN = frozenset({"stands_in"})
"""Staff who do what the reporter asks of them at the desk or by telephone (`standing_in.stand_in`)."""
ACCOUNT, SECRET, SLIP, BY_STAFF = "account", "secret", "slip", "staff"
"""How a reporter's word came: by account; by a secret that they alone were given; by one that passed through the hands
of staff, or of somebody who left no way to be reached, so that it may be anybody's; through staff, who wrote down what
they were told. The last two earn nobody points and count apart."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts on a ticket: a person, and what they are to this ticket (roles over its place, reporter, assignee)."""

    person_id: str | None
    parts: frozenset[str]
    reports_as: str | None = None
    """Which of its reporters he is: himself, whose follow-up secret he knows, or for whom he stands in."""
    way: str | None = None
    """How the reporter's word came, where this is the reporter's word."""
    slip_by: str | None = None
    """Who printed the slip, where it came by one."""
    is_program: bool = False
    """Whether no person acts."""
    answerable: str | None = None
    """The person who answers for the program's key, as far as its token says so."""

    def is_any(self, of: frozenset[str]) -> bool:
        return bool(self.parts & of)


@dataclass(frozen=True, slots=True)
class Transition:
    """From any of `sources` to `target`; None: the state stays."""

    sources: frozenset[str]
    target: str | None
    who: frozenset[str]


TRANSITIONS: dict[str, Transition] = {
    "verify": Transition(frozenset({"filed"}), "accepted", STAFF),
    "accept": Transition(frozenset({"filed"}), "accepted", GRID_STAFF | STATION | OFFICES),
    "assign": Transition(frozenset({"accepted", "offered", "assigned"}), "assigned", STAFF),
    "hand_over": Transition(frozenset({"on_site", "planned"}), None, STAFF),
    "offer": Transition(frozenset({"accepted", "assigned"}), "offered", STAFF),
    "win_claim": Transition(frozenset({"offered"}), "assigned", SYSTEM),
    "offer_again": Transition(frozenset({"offered"}), None, SYSTEM),
    "release_claim": Transition(frozenset({"assigned"}), "offered", SYSTEM),
    "hand_back": Transition(frozenset({"assigned"}), "accepted", SYSTEM),
    "leave_site": Transition(frozenset({"on_site", "planned"}), None, SYSTEM),
    "arrive": Transition(frozenset({"assigned"}), "on_site", ASSIGNEE),
    "reclassify": Transition(frozenset({"on_site", "planned"}), None, ASSIGNEE | STAFF),
    "plan": Transition(frozenset({"on_site"}), "planned", ASSIGNEE | STAFF),
    "move_plan": Transition(frozenset({"planned"}), None, OFFICES),
    "tick": Transition(frozenset({"assigned", "on_site"}), None, ASSIGNEE | STAFF),
    "hold_session": Transition(frozenset({"assigned", "on_site"}), None, ASSIGNEE | STAFF),
    "pause": Transition(frozenset({"accepted", "assigned", "on_site", "planned"}), None, ASSIGNEE | STAFF),
    "resume": Transition(OPEN_STATES, None, ASSIGNEE | STAFF),
    "transfer": Transition(
        frozenset({"filed", "accepted", "offered", "assigned"}),
        "accepted",
        SUPERIORS,
    ),
    "resolve": Transition(
        frozenset({"assigned", "on_site", "planned"}),
        "resolved",
        ASSIGNEE | SUPERIORS,
    ),
    "confirm": Transition(frozenset({"resolved"}), "confirmed", REPORTER | STANDS_IN),
    "reopen": Transition(frozenset({"resolved", "confirmed"}), "accepted", REPORTER | STANDS_IN | OFFICES),
    "reject": Transition(frozenset({"filed", "accepted"}), "rejected", SUPERIORS),
    "cancel": Transition(frozenset({"filed", "accepted", "offered", "assigned"}), "cancelled", REPORTER | STANDS_IN),
    "escalate": Transition(OPEN_STATES, None, STAFF),
    "de_escalate": Transition(OPEN_STATES, None, OFFICES),
    "merge": Transition(frozenset({"filed", "accepted", "offered", "assigned"}), "merged", SUPERIORS),
    "print_slip": Transition(UNENDED_STATES, None, GRID_STAFF | STATION | frozenset({"community"})),
    "close": Transition(frozenset({"resolved", "confirmed"}), "closed", SYSTEM),
}


WHILE_WAITING = frozenset({
    "resume", "resolve", "cancel", "reject", "escalate", "de_escalate", "hand_over", "release_claim", "merge", "close",
    "hand_back", "leave_site", "print_slip",
})  # fmt: skip
"""What is possible while a ticket waits; for everything else its time must run again first."""
MOST_STEPS, MORE_FOR_OFFICES = 200, 100
"""Of a round *(ours)*: a history is kept and read whole. Grid staff cannot use up what offices have left."""
_BOUNDED_ELSEWHERE = frozenset({ATTACHED, DUPLICATE_ADDED, REPORT_WITHDRAWN})
"""These fill up no round: photos (`attachments.py`), what is merged into it (`merging.py`), and who of its reporters
takes his report back. Two hundred may report one power cut, and somebody still has to come."""
MOST_OF_A_PERSON = 60
"""Of a round, by one person *(ours)*: nobody alone uses up what others need."""
MOST_PAUSES = 20
"""Of a round, by one person *(ours)*: each is told, and nobody fills a history, or his colleagues' pauses, with his."""
HOWEVER_LONG = frozenset({
    "resolve", "confirm", "reopen", "reject", "cancel", "escalate", "merge", "resume",
    *(action for action, transition in TRANSITIONS.items() if transition.who == SYSTEM),
})  # fmt: skip
"""What ends a round, begins another or lifts the matter is possible however long its history is; and so is to give to
staff what a volunteer has in hand, or is offered to them, who may have made it so long."""
_TAKES = frozenset({"assign", "hand_over"})
_FOR_PEOPLE = frozenset({
    "verify", "reopen", "print_slip", "merge", "plan", "move_plan", "hold_session", "tick",
})  # fmt: skip
"""What is for somebody else than whose report, or work, it is, what puts off what was promised, and what a program has
neither seen nor heard: its key may be issued by just that person, or be used by his whole office."""
ORDINARY = Life()
HELD_AT = "held_at"
"""Detail of the step by which somebody of an office took a ticket in hand himself: his office's level."""
OFFICE = "office"
"""Detail of a step that makes somebody have a part in it: the highest level at which he serves there, if he is of an
office."""


def allowed(ticket: Ticket, action: str, actor: Actor, life: Life = ORDINARY) -> str:
    """The state after `action`, in a ticket whose kind has this life.

    A callback looks into the work of those beneath its level, who do nothing about it, nor does a program, which may be
    theirs. Raises Refused: not-allowed, only-people, rated-oneself, beneath-its-level of a callback, not-in-this-kind,
    transition-not-allowed, ticket-waits, too-many-steps, too-many-own-steps, too-many-pauses.
    """
    transition = TRANSITIONS[action]
    if not actor.is_any(transition.who):
        raise Refused("not-allowed")
    if actor.is_program and actor.is_any(STAFF) and (ticket.is_callback or action in _FOR_PEOPLE):
        raise Refused("only-people")
    check_not_rated(ticket, actor.person_id)
    if ticket.is_callback and not actor.is_any(REPORTER | SYSTEM):
        check_level(ticket, actor)
    if not life.has(action):
        raise Refused("not-in-this-kind", action=action, kind=ticket.kind)
    sources = life.sources(action, transition.sources)
    if ticket.state not in sources:
        raise Refused("transition-not-allowed", action=action, state=ticket.state, allowed_from=sorted(sources))
    if ticket.waiting_for is not None and action not in WHILE_WAITING:
        raise Refused("ticket-waits", action=action, reason=ticket.waiting_for)
    if action not in HOWEVER_LONG and not (action in _TAKES and _may_be_of_a_volunteer(ticket)):
        _check_room(ticket, actor)
    if action == "pause":
        _check_pauses(ticket, actor)
    return life.target(action, ticket.state, transition.target)


def _check_room(ticket: Ticket, actor: Actor) -> None:
    """Raises Refused where the round has as many as it may have (too-many-steps), or as one person may take
    (too-many-own-steps)."""
    own = MOST_OF_A_PERSON
    if len(ticket.history) >= own and _taken(ticket, actor) >= own:
        raise Refused("too-many-own-steps", most=own)
    most = MOST_STEPS + (MORE_FOR_OFFICES if actor.is_any(OFFICES) else 0)
    if len(ticket.history) >= most and sum(_counts(ticket, step) for step in ticket.history) >= most:
        raise Refused("too-many-steps", most=most)


def _counts(ticket: Ticket, step: Step) -> bool:
    return step.round == ticket.round and step.kind not in _BOUNDED_ELSEWHERE


def _taken(ticket: Ticket, actor: Actor, kind: str | None = None) -> int:
    """How many steps of this round, of that kind, he has taken; also by a program for whose key he answers."""
    his = {actor.person_id, actor.answerable} - {None}
    took = (step for step in ticket.history if kind in (None, step.kind) and _counts(ticket, step))
    return sum(not his.isdisjoint((step.by, step.detail.get(ANSWERABLE))) for step in took)


def _may_be_of_a_volunteer(ticket: Ticket) -> bool:
    """Whether a volunteer has it in hand, or may have given it back."""
    return ticket.assignee_kind == "member" or ticket.state == "offered"


def _check_pauses(ticket: Ticket, actor: Actor) -> None:
    """Raises Refused("too-many-pauses") where he has let it wait so often in this round."""
    if _taken(ticket, actor, PAUSED) >= MOST_PAUSES:
        raise Refused("too-many-pauses", most=MOST_PAUSES)


def act(course: Course, actor: Actor, kind: str, detail: Mapping[str, Any] | None = None, **changes: Any) -> None:
    """Write the step that somebody takes. Where a step of its kind may keep a promise, it says whether he stands
    beneath the ticket's level: then it is no answer of that level. A claim that is won is as good as its level's, and
    so is the work of whom it sends, but not that he gives it to somebody else."""
    beneath = kind in ENDS and not actor.is_any(SYSTEM) and stands_beneath(course.ticket, actor)
    if beneath and kind not in (ASSIGNED, OFFERED) and _was_sent(course.ticket, actor):
        beneath = False
    course.take(kind, actor.person_id, {**(detail or {}), **({BENEATH: True} if beneath else {})}, **changes)


def _was_sent(ticket: Ticket, actor: Actor) -> bool:
    """Whether he has it in hand, and from the level at which it stands or one above."""
    last = next((step for step in reversed(ticket.history) if step.kind in (ASSIGNED, LIFTED, LOWERED)), None)
    return actor.is_any(ASSIGNEE) and last is not None and last.kind == ASSIGNED and not last.detail.get(BENEATH)


def check_level(ticket: Ticket, actor: Actor) -> None:
    """What stands at a level of the ladder is ended, and stopped, by staff of that level or above, as it is handed
    down. Raises Refused("beneath-its-level")."""
    if stands_beneath(ticket, actor):
        raise Refused("beneath-its-level", level=ticket.level)


def stands_beneath(ticket: Ticket, actor: Actor) -> bool:
    """Whether somebody is of no level that has the ticket or one above."""
    return ticket.level != GRID and not actor.is_any(frozenset(LEVELS[LEVELS.index(ticket.level) :]))


def check_in_hand(ticket: Ticket, actor: Actor) -> None:
    """Who has it in hand decides what becomes of its promises, or a superior; what stands at a level, that level or
    above. Raises Refused: not-allowed, beneath-its-level."""
    if actor.is_any(ASSIGNEE):
        return
    check_level(ticket, actor)
    check_holder(ticket, actor)
    if ticket.assignee_id is not None and not actor.is_any(SUPERIORS):
        raise Refused("not-allowed")


def check_not_taken(ticket: Ticket, actor: Actor) -> None:
    """What was put in somebody's hands at a level is not taken from him from beneath; what he had before it was lifted
    may be. Raises Refused("beneath-its-level")."""
    if ticket.assignee_id is None or actor.is_any(ASSIGNEE):
        return
    check_holder(ticket, actor)
    last = next((s.kind for s in reversed(ticket.history) if s.kind in (ASSIGNED, LIFTED, LOWERED)), None)
    if last == ASSIGNED:
        check_level(ticket, actor)


def office_of(roles: Collection[str]) -> str | None:
    """The highest level at which somebody serves; None: at the grid, or nowhere."""
    return next((level for level in reversed(LEVELS) if level != GRID and level in roles), None)


def by_office(actor: Actor) -> dict[str, str]:
    """For the history: of which office he is who takes a step that makes it his work, whatever else he is there."""
    office = office_of(actor.parts)
    return {OFFICE: office} if office is not None else {}


def held_by_office(actor: Actor) -> dict[str, str]:
    """For the history, of who takes it in hand himself. Who serves at the grid too has it in hand as its staff do."""
    his = by_office(actor)
    return his if not his or actor.is_any(GRID_STAFF | STATION) else {**his, HELD_AT: his[OFFICE]}


def check_holder(ticket: Ticket, actor: Actor, *, named: bool = False) -> None:
    """What an office took in hand itself, at whatever level the ticket stands, is not taken out of its hands, nor ended
    in its name, from beneath; the latter also where it was given to that office (`named`).
    Raises Refused("beneath-its-level")."""
    if ticket.assignee_id is None or actor.is_any(ASSIGNEE | SYSTEM):
        return
    last = next((step for step in reversed(ticket.history) if step.kind == ASSIGNED), None)
    if last is None:
        return
    given = named and last.by != last.detail["assignee_id"]
    held = last.detail.get(OFFICE if given else HELD_AT)
    if held is not None and not actor.is_any(frozenset(LEVELS[LEVELS.index(held) :])):
        raise Refused("beneath-its-level", level=held)


def check_not_rated(ticket: Ticket, person_id: str | None) -> None:
    """A callback is no matter of those whose work it looks into. Raises Refused("rated-oneself")."""
    if person_id in ticket.rated:
        raise Refused("rated-oneself")
