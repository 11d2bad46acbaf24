"""Who handled a ticket as staff: whoever took a step of it otherwise than as its reporter, or as the volunteer who had
it in hand. What they make of it decides what a volunteer gains by it, so none of them is that volunteer."""

from services.tickets.domain import steps
from services.tickets.domain.attachments import ATTACHED
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import ACCOUNT, SECRET, SLIP

_OWN_WORD = frozenset({ACCOUNT, SECRET, SLIP})
_LEAVES_HANDS = frozenset({
    steps.OFFERED, steps.TRANSFERRED, steps.HANDED_BACK, steps.REOPENED, steps.MERGED,
})  # fmt: skip


def handled_by(ticket: Ticket) -> tuple[str, ...]:
    """All who ever handled it, or had it in hand, as staff, in the order in which they came to it; over all rounds."""
    found: dict[str, None] = {}
    volunteer: str | None = None
    for step in ticket.history:
        if step.kind in _LEAVES_HANDS:
            volunteer = None
        if step.kind == steps.ASSIGNED:
            volunteer = step.detail["assignee_id"] if step.detail["assignee_kind"] == "member" else None
            if volunteer is None:
                found[step.detail["assignee_id"]] = None
        if step.by is not None and step.by != volunteer and not _is_reporters(ticket, step):
            found[step.by] = None
    return tuple(found)


def _is_reporters(ticket: Ticket, step: Step) -> bool:
    """Filed for oneself, a reporter's own word, or a photo, of which nothing follows."""
    if step.kind == steps.FILED:
        return step.by == ticket.reporter_id
    return step.kind == ATTACHED or step.detail.get("way") in _OWN_WORD
