"""Shapes of requests and answers."""

import re
from collections.abc import Callable
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from services.chassis.http import Instant, Localized, page_of
from services.contracts.tickets import LEVELS, SEVERITIES, STATES

CHANNELS = (
    "desk", "online", "mailbox", "hotline", "visit", "patrol", "snapshot", "night_talk", "open311", "partner", "system",
)  # fmt: skip
_SLUG = validate.Regexp(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_CODE = validate.Regexp(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_ID = validate.Length(1, 64)


def _text(longest: int, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(1, longest), **options)


def _moment(describe: str | None = None) -> fields.String:
    more = {"description": describe} if describe else {}
    return fields.String(allow_none=True, metadata={"format": "date-time", **more})


def _without_telephone(text: str) -> None:
    """A summary is shown in lists in clear: a telephone number in it is always a slip."""
    if re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", re.sub(r"[ -]", "", text)):
        raise ValidationError(Localized("Must not hold a telephone number.", "不能含有电话号码。"))


def _summary(describe: str) -> fields.String:
    checks: list[Callable[[str], object]] = [validate.Length(1, 120), _without_telephone]
    return fields.String(validate=checks, metadata={"description": describe})


class Body(Schema):
    class Meta:
        unknown = RAISE


# Requests


class Reporter(Body):
    """How to reach who reported it; sealed at rest, masked in answers."""

    name = _text(60)
    telephone = _text(30)
    email = fields.Email(validate=validate.Length(max=254))
    locale = fields.String(validate=validate.OneOf(("zh-CN", "en")))


class ExternalRef(Body):
    system = fields.String(required=True, validate=_CODE)
    id = _text(80, required=True)


class FileTicket(Body):
    kind = fields.String(required=True, validate=_CODE)
    grid_id = fields.String(validate=_SLUG)
    compound_id = fields.String(validate=_SLUG)
    station_id = fields.String(validate=_SLUG)
    description = _text(2000, required=True, metadata={"description": "in the reporter's words; sealed at rest"})
    address = _text(200)
    category = fields.String(validate=_CODE)
    urgent = fields.Boolean(load_default=False, metadata={"description": "runs on the wall clock, day and night"})
    reporter = fields.Nested(Reporter)
    channel = fields.String(validate=validate.OneOf(CHANNELS), metadata={"description": "staff only"})
    summary = _summary("staff only: shown in lists, without personal data")
    occurred_at = Instant(metadata={"description": "staff only: when it occurred, if entered late"})
    late_reason = _text(200, metadata={"description": "staff only: why it is entered late"})
    origin = fields.String(validate=_CODE, metadata={"description": "staff only: the system it comes from"})
    external_refs = fields.List(fields.Nested(ExternalRef), validate=validate.Length(max=10))
    external_due_at = Instant(
        metadata={"description": "staff only: the date that a partner promised (clock `external`)"}
    )
    attachments = fields.List(
        fields.String(validate=_ID), validate=validate.Length(max=10),
        metadata={"description": "photos that were uploaded to /api/v1/attachments within a day"},
    )  # fmt: skip


class Accept(Body):
    summary = _summary("shown in lists, without personal data")


class Assign(Body):
    assignee_id = fields.String(validate=_ID, metadata={"description": "a person; without it: the caller"})


class OfferTicket(Body):
    skills = fields.List(fields.String(validate=_CODE), load_default=list, validate=validate.Length(max=10))


class Arrive(Body):
    severity = fields.String(required=True, validate=validate.OneOf(SEVERITIES))


class Reclassify(Arrive):
    reason = _text(500)


class PlanTicket(Body):
    planned_for = Instant()
    working_days = fields.Integer(strict=True, validate=validate.Range(1, 250))
    text = _text(2000)


class MovePlan(Body):
    planned_for = Instant()
    working_days = fields.Integer(strict=True, validate=validate.Range(1, 250))
    reason = _text(500, required=True)


class Resolve(Body):
    text = _text(2000, metadata={"description": "what was done; sealed at rest"})


class WithReason(Body):
    reason = _text(500, required=True)


class Confirm(Body):
    rating = fields.Integer(required=True, strict=True, validate=validate.Range(1, 5))
    follow_up_secret = _text(100)


class Reopen(WithReason):
    follow_up_secret = _text(100)


class Cancel(Body):
    reason = _text(500)
    follow_up_secret = _text(100)


class FollowUp(Body):
    number = _text(40, required=True)
    follow_up_secret = _text(100, required=True)


class TicketFilter(Body):
    area = fields.String(
        validate=validate.Regexp(r"/(?:[a-z0-9-]{1,64}/){1,12}\Z"), metadata={"description": "path; all beneath it"}
    )
    state = fields.List(fields.String(validate=validate.OneOf(STATES)), validate=validate.Length(max=len(STATES)))
    level = fields.String(validate=validate.OneOf(LEVELS))
    owner = fields.String(validate=_ID)
    assignee = fields.String(validate=_ID)
    number = _text(40)
    external_system = fields.String(validate=_CODE)
    external_id = _text(80)
    late = fields.Boolean()
    mine = fields.Boolean(load_default=False, metadata={"description": "only what the caller reported or has in hand"})
    sort = fields.String(validate=validate.OneOf(("newest", "due")), load_default="newest")


class LoadPlaces(Body):
    """The tree as in the places file; errors name the field."""

    demo = fields.Raw()
    county = fields.Raw()
    streets = fields.Raw()


class LoadParams(Body):
    dry_run = fields.Boolean(load_default=False)


class PlaceFilter(Body):
    under = fields.String(validate=validate.Regexp(r"/(?:[a-z0-9-]{1,64}/){1,12}\Z"))


class AreaFilter(PlaceFilter):
    level = fields.String(validate=validate.OneOf(("county", "street", "community", "grid", "compound")))


# Answers


class ClockOut(Schema):
    name = fields.String()
    round = fields.Integer()
    state = fields.String()
    started_at = _moment()
    due_at = _moment()
    finished_at = _moment()


class MaskedReporter(Schema):
    name = fields.String(allow_none=True)
    telephone = fields.String(allow_none=True)


class TicketOut(Schema):
    id = fields.String()
    number = fields.String()
    kind = fields.String()
    channel = fields.String()
    category = fields.String(allow_none=True)
    state = fields.String()
    round = fields.Integer()
    revision = fields.Integer()
    urgent = fields.Boolean()
    severity = fields.String(allow_none=True)
    level = fields.String()
    area_path = fields.String()
    grid_id = fields.String()
    compound_id = fields.String(allow_none=True)
    station_id = fields.String(allow_none=True)
    reporter_id = fields.String(allow_none=True)
    reporter = fields.Nested(MaskedReporter, metadata={"description": "masked"})
    description = fields.String(allow_none=True, metadata={"description": "in clear for the reporter only; see reveal"})
    summary = fields.String(allow_none=True)
    owner_id = fields.String(allow_none=True)
    assignee_id = fields.String(allow_none=True)
    assignee_kind = fields.String(allow_none=True)
    occurred_at = _moment()
    recorded_at = _moment()
    arrived_at = _moment()
    planned_for = _moment()
    plan_moves = fields.Integer()
    resolved_at = _moment()
    confirmed_at = _moment()
    closed_at = _moment()
    rating = fields.Integer(allow_none=True)
    policy = fields.String()
    origin = fields.String(allow_none=True)
    external_refs = fields.List(fields.Nested(ExternalRef))
    external_due_at = _moment()
    late = fields.Boolean()
    due_at = _moment("the earliest due time of what is still promised")
    clocks = fields.List(fields.Nested(ClockOut))


class TicketFiled(TicketOut):
    follow_up_secret = fields.String(
        allow_none=True, metadata={"description": "given once, to a reporter without an account"}
    )


TicketPage = page_of(TicketOut)


class SegmentOut(Schema):
    start = _moment()
    end = _moment()
    seconds = fields.Integer()
    counts = fields.Boolean()
    why = fields.String()
    note = fields.String(allow_none=True)
    text = fields.String(metadata={"description": "in the caller's language"})


class ThresholdOut(Schema):
    threshold = fields.Integer(metadata={"description": "per cent; 100 is the breach, 0 for met"})
    reached_at = _moment()
    told = fields.Boolean(metadata={"description": "false: it had passed before the ticket was entered"})


class ClockExplained(ClockOut):
    calendar = fields.String()
    target_seconds = fields.Integer(allow_none=True)
    counted_seconds = fields.Integer()
    remaining_seconds = fields.Integer(allow_none=True)
    breached_at = _moment()
    thresholds = fields.List(fields.Nested(ThresholdOut))
    segments = fields.List(fields.Nested(SegmentOut))
    text = fields.String(metadata={"description": "in the caller's language"})


class ClocksOut(Schema):
    ticket_id = fields.String()
    number = fields.String()
    policy = fields.String()
    as_of = _moment()
    clocks = fields.List(fields.Nested(ClockExplained))


class StepOut(Schema):
    kind = fields.String()
    at = _moment()
    round = fields.Integer()
    by = fields.String(allow_none=True)
    detail = fields.Dict(keys=fields.String())


class HistoryOut(Schema):
    ticket_id = fields.String()
    number = fields.String()
    steps = fields.List(fields.Nested(StepOut))


class Revealed(Schema):
    name = fields.String(allow_none=True)
    telephone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    description = fields.String(allow_none=True)


class LoadedOut(Schema):
    dry_run = fields.Boolean()
    created = fields.List(fields.String())
    changed = fields.List(fields.String())
    unchanged = fields.Integer()
    absent = fields.List(fields.String(), metadata={"description": "known, but not in what was sent; left as they are"})


class AreaOut(Schema):
    id = fields.String()
    level = fields.String()
    name = fields.String()
    area_path = fields.String()
    grids = fields.List(fields.String())


AreaPage = page_of(AreaOut)


class StationOut(Schema):
    id = fields.String()
    name = fields.String()
    area_path = fields.String()
    type = fields.String(allow_none=True)
    grid = fields.String()
    compounds = fields.List(fields.String())
    hours = fields.Dict(keys=fields.String())
    exceptions = fields.List(fields.Dict(keys=fields.String()))


StationPage = page_of(StationOut)


class WorkingDaysOut(Schema):
    year = fields.Integer()
    count = fields.Integer()
    working_days = fields.List(fields.String(metadata={"format": "date"}))
