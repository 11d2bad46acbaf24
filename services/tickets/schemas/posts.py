"""Duty posts and absences: requests and answers."""

from marshmallow import Schema, fields, validate

from services.chassis.http import Instant, page_of, seen_name
from services.tickets.domain.absences import REASONS
from services.tickets.domain.places import SLUG
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.posts import DUTIES, MOST_HOLDERS
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH
from services.tickets.schemas.public import without_personal_numbers

_DUTY = validate.OneOf(tuple(DUTIES))
_WHY = {"description": "absent, disabled, not_staff, beneath_level; of who answers for a callback also rated"}
_ID = validate.Length(1, 64)


_HOLDER = fields.String(validate=_ID)
_FEW = validate.Length(max=MOST_HOLDERS)
_IN_ORDER = {"description": "person_ids in order: the main holder, then the deputies"}


class DefinePost(Body):
    place = fields.String(required=True, validate=_ID, metadata={"description": "id of a station or area"})
    code = fields.String(
        required=True, validate=validate.And(validate.Length(1, 32), validate.Regexp(SLUG.pattern + r"\Z")),
        metadata={"description": "tells the posts of a place apart"},
    )  # fmt: skip
    duty = fields.String(required=True, validate=_DUTY)
    name = fields.String(required=True, validate=[validate.Length(1, 60), seen_name, without_personal_numbers])
    level = fields.String(
        validate=validate.OneOf(LEVELS), metadata={"description": "the level of the ladder that it answers for"}
    )
    period = fields.String(validate=[validate.Length(1, 60), seen_name, without_personal_numbers])
    holders = fields.List(_HOLDER, load_default=list, validate=_FEW, metadata=_IN_ORDER)


class ChangeHolders(Body):
    holders = fields.List(_HOLDER, required=True, validate=_FEW, metadata=_IN_ORDER)


class SkippedOut(Schema):
    person_id = fields.String()
    why = fields.String(metadata=_WHY)
    until = fields.String(allow_none=True, metadata={"format": "date-time"})


class PostOut(Schema):
    id = fields.String()
    place = fields.String()
    code = fields.String()
    duty = fields.String()
    duty_name = fields.String(metadata={"description": "as report 000 calls it"})
    name = fields.String()
    area_path = fields.String()
    level = fields.String(allow_none=True)
    period = fields.String(allow_none=True)
    holders = fields.List(fields.String())


PostPage = page_of(PostOut)


class PostFilter(Body):
    under = fields.String(validate=PATH)
    duty = fields.String(validate=_DUTY)


class VacancyParams(Body):
    area = fields.String(required=True, validate=PATH)


class VacantPostOut(Schema):
    id = fields.String()
    name = fields.String()
    duty = fields.String()
    unfit = fields.List(fields.Nested(SkippedOut), metadata={"description": "its holders; empty: it has none"})


class VacancyOut(Schema):
    place = fields.String()
    level = fields.String()
    name = fields.String()
    area_path = fields.String()
    lacks = fields.List(fields.String(), metadata={"description": "duties that no post of it has (四定四包)"})
    vacant = fields.List(fields.Nested(VacantPostOut), metadata={"description": "posts that nobody serves now"})


VacancyPage = page_of(VacancyOut)


class RecordAbsence(Body):
    person_id = fields.String(validate=_ID, metadata={"description": "whose; without it one's own"})
    since = Instant(metadata={"description": "without it: from now"})
    until = Instant(required=True, metadata={"description": "when the person is back"})
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))


class AbsenceFilter(Body):
    person_id = fields.String(validate=_ID, metadata={"description": "whose; without it one's own"})


class AbsenceOut(Schema):
    id = fields.String()
    person_id = fields.String()
    since = fields.String(metadata={"format": "date-time"})
    until = fields.String(metadata={"format": "date-time"})
    reason = fields.String(metadata={"description": ", ".join(REASONS)})
    by = fields.String(metadata={"description": "who recorded it"})
    recorded_at = fields.String(
        allow_none=True, metadata={"format": "date-time", "description": "when that was; it may have begun before"}
    )
    ended_by = fields.String(
        allow_none=True, metadata={"description": "who ended it early, or took it back; null: nobody did"}
    )
    tickets = fields.String(metadata={"description": "where the tickets are listed that the person answers for"})


AbsencePage = page_of(AbsenceOut)
