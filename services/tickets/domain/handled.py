"""Who had to do with a ticket, in all its rounds.

Who handled it as staff: whoever took a step of it otherwise than as its reporter, or as the volunteer who had
it in hand. What they make of it decides what a volunteer gains by it, so none of them is that volunteer."""

from services.tickets.domain import steps
from services.tickets.domain.attachments import ATTACHED
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import ACCOUNT, SECRET, SLIP

_OWN_WORD = frozenset({ACCOUNT, SECRET, SLIP})
_NO_PART = frozenset({steps.FILED, steps.SLIP_PRINTED})
_MOVED = frozenset({steps.LIFTED, steps.LOWERED, steps.TRANSFERRED})


def handled_by(ticket: Ticket) -> tuple[str, ...]:
    """All who ever handled it, or had it in hand, as staff, in the order in which they came to it; over all rounds."""
    found: dict[str, None] = {}
    volunteer: str | None = None
    for step in ticket.history:
        if steps.leaves_hands(step):
            volunteer = None
        if step.kind == steps.ASSIGNED:
            volunteer = step.detail["assignee_id"] if step.detail["assignee_kind"] == "member" else None
            if volunteer is None:
                found[step.detail["assignee_id"]] = None
        if step.by is not None and step.by != volunteer and not _is_reporters(ticket, step):
            found[step.by] = None
    return tuple(found)


def solved_by(ticket: Ticket) -> frozenset[str]:
    """Who had it in hand when it was solved, or recorded that; in any round."""
    told = (step for step in ticket.history if step.kind == steps.RESOLVED)
    return frozenset(person for step in told for person in (step.by, step.detail["solver_id"]) if person is not None)


def stood_for(ticket: Ticket) -> frozenset[str]:
    """Whose promise it was: who solved it, had it in hand or moved it up, down or elsewhere, in any round, and who
    answers for it now."""
    found = {ticket.owner_id, ticket.assignee_id, *solved_by(ticket)}
    for step in ticket.history:
        if step.kind == steps.ASSIGNED:
            found.add(step.detail["assignee_id"])
        elif step.kind in _MOVED:
            found.add(step.by)
    return frozenset(person for person in found if person is not None)


def had_to_do_with(ticket: Ticket) -> frozenset[str]:
    """Whose promise it was, and who took any other step of it as staff; to have entered it for its reporter, printed
    him a slip or added a photo is none."""
    took = {
        step.by for step in ticket.history
        if step.by is not None and step.kind not in _NO_PART and not _is_reporters(ticket, step)
    }  # fmt: skip
    return stood_for(ticket) | took


def check_not_solved_before(ticket: Ticket, person_id: str | None) -> None:
    """What a reporter had reopened is put away by somebody else than who had solved it.

    Raises Refused("solved-it-before").
    """
    if person_id in solved_by(ticket):
        raise Refused("solved-it-before")


def _is_reporters(ticket: Ticket, step: Step) -> bool:
    """Filed for oneself, a reporter's own word, or a photo, of which nothing follows."""
    if step.kind == steps.FILED:
        return step.by == ticket.reporter_id
    return step.kind == ATTACHED or step.detail.get("way") in _OWN_WORD
