"""Who had personal data shown, searched by telephone or took lists along: requests and answers."""

from marshmallow import Schema, fields, validate

from services.chassis.http import page_of
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH


class AccessFilter(Body):
    area = fields.String(validate=PATH, metadata={"description": "those over it or a place beneath it"})
    person_id = fields.String(validate=validate.Length(1, 64), metadata={"description": "who did it"})


class AccessOut(Schema):
    at = fields.AwareDateTime(required=True, metadata={"description": "the first time in its hour"})
    last = fields.AwareDateTime(required=True)
    times = fields.Integer(required=True)
    action = fields.String(required=True, metadata={"description": (
        "search-by-telephone, export, reveal, reveal-booking, look-at-photo, read-words, file-for-telephone, "
        "book-for-telephone"
    )})  # fmt: skip
    person_id = fields.String(required=True)
    answerable = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "of a program: who answers for its key, if its token says"},
    )
    areas = fields.List(fields.String(), required=True, metadata={"description": "as far as they are yours"})
    address = fields.String(
        required=True, attribute="from", data_key="from",
        metadata={"description": "tells addresses apart; nobody reads one from it"},
    )  # fmt: skip


AccessPage = page_of(AccessOut)
