"""Service records (人次): requests and answers."""

from marshmallow import Schema, fields, validate

from services.chassis.http import page_of
from services.tickets.domain.service_records import REASONS
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH

_CODE = validate.Regexp(r"[a-z0-9][a-z0-9_-]{0,39}\Z")


class NewServiceRecord(Body):
    """Nobody is named, and nothing is said in words."""

    theme = fields.String(required=True, validate=_CODE, metadata={"description": "a code of the themes there"})
    persons = fields.Integer(required=True, strict=True, validate=validate.Range(1, 1_000_000))
    day = fields.Date(metadata={"description": "without it: today"})


class Reversal(Body):
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))


class RecordFilter(Body):
    since = fields.Date()
    until = fields.Date(metadata={"description": "that day as well"})


class SummaryParams(Body):
    area = fields.String(required=True, validate=PATH, metadata={"description": "path; all beneath it"})
    since = fields.Date(required=True)
    until = fields.Date(required=True, metadata={"description": "that day as well; at most 366 days"})
    by = fields.String(load_default="theme", validate=validate.OneOf(("theme", "station", "area")))


class ThemeParams(Body):
    area = fields.String(required=True, validate=PATH, metadata={"description": "its path"})


class ServiceRecordOut(Schema):
    id = fields.String()
    station_id = fields.String()
    area_path = fields.String()
    theme = fields.String()
    persons = fields.Integer(metadata={"description": "negative where it takes another record back"})
    day = fields.String(metadata={"format": "date"})
    themes = fields.String(metadata={"description": "the list of themes, with its version"})
    recorded_at = fields.String(metadata={"format": "date-time"})
    by = fields.String(metadata={"description": "person_id"})
    reverses = fields.String(allow_none=True, metadata={"description": "the record that it takes back"})
    reason = fields.String(allow_none=True)
    reversed_by = fields.String(allow_none=True, metadata={"description": "the record that takes it back"})


ServiceRecordPage = page_of(ServiceRecordOut)


class ServedOut(Schema):
    key = fields.String(metadata={"description": "theme, station or path of the area"})
    title = fields.String(allow_none=True, metadata={"description": "of a theme, in the caller's language"})
    persons = fields.Integer()
    records = fields.Integer(metadata={"description": "that were not taken back"})


class SummaryOut(Schema):
    area = fields.String()
    since = fields.String(metadata={"format": "date"})
    until = fields.String(metadata={"format": "date"})
    by = fields.String()
    persons = fields.Integer()
    records = fields.Integer()
    items = fields.List(fields.Nested(ServedOut), metadata={"description": "the most persons first"})


class ThemeOut(Schema):
    code = fields.String()
    title = fields.String(metadata={"description": "in the caller's language"})


class ThemesOut(Schema):
    themes = fields.String(metadata={"description": "name and version"})
    most_persons = fields.Integer()
    late_days = fields.Integer(metadata={"description": "how many days back a service may be entered"})
    items = fields.List(fields.Nested(ThemeOut))
