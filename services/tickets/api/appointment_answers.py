"""Services, slots and bookings as they are answered."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.chassis.http.problems import Locale
from services.tickets.api.words import word
from services.tickets.domain.appointments import (
    BOOKED,
    BY_STATION,
    OUTCOMES,
    Appointable,
    Booking,
    Taken,
    affected,
    cancelled_until,
    slots_on,
)
from services.tickets.domain.hours import WEEKDAYS, written
from services.tickets.domain.places import Place
from services.tickets.domain.presence import local_day
from services.tickets.handlers.appointments import Appointments, contact_of, words_of
from services.tickets.handlers.ports import House, Store
from services.tickets.handlers.revealing import masked


def service_answer(service: Appointable) -> dict[str, Any]:
    week = zip(WEEKDAYS, service.week, strict=True)
    return {
        "id": service.id, "station_id": service.station_id,
        "name": {"zh-CN": service.name.zh, "en": service.name.en}, "slot_minutes": service.slot_minutes,
        "capacity": service.capacity,
        "week": {weekday: [written(window) for window in day] for weekday, day in week if day},
        "ahead_days": service.ahead_days, "cancel_minutes": service.cancel_minutes, "offered": service.offered,
    }  # fmt: skip


Times = Sequence[tuple[datetime, datetime, int]]


def slots_answer(
    services: Sequence[Appointable], station: Place, day: date, taken: Mapping[str, Times], now: datetime,
    zone: ZoneInfo, locale: str,
) -> dict[str, Any]:  # fmt: skip
    """Thousands, where a station offers much: it touches nothing that other requests share, and may run aside."""
    found = [_slots(one, station, day, taken.get(one.id, ()), now, zone, locale) for one in services if one.offered]
    shown = [one for one in found if one["slots"]]
    free = sum(slot["free"] for one in shown for slot in one["slots"])
    return {"date": day.isoformat(), "free": free, "services": shown}


def _slots(
    service: Appointable, station: Place, day: date, times: Times, now: datetime, zone: ZoneInfo, locale: str
) -> dict[str, Any]:
    taken = Taken(times)
    too_far = day > local_day(now, zone) + timedelta(days=service.ahead_days)
    slots = []
    for slot in slots_on(service, station, day, zone):
        gone = too_far or slot.start_at <= now
        free = 0 if gone else max(service.capacity - taken.most(slot), 0)
        slots.append({"start_at": slot.start_at.isoformat(), "end_at": slot.end_at.isoformat(), "free": free})
    return {
        "service_id": service.id, "name": service.name.of(locale), "capacity": service.capacity, "slots": slots,
    }  # fmt: skip


def booking_answers(
    house: House, store: Store, appointments: Appointments, bookings: Sequence[Booking], locale: Locale, *,
    for_staff: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """Masked; each with why it can no longer be kept, if so. Only staff see who of them ended it."""
    places = {id: store.place(id) for id in {one.slot.station_id for one in bookings}}
    services = {
        pair: appointments.service(*pair) for pair in {(one.slot.station_id, one.slot.service_id) for one in bookings}
    }
    days = {day: appointments.standing(*day) for day in {_day(one) for one in bookings if one.state == BOOKED}}
    return [
        _booking(
            house, one, services[one.slot.station_id, one.slot.service_id], places[one.slot.station_id],
            days.get(_day(one), ()), locale,
        )
        | {"cancelled": _cancelled(house, one, locale, for_staff=for_staff)}
        | {"recorded": _recorded(one, for_staff=for_staff)}
        | {"booked_by": one.booked_by if for_staff else None}
        for one in bookings
    ]  # fmt: skip


def _cancelled(house: House, booking: Booking, locale: Locale, *, for_staff: bool) -> dict[str, Any] | None:
    if booking.cancelled_by is None or booking.changed_at is None:
        return None
    return {
        "at": booking.changed_at.isoformat(), "by": booking.cancelled_by,
        "person_id": booking.changed_by if for_staff else None, "reason_code": booking.reason_code,
        "why": word("cancelled", booking.reason_code, locale) if booking.reason_code else None,
        "reason": words_of(house, booking),
    }  # fmt: skip


def _recorded(booking: Booking, *, for_staff: bool) -> dict[str, Any] | None:
    if booking.state not in OUTCOMES or booking.changed_at is None:
        return None
    return {
        "at": booking.changed_at.isoformat(), "by": BY_STATION, "person_id": booking.changed_by if for_staff else None,
    }  # fmt: skip


def _day(booking: Booking) -> tuple[str, date]:
    return booking.slot.station_id, booking.slot.day


def _booking(
    house: House,
    booking: Booking,
    service: Appointable | None,
    station: Place | None,
    of_day: Sequence[Booking],
    locale: str,
) -> dict[str, Any]:
    slot = booking.slot
    return {
        "id": booking.id, "station_id": slot.station_id, "service_id": slot.service_id,
        "service": service.name.of(locale) if service else None,
        "start_at": slot.start_at.isoformat(), "end_at": slot.end_at.isoformat(), "state": booking.state,
        "person_id": booking.person_id, "contact": masked(contact_of(house, booking)),
        "booked_at": booking.booked_at.isoformat(), "cancel_minutes": cancelled_until(booking, service),
        "affected": affected(booking, service, station, house.zone, of_day),
    }  # fmt: skip
