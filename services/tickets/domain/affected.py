"""Which appointments of a day can no longer be kept as they were made, worked out for all of them at once, and of which
of that who was to come is still to be told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from services.tickets.domain.appointments import (
    BOOKED,
    SLOTS_CHANGED,
    TOO_MANY,
    Appointable,
    Booking,
    Slot,
    slots_on,
    why_unserved,
)
from services.tickets.domain.places import Place


def causes_of_day(
    standing: Iterable[Booking], services: Mapping[str, Appointable], station: Place | None, day: date, zone: ZoneInfo
) -> dict[str, str | None]:
    """As `affected` says it of each, by identity, of those that are still booked. `standing`: all of a station's day
    that were not cancelled; there may be tens of thousands."""
    by_service: dict[str, list[Booking]] = {}
    for one in standing:
        by_service.setdefault(one.slot.service_id, []).append(one)
    found: dict[str, str | None] = {}
    for service_id, bookings in by_service.items():
        found |= _of_service(bookings, services.get(service_id), station, day, zone)
    return found


def _of_service(
    bookings: Sequence[Booking], service: Appointable | None, station: Place | None, day: date, zone: ZoneInfo
) -> dict[str, str | None]:
    by_slot: dict[Slot, str | None] = dict.fromkeys({one.slot for one in bookings})
    crowded: set[str] = set()
    if service is None or station is None:
        kept: set[Slot] = set()
    else:
        kept, crowded = set(slots_on(service, station, day, zone)), without_place(bookings, service.capacity)
    for slot in by_slot:
        by_slot[slot] = why_unserved(slot, service, station, zone)

    def cause(one: Booking) -> str | None:
        if by_slot[one.slot] is not None:
            return by_slot[one.slot]
        if one.id in crowded:
            return TOO_MANY
        return None if one.slot in kept else SLOTS_CHANGED

    return {one.id: cause(one) for one in bookings if one.state == BOOKED}


def without_place(bookings: Sequence[Booking], capacity: int) -> set[str]:
    """For which of all bookings of a service's day there is no place: who booked first is served first."""
    moments = sorted({one.slot.start_at for one in bookings} | {one.slot.end_at for one in bookings})
    at = {moment: index for index, moment in enumerate(moments)}
    taken, found = [0] * len(moments), set()
    for one in sorted(bookings, key=lambda booking: (booking.booked_at, booking.id)):
        first, last = at[one.slot.start_at], at[one.slot.end_at]
        if max(taken[first:last]) >= capacity:
            found.add(one.id)
        for index in range(first, last):
            taken[index] += 1
    return found


def noticed(booking: Booking, cause: str | None) -> tuple[Booking, bool]:
    """The booking with what was found of it, and whether that is to be told: each cause once, until it is made good."""
    told = () if cause is None else booking.told_of
    news = cause is not None and cause not in told
    if cause is not None and news:
        told = (*told, cause)
    return replace(booking, affected_by=cause, told_of=told), news
