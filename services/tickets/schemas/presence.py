"""Presence at stations: requests and answers."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.http import Instant, Localized, page_of
from services.tickets.domain.presence import ENDINGS, LATE_REASONS
from services.tickets.domain.presence_quotas import ROLES
from services.tickets.domain.presence_shares import WHYS
from services.tickets.handlers.presence import LONGEST_PERIOD
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH

_MOMENT = {"format": "date-time"}
_ENDS_FIRST = Localized("Must be later than it begins.", "必须晚于开始时间。")
_TOO_LONG = Localized(f"At most {LONGEST_PERIOD.days} days.", f"最多 {LONGEST_PERIOD.days} 天。")
_BOTH = Localized("Give from_at and until_at together.", "from_at 与 until_at 须同时给出。")


class CheckIn(Body):
    """Empty: here, now. With both moments: a presence of before, entered late."""

    role = fields.String(
        validate=validate.OneOf(ROLES), metadata={"description": "without it: the caller's narrowest there"}
    )
    from_at = Instant()
    until_at = Instant()
    late_reason = fields.String(validate=validate.OneOf(LATE_REASONS))

    @validates_schema
    def _whole(self, data: Mapping[str, Any], **_: Any) -> None:
        begins, ends = data.get("from_at"), data.get("until_at")
        if (begins is None) != (ends is None):
            raise ValidationError({"until_at" if ends is None else "from_at": [_BOTH]})
        if begins is None and "late_reason" in data:
            raise ValidationError({"from_at": [_BOTH]})
        if begins is not None and ends is not None and ends <= begins:
            raise ValidationError({"until_at": [_ENDS_FIRST]})


class Period(Body):
    """Local days, both included."""

    first = fields.Date(required=True, data_key="from", metadata={"description": "first local day"})
    last = fields.Date(required=True, data_key="to", metadata={"description": "last local day, included"})

    @validates_schema
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        first, last = data.get("first"), data.get("last")
        if first is None or last is None:
            return
        if not 1900 < first.year < 2200 or not 1900 < last.year < 2200 or last < first:
            raise ValidationError({"to": [_ENDS_FIRST]})
        if last - first >= LONGEST_PERIOD:
            raise ValidationError({"to": [_TOO_LONG]})


class AreaPeriod(Period):
    area = fields.String(required=True, validate=PATH, metadata={"description": "path; everything beneath it"})


class StaysOf(Body):
    day = fields.Date(data_key="date", metadata={"description": "local day; without it: today"})


class StayOut(Schema):
    id = fields.String()
    station_id = fields.String()
    person_id = fields.String()
    role = fields.String()
    date = fields.String(metadata={"format": "date"})
    from_at = fields.String(metadata=_MOMENT)
    until_at = fields.String(allow_none=True, metadata={**_MOMENT, "description": "null: still there"})
    ended_by = fields.String(allow_none=True, metadata={"description": ", ".join(ENDINGS)})
    seconds = fields.Integer(metadata={"description": "so far"})
    late_reason = fields.String(allow_none=True, metadata={"description": ", ".join(LATE_REASONS)})
    recorded_at = fields.String(metadata=_MOMENT)


StayPage = page_of(StayOut)


class QuotaOut(Schema):
    each = fields.String(metadata={"description": "working_day, or week (Monday to Sunday)"})
    days = fields.Integer(metadata={"description": "of each week"})
    at_least_seconds = fields.Integer(metadata={"description": "from which on a day counts"})


class DayOut(Schema):
    date = fields.String(metadata={"format": "date"})
    seconds = fields.Integer()
    why = fields.String(metadata={"description": ", ".join(WHYS)})


class WeekOut(Schema):
    first = fields.String(data_key="from", metadata={"format": "date"})
    attained = fields.Integer(metadata={"description": "days that counted, at most as many as are due"})
    due = fields.Integer(metadata={"description": "no more than the week has working days"})
    why = fields.String(metadata={"description": "counted, not_over, calendar_unknown: only the first is in the share"})


class Shared(Schema):
    attained = fields.Integer(metadata={"description": "days"})
    due = fields.Integer(metadata={"description": "days"})
    share = fields.Float(allow_none=True, metadata={"description": "attained / due; null: nothing was due"})


class PersonShareOut(Shared):
    person_id = fields.String()
    role = fields.String()
    quotas = fields.String(metadata={"description": "name and version of the quotas that hold there now"})
    quota = fields.Nested(QuotaOut, allow_none=True)
    seconds = fields.Integer()
    forgotten = fields.Integer(metadata={"description": "check-outs that the rule made up for"})
    days = fields.List(fields.Nested(DayOut))
    weeks = fields.List(fields.Nested(WeekOut))


class RoleShareOut(Shared):
    role = fields.String()
    people = fields.Integer()


class PresenceReport(page_of(PersonShareOut)):  # type: ignore[misc]
    """People by identity, a page at a time; `roles` sums up all of them on each page."""

    first = fields.String(data_key="from", metadata={"format": "date"})
    last = fields.String(data_key="to", metadata={"format": "date"})
    roles = fields.List(fields.Nested(RoleShareOut))
    unknown_years = fields.List(
        fields.Integer(), metadata={"description": "whose working days are not loaded; nothing of them is in a share"}
    )
