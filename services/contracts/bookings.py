"""What tickets publishes of appointments (预约)."""

from typing import Any

from marshmallow import fields, validate

from services.contracts.types import EventData, EventType

BY_STATION, BY_PERSON = CANCELLED_BY = ("station", "person")
REASONS = ("station_closed", "no_staff", "service_not_possible", "asked_by_person")
"""Why a station cancels; staff choose one."""
OUTCOMES = ("attended", "no_show")
CAUSES = (
    "station_not_open", "not_offered", "closed_that_day", "outside_hours", "outside_service_hours", "too_many_booked",
    "slots_changed",
)  # fmt: skip
"""Why an appointment can no longer be kept as it was made."""


class BookingEvent(EventData):
    """Whose appointment, when and where. Names of stations and services are not personal; of people only ids."""

    booking_id = fields.String(required=True)
    station_id = fields.String(required=True)
    station = fields.String(allow_none=True, load_default=None, metadata={"description": "its name; null: not known"})
    service_id = fields.String(required=True)
    service_zh = fields.String(allow_none=True, load_default=None, metadata={"description": "its name in Chinese"})
    service_en = fields.String(allow_none=True, load_default=None, metadata={"description": "its name in English"})
    start_at = fields.AwareDateTime(required=True)
    end_at = fields.AwareDateTime(required=True)
    person_id = fields.String(
        required=True,
        metadata={"description": "who was to come; of a telephone for which staff booked: known to tickets alone"},
    )


class BookingCancelled(BookingEvent):
    """By whom, and why where the station did it."""

    by = fields.String(
        allow_none=True, load_default=None, metadata={"description": "who took the step; null: not known"}
    )
    cancelled_by = fields.String(
        required=True, validate=validate.OneOf(CANCELLED_BY),
        metadata={"description": "person: who was to come, himself; station: anybody of its staff, or over it"},
    )  # fmt: skip
    reason_code = fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf(REASONS),
        metadata={"description": "why, where the station cancelled; never free text"},
    )  # fmt: skip


class BookingOutcomeRecorded(BookingEvent):
    """Each time: what stands now is the outcome of the latest, by its sequence."""

    by = fields.String(required=True, metadata={"description": "who of the station's staff recorded it"})
    outcome = fields.String(
        required=True, validate=validate.OneOf(OUTCOMES), metadata={"description": "attended, or no_show"}
    )
    former_outcome = fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf(OUTCOMES),
        metadata={"description": "what stood before, where it is corrected; null: nothing"},
    )  # fmt: skip


class BookingAffected(BookingEvent):
    """Once for each cause, and again when it was made good meanwhile. The booking stands as it was."""

    cause = fields.String(
        required=True, validate=validate.OneOf(CAUSES),
        metadata={"description": "station_not_open, not_offered (the service), closed_that_day, outside_hours (the "
                                 "station's), outside_service_hours, too_many_booked, slots_changed (its time is kept "
                                 "free)"},
    )  # fmt: skip


def _booking(**more: Any) -> dict[str, Any]:
    return {
        "booking_id": "01920c5e-0000-7000-8000-0000000000ff",
        "station_id": "station-012",
        "station": "隗滨花园驿站",
        "service_id": "clinic",
        "service_zh": "义诊",
        "service_en": "Clinic",
        "start_at": "2026-11-23T01:00:00+00:00",
        "end_at": "2026-11-23T01:30:00+00:00",
        "person_id": "01920c5e-0000-7000-8000-0000000000aa",
        **more,
    }


_STAFF = {"by": "01920c5e-0000-7000-8000-0000000000bb"}

EVENTS = (
    EventType("booking.cancelled", ("tickets",), "An appointment was cancelled, by the station or by who was to come.",
              BookingCancelled, lambda: _booking(**_STAFF, cancelled_by=BY_STATION, reason_code="no_staff"),
              in_feed=False),
    EventType("booking.affected", ("tickets",),
              "An appointment that is yet to come can no longer be kept as it was made.",
              BookingAffected, lambda: _booking(cause="station_not_open"), in_feed=False),
    EventType("booking.outcome_recorded", ("tickets",),
              "Staff recorded, or corrected, whether who had an appointment came.",
              BookingOutcomeRecorded, lambda: _booking(**_STAFF, outcome="no_show", former_outcome=None),
              in_feed=False),
)  # fmt: skip
