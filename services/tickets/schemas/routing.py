"""Handling modes (五必办): requests and answers."""

from marshmallow import Schema, fields, validate

from services.tickets.domain.policy import LEVELS, SEVERITIES
from services.tickets.domain.routing import CHANNELS
from services.tickets.domain.stations import TYPES
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH

_CODE = validate.Regexp(r"[a-z0-9][a-z0-9_-]{0,39}\Z")


class TryRouting(Body):
    """A matter as rules see it; nothing of it is personal, and nothing is filed."""

    area = fields.String(required=True, validate=PATH, metadata={"description": "path of the grid"})
    kind = fields.String(required=True, validate=_CODE)
    channel = fields.String(load_default="desk", validate=validate.OneOf(CHANNELS))
    category = fields.String(load_default=None, validate=_CODE)
    service = fields.String(load_default=None, validate=_CODE)
    urgent = fields.Boolean(load_default=False)
    reporter = fields.Boolean(load_default=True, metadata={"description": "whether somebody reported it"})
    station_type = fields.String(load_default=None, validate=validate.OneOf(tuple(TYPES)))
    severity = fields.String(load_default=None, validate=validate.OneOf(SEVERITIES))
    level = fields.String(load_default="grid", validate=validate.OneOf(LEVELS))


class MatterOut(Schema):
    kind = fields.String(metadata={"description": "as it was filed"})
    channel = fields.String()
    area = fields.String()
    category = fields.String(allow_none=True)
    service = fields.String(allow_none=True)
    urgent = fields.Boolean()
    reporter = fields.Boolean()
    station_type = fields.String(allow_none=True)
    severity = fields.String(allow_none=True)
    level = fields.String()


class TriedOut(Schema):
    rule = fields.String()
    title = fields.String()
    matched = fields.Boolean()
    condition = fields.String(
        allow_none=True, metadata={"description": "the first that did not hold; possible: it could not be followed"}
    )
    wanted = fields.List(fields.String())
    actual = fields.String(allow_none=True)
    text = fields.String(metadata={"description": "in the caller's language"})


class FiledAsOut(Schema):
    kind = fields.String()
    service = fields.String(allow_none=True)


class ChoiceOut(Schema):
    rules = fields.String(metadata={"description": "rule set and version"})
    rules_title = fields.String()
    rule = fields.String(metadata={"description": "the rule that matched"})
    title = fields.String()
    mode = fields.String()
    mode_name = fields.String(metadata={"description": "in the caller's language"})
    told_each_step = fields.Boolean()
    urgent = fields.Boolean(metadata={"description": "whether the rule makes it urgent"})
    level = fields.String(allow_none=True, metadata={"description": "the level that has it first; null: the grid"})
    file_as = fields.Nested(FiledAsOut, allow_none=True, metadata={"description": "what it is turned into"})
    matter = fields.Nested(MatterOut)
    tried = fields.List(fields.Nested(TriedOut), metadata={"description": "in order; the last one matched"})
    text = fields.String(metadata={"description": "in the caller's language"})


class DecisionOut(ChoiceOut):
    at = fields.String(metadata={"format": "date-time"})
    step = fields.String(metadata={"description": "the step that brought it"})
    opened = fields.String(allow_none=True, metadata={"description": "number of the further ticket that it opened"})


class RoutingOut(Schema):
    ticket_id = fields.String()
    number = fields.String()
    handling_mode = fields.String(allow_none=True)
    decisions = fields.List(
        fields.Nested(DecisionOut),
        metadata={"description": "the last one holds; none: filed by the system, or before there were rules"},
    )
