"""Residents book a place in a slot of a station's service; staff book for them, and record who came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from services.contracts.types import NewEvent
from services.tickets.domain.appointments import (
    OUTCOMES,
    TOO_MANY,
    Appointable,
    Booking,
    Slot,
    bookable,
    cancel,
    cancelled_until,
    check_open,
    check_room_for,
    fits_hours,
    most_at_once,
)
from services.tickets.domain.outcomes import record, unserved_by
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import whole_second
from services.tickets.domain.telephones import normal_telephone
from services.tickets.handlers.filing import person_digest, telephone_digest
from services.tickets.handlers.ports import House, Store


class Appointments(Protocol):
    """Services, slots and bookings in one unit of work."""

    def service(self, station_id: str, service_id: str) -> Appointable | None: ...
    def services(self, station_id: str) -> Sequence[Appointable]: ...
    def put_service(self, service: Appointable) -> None:
        """What is booked there is looked through, as with a change of the station."""

    def have_looked_through(self, station_id: str) -> None:
        """Have somebody tell soon whose booking there can no longer be kept."""

    def hold_services(self, station_id: str) -> Sequence[Appointable]:
        """What a station has defined; no other command defines one there until this one is committed."""

    def taken(self, station_id: str, day: date) -> Mapping[str, Sequence[tuple[datetime, datetime, int]]]:
        """By service, the times that are booked on a day and not cancelled: from, to, how often."""

    def standing(self, station_id: str, day: date) -> Sequence[Booking]:
        """What is booked at a station on a day and was not cancelled."""

    def hold(self, slot: Slot) -> Sequence[Booking]:
        """What stands of the slot's service on its day; no other command changes that until this one is committed."""

    def hold_open(self, person_id: str, telephone_digest: str | None, now: datetime) -> int:
        """How many slots yet to come the person, or whoever gave that telephone, has a place in; no other command
        adds one until this one is committed."""

    def add(self, booking: Booking) -> None: ...
    def save(self, booking: Booking) -> None: ...
    def record_reveal(self, booking_id: str, by: str, reason: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Booker:
    """Who books: for himself, or as staff for somebody whom he speaks to."""

    person_id: str
    is_staff: bool
    most_open: int = 1
    """How many places in slots yet to come one person may hold."""
    is_told_why: bool = True
    """Whether he may know who comes there, and so why somebody whom he names gets no place."""


OF_PERSON = frozenset({"booked-already", "too-many-bookings", "not-for-this-telephone"})
"""Refusals that tell something of whom one books for."""


def offer(appointments: Appointments, service: Appointable, station: Place) -> None:
    """What is booked stays booked; lists say what no longer fits, and who was to come is told.

    Raises Refused: appointment-hours-outside, too-many-services-defined, too-many-services-offered.
    """
    fits_hours(service, station)
    known = {one.id: one for one in appointments.hold_services(station.id)}
    before = known.pop(service.id, None)
    check_room_for(service, known.values(), is_new=before is None, is_offered_now=before is None or not before.offered)
    appointments.put_service(service)


def book(
    store: Store, appointments: Appointments, house: House, where: tuple[Place, str], booker: Booker,
    said: Mapping[str, Any], now: datetime,
) -> Booking:  # fmt: skip
    """`where`: station and service. Never more people at once than there are places, nobody twice, also where the slots
    were changed and bookings of before overlap with those of now. Of somebody who is named nothing is looked at, and
    nothing told, before it is certain that there is a place.

    Raises Refused: no-such-service, telephone-malformed, telephone-required, slot-full, OF_PERSON, and what `bookable`
    does.
    """
    station, service_id = where
    service = offered(appointments, station, service_id)
    now = whole_second(now)
    slot = bookable(service, station, said["start_at"], now, house.zone)
    contact = _contact(said)
    # What somebody books himself counts for him alone: anybody may name anybody's telephone.
    telephone = _named(booker, contact)
    standing = appointments.hold(slot)
    if telephone is None:
        person_id, digest = booker.person_id, None
    else:
        _check_room(slot, standing, service)  # first: nobody learns of a slot that is full who has a place in it
        person_id = store.person_of(person_digest(house, station.area_path, telephone), house.new_id())
        digest = telephone_digest(house, telephone)
    _check_person(booker, slot, standing, person_id, appointments.hold_open(person_id, digest, now))
    _check_room(slot, standing, service)
    booking = Booking(
        id=house.new_id(), slot=slot, person_id=person_id, booked_by=booker.person_id, booked_at=now,
        sealed=house.seal.seal(contact) if contact else None, telephone_digest=digest,
        cancel_minutes=service.cancel_minutes,
    )  # fmt: skip
    appointments.add(booking)
    return booking


def offered(appointments: Appointments, station: Place, service_id: str) -> Appointable:
    """Raises Refused("no-such-service"), which says what there is."""
    service = appointments.service(station.id, service_id)
    if service is None:
        names = [one.id for one in appointments.services(station.id) if one.offered]
        raise Refused("no-such-service", service=service_id, services=names)
    return service


def _contact(said: Mapping[str, Any]) -> dict[str, str]:
    contact = {name: value for name, value in (said.get("contact") or {}).items() if value}
    if "telephone" in contact:
        contact["telephone"] = normal_telephone(contact["telephone"])
    return contact


def _named(booker: Booker, contact: Mapping[str, str]) -> str | None:
    """Staff who name somebody book for that telephone's owner; None: everybody else books for himself.

    Raises Refused("telephone-required").
    """
    if not booker.is_staff or not contact:
        return None
    if "telephone" not in contact:
        raise Refused("telephone-required")
    return contact["telephone"]


def _check_room(slot: Slot, standing: Sequence[Booking], service: Appointable) -> None:
    """Raises Refused("slot-full")."""
    if most_at_once(slot, standing) >= service.capacity:
        raise Refused("slot-full", capacity=service.capacity)


def _check_person(booker: Booker, slot: Slot, standing: Sequence[Booking], person_id: str, already: int) -> None:
    """Raises Refused: booked-already, too-many-bookings; not-for-this-telephone to who is not to know which."""
    try:
        if any(one.person_id == person_id and one.slot.overlaps(slot) for one in standing):
            raise Refused("booked-already")
        check_open(already, booker.most_open)
    except Refused:
        if person_id == booker.person_id or booker.is_told_why:
            raise
        raise Refused("not-for-this-telephone") from None


def cancel_booking(
    store: Store, appointments: Appointments, house: House, booking: Booking, by: Booker, said: Mapping[str, Any],
    now: datetime,
) -> Booking:  # fmt: skip
    """Staff may until it begins, and say why; who was to come until the service's time before that.

    It is published, so that who was to come hears of it. Raises Refused: booking-not-open, cancel-reason-required,
    too-late-to-cancel.
    """
    slot = booking.slot
    service, station = appointments.service(slot.station_id, slot.service_id), store.place(slot.station_id)
    before = 0 if by.is_staff else cancelled_until(booking, service)
    words = house.seal.seal(said["reason"]) if said.get("reason") else None
    after = counted(cancel(booking, by.person_id, whole_second(now), before, said.get("reason_code"), words))
    beside = appointments.hold(slot)
    appointments.save(after)
    if any(one.affected_by == TOO_MANY for one in beside):  # there may be a place now
        appointments.have_looked_through(slot.station_id)
    more = {"by": after.changed_by, "cancelled_by": after.cancelled_by, "reason_code": after.reason_code}
    store.publish([event_of("booking.cancelled", after, service, station, **more)])
    return after


def counted(booking: Booking) -> Booking:
    """With one more event that tells of it."""
    return replace(booking, sequence=booking.sequence + 1)


def event_of(
    name: str, booking: Booking, service: Appointable | None, station: Place | None, **more: str | None
) -> NewEvent:
    slot = booking.slot
    data = {
        "booking_id": booking.id, "station_id": slot.station_id, "station": station.name if station else None,
        "service_id": slot.service_id, "service_zh": service.name.zh if service else None,
        "service_en": service.name.en if service else None, "start_at": slot.start_at.isoformat(),
        "end_at": slot.end_at.isoformat(), "person_id": booking.person_id, **more,
    }  # fmt: skip
    return NewEvent(name, booking.id, booking.sequence, station.area_path if station else "/", data)


def record_outcome(
    store: Store, appointments: Appointments, house: House, booking: Booking, outcome: str, by: str, now: datetime
) -> Booking:
    """It is published, so that who was to come hears of it.

    Raises Refused: booking-not-open, outcome-stands, outcome-too-early, appointment-not-served.
    """
    slot, now = booking.slot, whole_second(now)
    service, station = appointments.service(slot.station_id, slot.service_id), store.place(slot.station_id)
    why_not = unserved_by(booking, service, station, now, house.zone)
    after = counted(record(booking, outcome, by, now, house.zone, why_not))
    appointments.save(after)
    former = booking.state if booking.state in OUTCOMES else None
    more = {"by": by, "outcome": outcome, "former_outcome": former}
    store.publish([event_of("booking.outcome_recorded", after, service, station, **more)])
    return after


def reveal_contact(
    appointments: Appointments, house: House, booking: Booking, by: str, reason: str, now: datetime
) -> dict[str, Any]:
    """Name and telephone in clear; that is recorded, the reason sealed."""
    appointments.record_reveal(booking.id, by, house.seal.seal(reason), now)
    return contact_of(house, booking)


def words_of(house: House, booking: Booking) -> str | None:
    """What staff added when they cancelled it."""
    return str(house.seal.unseal(booking.words)) if booking.words else None


def contact_of(house: House, booking: Booking) -> dict[str, Any]:
    return dict(house.seal.unseal(booking.sealed)) if booking.sealed else {}
