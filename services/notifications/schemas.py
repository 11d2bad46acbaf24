"""Shapes of what notifications answers and is asked."""

from marshmallow import Schema, fields, validate

from services.chassis.http import page_of
from services.chassis.http.secrets import made


class InboxEntry(Schema):
    id = fields.String(required=True)
    template = fields.String(required=True, metadata={"description": "event type and in which capacity one is told"})
    subject = fields.String(required=True)
    text = fields.String(required=True, metadata={"description": "in the language asked for"})
    ticket_id = fields.String(allow_none=True, required=True)
    occurred_at = fields.AwareDateTime(required=True, metadata={"description": "when it happened, in business time"})
    recorded_at = fields.AwareDateTime(required=True)
    read_at = fields.AwareDateTime(allow_none=True, required=True)


class InboxFilter(Schema):
    unread = fields.Boolean(load_default=False, metadata={"description": "only what was not read yet"})


class Unread(Schema):
    unread = fields.Integer(required=True, metadata={"description": "counted up to 1000"})


class Attempt(Schema):
    number = fields.Integer(required=True)
    began_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(allow_none=True, required=True)
    result = fields.String(
        allow_none=True,
        required=True,
        metadata={"description": "sent, temporary, permanent, uncertain; null while under way"},
    )
    code = fields.String(allow_none=True, required=True)


class NoticeOut(Schema):
    """A notice as staff see it: what became of it, never its text or an address."""

    id = fields.String(required=True)
    event_id = fields.String(required=True)
    event_type = fields.String(required=True)
    person_id = fields.String(required=True)
    channel = fields.String(required=True)
    template = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "waiting, sent, failed, undeliverable"})
    reason = fields.String(allow_none=True, required=True)
    recorded_at = fields.AwareDateTime(required=True)
    attempts = fields.List(fields.Nested(Attempt), required=True)


class ConfirmAddress(Schema):
    """What the link of a mail holds."""

    person = fields.String(required=True, validate=validate.Length(1, 64))
    ticket = fields.String(required=True, validate=validate.Length(1, 64))
    token = fields.String(required=True, validate=validate.Length(1, 128), metadata=made())


class NoticeFilter(Schema):
    ticket_id = fields.String(required=True, validate=validate.Length(1, 64))


InboxPage = page_of(InboxEntry)
NoticePage = page_of(NoticeOut)
