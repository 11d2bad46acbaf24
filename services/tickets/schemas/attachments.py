"""Photos of tickets: requests and answers."""

from marshmallow import Schema, fields, validate

from services.chassis.http.secrets import made
from services.tickets.schemas import Body


class Attach(Body):
    attachment_id = fields.String(required=True, validate=validate.Length(1, 64))
    follow_up_secret = fields.String(validate=validate.Length(1, 100), metadata=made())


class AttachmentOut(Schema):
    attachment_id = fields.String()
    media_type = fields.String()
    size = fields.Integer(metadata={"description": "bytes, as it is kept: made anew, without metadata"})
    width = fields.Integer()
    height = fields.Integer()
    waits_until = fields.String(metadata={"format": "date-time", "description": "unattached, it is removed then"})


class AttachedOut(Schema):
    attachment_id = fields.String()
    at = fields.String(metadata={"format": "date-time"})
    by = fields.String(allow_none=True)
    size = fields.Integer()
    width = fields.Integer()
    height = fields.Integer()


class AttachmentsOut(Schema):
    ticket_id = fields.String()
    number = fields.String()
    attachments = fields.List(fields.Nested(AttachedOut))
