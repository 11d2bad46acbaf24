"""When a ticket's personal data have had their time, and what is left of a ticket without them.

What counts stays: kind, place, times, clocks, states, who did what by identity. What the reporter and others said or
wrote goes: the sealed statement, the follow-up secret, the telephone's digest, the summary, every text of the history.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Literal

from services.tickets.domain.attachments import ENDED
from services.tickets.domain.steps import ATTACHED, CANCELLED, REOPENED, REPORT_WITHDRAWN
from services.tickets.domain.ticket import Course, Ticket

ERASED = "erased"
Cause = Literal["retention", "request"]
_PERSONAL = ("sealed", "secret_hash", "slip_hash", "summary", "telephone_digest")
_PERSONAL_DETAIL = frozenset({"reason", "text", "late_reason"})
_REPORTERS_SAY = frozenset({REOPENED, REPORT_WITHDRAWN, CANCELLED})
_NAMES = frozenset(field.name for field in fields(Ticket))


def holds_since(ticket: Ticket) -> datetime | None:
    """Since when an ended ticket has kept personal data that nobody works with; None: not ended, or erased."""
    last = ticket.history[-1]
    return None if ticket.state not in ENDED or last.kind == ERASED else last.at


def erase(ticket: Ticket, now: datetime, cause: Cause, is_sealed: Callable[[Any], bool]) -> Course:
    """The ticket without personal data, and a step that says so. `is_sealed` knows a sealed text when it sees one."""
    history = tuple(replace(step, detail=_blanked(step.detail, is_sealed)) for step in ticket.history)
    gone: dict[str, Any] = {name: None for name in _PERSONAL if name in _NAMES}
    course = Course(replace(ticket, history=history, **gone), now)
    course.take(ERASED, None, {"cause": cause})
    return course


def without_words_of(ticket: Ticket, person_id: str, is_sealed: Callable[[Any], bool]) -> Ticket:
    """The ticket without what one of its reporters said in it since his own was merged into it."""
    history = tuple(
        replace(step, detail=_blanked(step.detail, is_sealed))
        if step.by == person_id and step.kind in _REPORTERS_SAY else step
        for step in ticket.history
    )  # fmt: skip
    return replace(ticket, history=history)


def photos_of(ticket: Ticket, person_id: str) -> tuple[str, ...]:
    """Those that somebody added to it, by account or by a secret."""
    added = (step for step in ticket.history if step.kind == ATTACHED)
    steps = (step for step in added if person_id in (step.by, step.detail.get("reporter_id")))
    return tuple(step.detail["attachment_id"] for step in steps)


def _blanked(detail: Mapping[str, Any], is_sealed: Callable[[Any], bool]) -> dict[str, Any]:
    return {
        name: None if name in _PERSONAL_DETAIL else _without(value, is_sealed) for name, value in detail.items()
    }  # fmt: skip


def _without(value: Any, is_sealed: Callable[[Any], bool]) -> Any:
    if is_sealed(value):
        return None
    if isinstance(value, Mapping):
        return {name: _without(inner, is_sealed) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without(inner, is_sealed) for inner in value]
    return value
