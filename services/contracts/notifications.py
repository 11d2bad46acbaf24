"""What notifications publishes: what became of each notice, never its text or its address."""

from typing import Any

from marshmallow import fields

from services.contracts.types import EventData, EventType


class Notice(EventData):
    notice_id = fields.String(required=True)
    event_id = fields.String(required=True, metadata={"description": "the event that gave rise to it"})
    person_id = fields.String(required=True)
    channel = fields.String(required=True, metadata={"description": "inbox, email"})
    template = fields.String(required=True)
    attempts = fields.Integer(required=True)


class NoticeFailed(Notice):
    reason = fields.String(required=True, metadata={"description": "a code, never the server's text"})


def _notice(**more: Any) -> Any:
    return lambda: {
        "notice_id": "01920c5e-0000-7000-8000-000000000101",
        "event_id": "01920c5e-0000-7000-8000-000000000102",
        "person_id": "01920c5e-0000-7000-8000-0000000000bb",
        "channel": "email",
        "template": "ticket.escalated",
        "attempts": 1,
        **more,
    }


_N = ("notifications",)

EVENTS = (
    EventType("notice.sent", _N, "A notice was handed to its channel.", Notice, _notice(), in_feed=False),
    EventType("notice.failed", _N, "A notice was given up after its last attempt.", NoticeFailed,
              _notice(attempts=5, reason="smtp-550"), in_feed=False),
    EventType("notice.undeliverable", _N, "The person has no address on this channel.", NoticeFailed,
              _notice(attempts=0, reason="no-address"), in_feed=False),
)  # fmt: skip
