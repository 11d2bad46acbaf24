"""What administrators and operators did: requests and answers."""

from marshmallow import Schema, fields, validate

from services.chassis.http import Instant, page_of
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH


class ActFilter(Body):
    area = fields.String(validate=PATH, metadata={"description": "those over it or a place beneath it"})
    person_id = fields.String(validate=validate.Length(1, 64), metadata={"description": "who did it"})
    action = fields.String(validate=validate.Length(1, 64))
    subject = fields.String(validate=validate.Length(1, 200), metadata={"description": "a place, post, department"})
    since = Instant()
    until = Instant(metadata={"description": "before this instant"})


class ActOut(Schema):
    at = fields.AwareDateTime(required=True)
    by = fields.String(required=True, metadata={"description": "a person; `operator`: by a command on the machine"})
    action = fields.String(required=True, metadata={"description": (
        "places-loaded, place-changed, place-removed, station-state, post-defined, post-held, post-loaded, "
        "post-removed, department-registered, department-described, department-removed, parties-defined, "
        "appointments-offered, booking-cancelled, booking-outcome, absence-recorded, absence-ended, rules-activated, "
        "rules-released"
    )})  # fmt: skip
    subject = fields.String(required=True, metadata={"description": "of the place, post, department, absence, kind"})
    areas = fields.List(fields.String(), required=True, metadata={"description": "as far as they are yours"})
    detail = fields.Dict(keys=fields.String(), required=True, metadata={"description": "what changed, by ids"})


ActPage = page_of(ActOut)
