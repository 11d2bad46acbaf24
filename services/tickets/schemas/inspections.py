"""Inspections of stations: requests and answers."""

from marshmallow import Schema, fields, validate

from services.chassis.http import page_of
from services.tickets.domain.inspections import ANSWERS, OFFICES
from services.tickets.domain.sheets import MOST_ITEMS
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH

_CODE = validate.Regexp(r"[a-z0-9][a-z0-9_-]{0,39}\Z")


class NewInspection(Body):
    standard = fields.String(required=True, validate=_CODE, metadata={"description": "its name: six-haves"})
    answers = fields.Dict(
        keys=fields.String(validate=_CODE), values=fields.String(validate=validate.OneOf(ANSWERS)), required=True,
        validate=validate.Length(max=MOST_ITEMS),
        metadata={"description": "for each item of the standard: met, not_met, or partly where it may be half there"},
    )  # fmt: skip
    day = fields.Date(metadata={"description": "without it: today"})


class InspectionFilter(Body):
    standard = fields.String(validate=_CODE)


class StandingParams(Body):
    area = fields.String(required=True, validate=PATH, metadata={"description": "path; all beneath it"})
    standard = fields.String(required=True, validate=_CODE)


class StandardParams(Body):
    area = fields.String(required=True, validate=PATH, metadata={"description": "its path"})


class InspectionOut(Schema):
    id = fields.String()
    station_id = fields.String()
    standard = fields.String(metadata={"description": "with its version"})
    day = fields.String(metadata={"format": "date"})
    answers = fields.Dict(keys=fields.String(), values=fields.String())
    points = fields.Integer()
    most_points = fields.Integer()
    score = fields.Float(metadata={"description": "per cent of the points, one decimal"})
    at = fields.String(metadata={"format": "date-time"})
    by = fields.String(metadata={"description": "person_id"})
    office = fields.String(
        allow_none=True,
        validate=validate.OneOf(OFFICES),
        metadata={"description": "the highest that who inspected had over the station; null: not known, of before"},
    )


InspectionPage = page_of(InspectionOut)


class StandingOut(Schema):
    rank = fields.Integer(allow_none=True, metadata={"description": "equal scores share it; null: never inspected"})
    station_id = fields.String()
    name = fields.String()
    area_path = fields.String()
    latest = fields.Nested(
        InspectionOut,
        allow_none=True,
        metadata={"description": "what a higher office found within 90 days before the latest stands instead of it"},
    )


class StandingsOut(Schema):
    area = fields.String()
    standard = fields.String()
    title = fields.String(metadata={"description": "in the caller's language"})
    inspected = fields.Integer()
    stations = fields.Integer()
    items = fields.List(fields.Nested(StandingOut), metadata={"description": "the best first, then the uninspected"})


class StandardItemOut(Schema):
    code = fields.String()
    title = fields.String()
    points = fields.Integer()
    partly = fields.Boolean(metadata={"description": "whether it may be half there, for half of its points"})


class StandardOut(Schema):
    name = fields.String()
    standard = fields.String(metadata={"description": "with its version"})
    title = fields.String(metadata={"description": "in the caller's language"})
    source = fields.String()
    most_points = fields.Integer()
    items = fields.List(fields.Nested(StandardItemOut))


class StandardsOut(Schema):
    items = fields.List(fields.Nested(StandardOut))
