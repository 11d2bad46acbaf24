"""Who had to do with a ticket, in all its rounds.

Who handled it as staff: whoever took a step of it otherwise than as its reporter, or as the volunteer who had
it in hand. What they make of it decides what a volunteer gains by it, so none of them is that volunteer.

Whose work it is: whoever had it in hand, whether or not he passed it on before it was solved. Who merely accepted it,
or gave it to somebody, did not work on it."""

from collections.abc import Iterable

from services.tickets.domain import steps
from services.tickets.domain.attachments import ATTACHED
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.posts import ABSENT
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import GRID, Ticket
from services.tickets.domain.transitions import ACCOUNT, OFFICE, SECRET, SLIP, Actor

_OWN_WORD = frozenset({ACCOUNT, SECRET, SLIP})
_NO_PART = frozenset({steps.FILED, steps.SLIP_PRINTED})
_WORK = frozenset({steps.ARRIVED, steps.SESSION_HELD, steps.RESOLVED})
_IN_HIS_HANDS = frozenset({
    steps.ASSIGNED, steps.ARRIVED, steps.RECLASSIFIED, steps.PLANNED, steps.ITEM_DONE, steps.SESSION_HELD, steps.PAUSED,
    steps.RESUMED, steps.RESOLVED,
})  # fmt: skip
"""What a volunteer may do with what he has in hand. Whatever else he does he can as staff alone."""
_MOVED = frozenset({steps.LIFTED, steps.LOWERED, steps.TRANSFERRED})
_NAMES_OWNER = steps.ROUND_STARTS | _MOVED | {steps.RELOCATED}


def handled_by(ticket: Ticket) -> tuple[str, ...]:
    """All who ever handled it, or had it in hand, as staff, in the order in which they came to it; over all rounds.
    Also who handled what was merged into it: else he has it merged, and is paid as a volunteer for the same matter."""
    found: dict[str, None] = {}
    volunteer: str | None = None
    for step in ticket.history:
        if steps.leaves_hands(step):
            volunteer = None
        if step.kind == steps.ASSIGNED:
            volunteer = step.detail["assignee_id"] if step.detail["assignee_kind"] == "member" else None
            if volunteer is None:
                found[step.detail["assignee_id"]] = None
        if step.kind == steps.DUPLICATE_ADDED:
            found |= dict.fromkeys(step.detail.get("handlers", ()))
        as_volunteer = step.by == volunteer and step.kind in _IN_HIS_HANDS
        if step.by is not None and not as_volunteer and not _is_reporters(ticket, step):
            found[step.by] = None
    return tuple(found)


def worked_on(ticket: Ticket) -> frozenset[str]:
    """Who had it in hand, met its parties or recorded that it is solved, in any round."""
    return _workers(ticket.history)


def worked_in_round(ticket: Ticket) -> frozenset[str]:
    """The same of its present round."""
    told = _workers(step for step in ticket.history if step.round == ticket.round)
    return told | {person for person in (ticket.solver_id, ticket.resolved_by) if person is not None}


def solved_by(ticket: Ticket) -> frozenset[str]:
    """Who worked on it in a round in which it was solved, whoever said so in the end; also of what was merged into
    it."""
    solved = {step.round for step in ticket.history if step.kind == steps.RESOLVED}
    return _workers(step for step in ticket.history if step.round in solved) | _merged(ticket, "solvers")


def rated_by(ticket: Ticket) -> tuple[str, ...]:
    """Who has a part in what a rating of its present round is about, and therefore does not look into it: who worked on
    it in this round, or took it in; who worked on it in a round of before that was solved; who put off its date; who
    had in hand what was merged into it; of a callback also those whose work that looked into. In order of their ids."""
    took_in = {step.by for step in ticket.history if step.kind == steps.ACCEPTED and step.round == ticket.round}
    put_off = {step.by for step in ticket.history if step.kind == steps.PLAN_MOVED}
    before = solved_by(ticket) | _merged(ticket, "workers")
    found = {*worked_in_round(ticket), *before, *took_in, *put_off, *ticket.rated}
    return tuple(sorted(person for person in found if person is not None))


def highest_office(ticket: Ticket) -> str:
    """The highest level at which one of those serves whose work a rating of its present round is about, as he acted in
    it; the grid where none is of an office."""
    told = [step.detail.get(OFFICE) for step in ticket.history if step.round == ticket.round]
    return max((GRID, *(str(office) for office in told if office)), key=LEVELS.index)


def stood_for(ticket: Ticket) -> frozenset[str]:
    """Whose promise it was: who worked on it or moved it up, down or elsewhere, in any round, and who answers for it
    now, or would but for an absence."""
    moved = {step.by for step in ticket.history if step.kind in _MOVED}
    now = {ticket.owner_id, ticket.assignee_id, *_passed_over(ticket)}
    return worked_on(ticket) | solved_by(ticket) | {person for person in moved | now if person is not None}


def had_to_do_with(ticket: Ticket) -> frozenset[str]:
    """Whose promise it was, and who took any other step of it as staff; to have entered it for its reporter, printed
    him a slip or added a photo is none."""
    took = {
        step.by for step in ticket.history
        if step.by is not None and step.kind not in _NO_PART and not _is_reporters(ticket, step)
    }  # fmt: skip
    return stood_for(ticket) | took


def check_not_solved_before(ticket: Ticket, actor: Actor) -> None:
    """What a reporter had reopened is put away by somebody else than who had worked on it when it was solved; by no
    program, since nothing tells whose it is.

    Raises Refused: solved-it-before, only-people.
    """
    solved = solved_by(ticket)
    if actor.person_id in solved:
        raise Refused("solved-it-before")
    if solved and actor.is_program:
        raise Refused("only-people")


def _passed_over(ticket: Ticket) -> list[str]:
    """Who was away when it was last looked for who answers for it, whoever said so and also if he is back: whom an
    absence kept from answering may be at work all the same."""
    named = (
        step for step in reversed(ticket.history)
        if step.kind in _NAMES_OWNER or (step.kind == steps.HANDED_BACK and step.detail["former_owner"] is not None)
    )  # fmt: skip
    last = next(named, None)
    duty = last.detail.get("duty") if last is not None else None
    return [one["person_id"] for one in duty["skipped"] if one["why"] == ABSENT] if duty else []


def _merged(ticket: Ticket, what: str) -> frozenset[str]:
    """People that were kept of the tickets that were merged into it."""
    merged = (step for step in ticket.history if step.kind == steps.DUPLICATE_ADDED)
    return frozenset(person for step in merged for person in step.detail.get(what, ()))


def _workers(told: Iterable[Step]) -> frozenset[str]:
    found: set[str | None] = set()
    for step in told:
        if step.kind == steps.ASSIGNED:
            found.add(step.detail["assignee_id"])
        elif step.kind in _WORK:
            found |= {step.by, step.detail.get("solver_id")}
    return frozenset(person for person in found if person is not None)


def _is_reporters(ticket: Ticket, step: Step) -> bool:
    """Filed for oneself, a reporter's own word, or a photo, of which nothing follows."""
    if step.kind == steps.FILED:
        return step.by == ticket.reporter_id
    return step.kind == ATTACHED or step.detail.get("way") in _OWN_WORD
