"""Appointments: requests and answers."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.http import Instant, Localized, legible, page_of, seen_name
from services.tickets.domain.appointments import OUTCOMES, REASONS, STATES
from services.tickets.domain.hours import WEEKDAYS, BadHours, parse_day
from services.tickets.schemas import Body
from services.tickets.schemas.public import without_personal_numbers
from services.writing.telephones import LONGEST as LONGEST_TELEPHONE

SERVICE_ID = r"[a-z0-9][a-z0-9-]{0,39}\Z"
MOST_DAYS = 92
_MOMENT = {"format": "date-time"}
_HOURS = {
    "format": Localized("Must be times like 09:00-11:30.", "应为时段，如 09:00-11:30。"),
    "order": Localized("Must end later than it begins.", "结束必须晚于开始。"),
    "overlap": Localized("Must not overlap.", "时段不能重叠。"),
}
_YEARS = Localized("Must lie between 1900 and 2200.", "必须在 1900 年与 2200 年之间。")
_PERIOD = Localized(f"Must be {MOST_DAYS} days at most, in order.", f"应按先后，最多 {MOST_DAYS} 天。")


def _usual_year(day: Any) -> None:
    if not 1900 < day.year < 2200:
        raise ValidationError(_YEARS)


def _day(describe: str, **options: Any) -> fields.Date:
    return fields.Date(validate=_usual_year, metadata={"description": describe}, **options)


def is_service_id(text: str) -> bool:
    return re.match(SERVICE_ID, text) is not None


_PUBLIC: list[Callable[[str], object]] = [validate.Length(1, 60), seen_name, without_personal_numbers]


class BothNames(Body):
    zh = fields.String(required=True, data_key="zh-CN", validate=_PUBLIC)
    en = fields.String(required=True, validate=_PUBLIC)


class OfferService(Body):
    """The whole of it, each time."""

    name = fields.Nested(BothNames, required=True)
    slot_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(5, 480))
    capacity = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, 200), metadata={"description": "places in each slot"}
    )
    week = fields.Dict(
        keys=fields.String(validate=validate.OneOf(WEEKDAYS)),
        values=fields.List(fields.String(validate=validate.Length(max=20)), validate=validate.Length(max=12)),
        required=True, metadata={"description": "by weekday, times like 09:00-11:30, within the opening hours"},
    )  # fmt: skip
    ahead_days = fields.Integer(load_default=14, strict=True, validate=validate.Range(0, 180))
    cancel_minutes = fields.Integer(
        load_default=60, strict=True, validate=validate.Range(0, 20_160),
        metadata={"description": "until how long before the beginning a resident may cancel"},
    )  # fmt: skip
    offered = fields.Boolean(load_default=True, metadata={"description": "false: takes no more bookings"})

    @validates_schema
    def _hours(self, data: Mapping[str, Any], **_: Any) -> None:
        wrong = {}
        for weekday, texts in data.get("week", {}).items():
            try:
                parse_day(texts)
            except BadHours as bad:
                wrong[weekday] = [_HOURS[bad.args[0]]]
        if wrong:
            raise ValidationError({"week": wrong})


class BookingContact(Body):
    """Name and telephone of who comes; sealed at rest, masked in answers."""

    name = fields.String(validate=[validate.Length(1, 60), seen_name])
    telephone = fields.String(
        validate=validate.Length(1, LONGEST_TELEPHONE), metadata={"description": "however it is written"}
    )


class Book(Body):
    service_id = fields.String(required=True, validate=validate.Regexp(SERVICE_ID))
    start_at = Instant(required=True, metadata={"description": "the beginning of a slot"})
    contact = fields.Nested(
        BookingContact, metadata={"description": "who comes; staff who give it book for that telephone's owner"}
    )


class SlotsOf(Body):
    day = _day("local day", data_key="date", required=True)
    service = fields.String(validate=validate.Regexp(SERVICE_ID), metadata={"description": "only this one"})


class BookingsOf(Body):
    first = _day("first local day; without it: today", data_key="from")
    last = _day("last local day, included; without it: the first", data_key="to")

    @validates_schema
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        first, last = data.get("first"), data.get("last")
        if last is not None and (first is None or not 0 <= (last - first).days < MOST_DAYS):
            raise ValidationError({"to": [_PERIOD]})


class CancelBooking(Body):
    """Staff give `reason_code`; who was to come owes no reason, and none is kept."""

    reason_code = fields.String(
        validate=validate.OneOf(REASONS), metadata={"description": "why the station cancels; who was to come is told"}
    )
    reason = fields.String(
        validate=[validate.Length(1, 500), legible],
        metadata={"description": "what staff add for who was to come: sealed at rest, in no notice"},
    )  # fmt: skip


class RecordOutcome(Body):
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))


class AppointableOut(Schema):
    id = fields.String()
    station_id = fields.String()
    name = fields.Dict(keys=fields.String(), values=fields.String(), metadata={"description": "zh-CN and en"})
    slot_minutes = fields.Integer()
    capacity = fields.Integer()
    week = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    ahead_days = fields.Integer()
    cancel_minutes = fields.Integer()
    offered = fields.Boolean()


class ServicesOut(Schema):
    services = fields.List(fields.Nested(AppointableOut))


class SlotOut(Schema):
    start_at = fields.String(metadata=_MOMENT)
    end_at = fields.String(metadata=_MOMENT)
    free = fields.Integer(metadata={"description": "places; 0: full, begun or too far ahead"})


class _AsMade(fields.List[Any]):
    """A list whose items are answered as they were made: of thousands, writing each field anew is most of the work."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value


class SlotsOfService(Schema):
    service_id = fields.String()
    name = fields.String(metadata={"description": "in the caller's language"})
    capacity = fields.Integer()
    slots = _AsMade(fields.Nested(SlotOut))


class SlotsOut(Schema):
    date = fields.String(metadata={"format": "date"})
    free = fields.Integer(metadata={"description": "places of the whole day"})
    services = fields.List(fields.Nested(SlotsOfService), metadata={"description": "empty: closed, or nothing offered"})


class MaskedContact(Schema):
    name = fields.String(allow_none=True)
    telephone = fields.String(allow_none=True)


class CancelledOut(Schema):
    at = fields.String(metadata=_MOMENT)
    by = fields.String(metadata={"description": "station, or person: who was to come, himself"})
    person_id = fields.String(allow_none=True, metadata={"description": "who did it; null but for the station's staff"})
    reason_code = fields.String(allow_none=True, metadata={"description": ", ".join(REASONS)})
    why = fields.String(allow_none=True, metadata={"description": "the reason in the caller's language"})
    reason = fields.String(allow_none=True, metadata={"description": "what staff added, until it is erased"})


class RecordedOut(Schema):
    at = fields.String(metadata=_MOMENT)
    by = fields.String(metadata={"description": "station"})
    person_id = fields.String(allow_none=True, metadata={"description": "who did it; null but for the station's staff"})


class BookingOut(Schema):
    id = fields.String()
    station_id = fields.String()
    service_id = fields.String()
    service = fields.String(allow_none=True, metadata={"description": "its name in the caller's language"})
    start_at = fields.String(metadata=_MOMENT)
    end_at = fields.String(metadata=_MOMENT)
    state = fields.String(metadata={"description": ", ".join(STATES)})
    person_id = fields.String()
    contact = fields.Nested(MaskedContact)
    booked_at = fields.String(metadata=_MOMENT)
    booked_by = fields.String(
        allow_none=True, metadata={"description": "who booked it, for the station's staff; null for who is to come"}
    )
    cancel_minutes = fields.Integer(
        metadata={"description": "until how long before it begins who comes may cancel: as when he booked, or later"}
    )
    cancelled = fields.Nested(
        CancelledOut, allow_none=True, metadata={"description": "who cancelled it, when and why; null: nobody did"}
    )
    recorded = fields.Nested(
        RecordedOut,
        allow_none=True,
        metadata={"description": "who recorded whether he came, when; null: nobody did"},
    )
    affected = fields.String(
        allow_none=True,
        metadata={
            "description": "why it can no longer be kept as it was made: station_not_open, not_offered, "
            "closed_that_day, outside_hours (the station's), outside_service_hours, too_many_booked, slots_changed "
            "(its time is kept free)"
        },
    )


BookingPage = page_of(BookingOut)


class ContactRevealed(Schema):
    name = fields.String()
    telephone = fields.String()
