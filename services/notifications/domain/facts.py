"""What a notice remembers of its event: codes, numbers and times, never anything personal.

The list of fields is closed. A field that is not here cannot reach a template, so a mail cannot carry what an event
does not say and what nobody decided to tell.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any


class Form(StrEnum):
    """How a fact is written out for a reader."""

    TEXT = "text"
    WORD = "word"
    TIME = "time"
    NUMBER = "number"


TICKET_FIELDS: Mapping[str, Form] = {
    "number": Form.TEXT,
    "state": Form.WORD,
    "level": Form.WORD,
    "round": Form.NUMBER,
    "filed_at": Form.TIME,
    "due_at": Form.TIME,
    "planned_for": Form.TIME,
    "resolved_at": Form.TIME,
    "closed_at": Form.TIME,
    "from_level": Form.WORD,
    "to_level": Form.WORD,
    "cause": Form.WORD,
    "clock": Form.WORD,
    "outcome": Form.WORD,
    "reason_code": Form.WORD,
    "into_number": Form.TEXT,
    "into_due_at": Form.TIME,
    "rating": Form.NUMBER,
    "said_at": Form.WORD,
}
BOOKING_FIELDS: Mapping[str, Form] = {
    "station": Form.TEXT,
    "service_zh": Form.TEXT,
    "service_en": Form.TEXT,
    "start_at": Form.TIME,
    "outcome": Form.WORD,
    "cause": Form.WORD,
    "reason_code": Form.WORD,
}
PERSON_FIELDS: Mapping[str, Form] = {
    "points": Form.NUMBER,
    "balance": Form.NUMBER,
    "reason": Form.WORD,
    "reason_code": Form.WORD,
}


def fields_of(event_type: str) -> Mapping[str, Form]:
    """The fields that a template for this event may name."""
    if event_type.startswith("booking."):
        return BOOKING_FIELDS
    return TICKET_FIELDS if event_type.startswith("ticket.") else PERSON_FIELDS


def facts_of(event_type: str, data: Mapping[str, Any]) -> dict[str, str | int | None]:
    """The facts of one event; times become ISO text, so that a notice stays readable in the database."""
    raw = dict(data)
    if "ticket" in data:
        ticket = data["ticket"]
        raw = {"due_at": _next_due(ticket), "filed_at": ticket["occurred_at"], **ticket, **data}
    return {name: _plain(raw.get(name)) for name in fields_of(event_type)}


def _next_due(ticket: Mapping[str, Any]) -> datetime | None:
    """The earliest promise that still runs."""
    running = [clock["due_at"] for clock in ticket["clocks"] if clock["state"] == "running" and clock["due_at"]]
    return min(running, default=None)


def _plain(value: Any) -> str | int | None:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int) or value is None else str(value)
