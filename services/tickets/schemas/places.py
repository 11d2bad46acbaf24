"""Places and stations: requests and answers."""

from marshmallow import Schema, fields, validate

from services.chassis.http import Instant, page_of
from services.tickets.domain.places import AREA_LEVELS
from services.tickets.domain.stations import STATES, TYPES
from services.tickets.schemas import Body

PATH = validate.Regexp(r"/(?:[a-z0-9-]{1,64}/){1,12}\Z")
LATITUDE = validate.Range(-90, 90)
LONGITUDE = validate.Range(-180, 180)


class LoadPlaces(Body):
    """The tree as in the places file; errors name the field."""

    demo = fields.Raw()
    levels = fields.Raw()
    county = fields.Raw()
    streets = fields.Raw()


class LoadParams(Body):
    dry_run = fields.Boolean(load_default=False)


class DifferenceOut(Schema):
    field = fields.String(metadata={"description": "in the words of the places file"})
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class ChangeOut(Schema):
    id = fields.String()
    level = fields.String()
    new = fields.Boolean()
    differs = fields.List(fields.Nested(DifferenceOut))


class LoadedOut(Schema):
    dry_run = fields.Boolean()
    created = fields.List(fields.String())
    changed = fields.List(fields.String())
    unchanged = fields.Integer()
    absent = fields.List(fields.String(), metadata={"description": "known, but not in what was sent; left as they are"})
    changes = fields.List(fields.Nested(ChangeOut), metadata={"description": "what is new or differs, at most 1,000"})


class ExportParams(Body):
    county = fields.String(
        required=True, validate=validate.Regexp(r"[a-z0-9][a-z0-9-]{0,62}\Z"), metadata={"description": "its id"}
    )


class TableParams(ExportParams):
    table = fields.String(required=True, validate=validate.OneOf(("areas", "stations")))


class ExportOut(Schema):
    demo = fields.Boolean()
    levels = fields.Dict(keys=fields.String())
    county = fields.Dict(keys=fields.String())
    streets = fields.List(fields.Dict(keys=fields.String()))


class PlaceFilter(Body):
    under = fields.String(validate=PATH)


class AreaFilter(PlaceFilter):
    level = fields.String(validate=validate.OneOf(AREA_LEVELS))


class StationFilter(PlaceFilter):
    state = fields.String(validate=validate.OneOf(STATES))
    type = fields.String(validate=validate.OneOf(tuple(TYPES)))
    parent = fields.String(
        validate=validate.Length(1, 63), metadata={"description": "the centre: the stations that belong to it"}
    )


class PositionOut(Schema):
    lat = fields.Float(metadata={"description": "degrees of WGS-84"})
    lon = fields.Float()


class AreaOut(Schema):
    id = fields.String()
    level = fields.String()
    level_name = fields.String(metadata={"description": "what the county calls this level"})
    name = fields.String()
    area_path = fields.String()
    grids = fields.List(fields.String(), metadata={"description": "of a compound: those in which it lies"})
    grid = fields.String(allow_none=True, metadata={"description": "of a building"})
    compound = fields.String(allow_none=True, metadata={"description": "of a building"})
    units = fields.List(fields.String(), metadata={"description": "of a building (单元)"})
    position = fields.Nested(PositionOut, allow_none=True)


AreaPage = page_of(AreaOut)


class StationOut(Schema):
    id = fields.String()
    name = fields.String()
    area_path = fields.String()
    type = fields.String(allow_none=True)
    type_name = fields.String(allow_none=True, metadata={"description": "as the reports call it"})
    state = fields.String(metadata={"description": ", ".join(STATES)})
    parent = fields.String(allow_none=True, metadata={"description": "the centre that it belongs to"})
    grid = fields.String()
    compounds = fields.List(fields.String())
    hours = fields.Dict(keys=fields.String())
    exceptions = fields.List(fields.Dict(keys=fields.String()))
    zones = fields.List(fields.String())
    facilities = fields.List(fields.String())
    speciality = fields.String(allow_none=True)
    position = fields.Nested(PositionOut, allow_none=True)


StationPage = page_of(StationOut)


class MoveStation(Body):
    state = fields.String(required=True, validate=validate.OneOf(STATES))


class NearestParams(Body):
    lat = fields.Float(required=True, validate=LATITUDE, metadata={"description": "degrees of WGS-84"})
    lon = fields.Float(required=True, validate=LONGITUDE)
    at = Instant(metadata={"description": "open at this instant; without it: now"})
    limit = fields.Integer(load_default=3, validate=validate.Range(1, 20))


class NearOut(Schema):
    station = fields.Nested(StationOut)
    distance_metres = fields.Integer(metadata={"description": "as the crow flies"})
    walking_minutes = fields.Integer(metadata={"description": "estimated, rounded up"})
    open_until = fields.String(metadata={"format": "date-time"})


class NearestOut(Schema):
    at = fields.String(metadata={"format": "date-time"})
    stations = fields.List(fields.Nested(NearOut), metadata={"description": "the nearest first; empty: none is open"})
