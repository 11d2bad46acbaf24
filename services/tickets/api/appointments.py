"""Appointments at stations (预约): what is offered, free places, booking, cancelling, who came."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.chassis.aside import aside
from services.chassis.auth.principal import NotAllowed, NotFound, Principal
from services.chassis.http import ANYONE, SIGNED_IN, AtOnce, Call, Limit, Reply, command, query
from services.chassis.unit import Unit
from services.tickets import schemas
from services.tickets.api.accesses import BOOKED_FOR_TELEPHONE, REVEAL_BOOKING, Recording
from services.tickets.api.acts import Keeping
from services.tickets.api.appointment_answers import booking_answers, service_answer, slots_answer
from services.tickets.api.places import known
from services.tickets.api.presence import STATION, near
from services.tickets.domain.acts import cancelled_act, offered_act, outcome_act
from services.tickets.domain.appointments import ASKED_BY_PERSON, BY_STATION, Appointable, Booking
from services.tickets.domain.hours import DAY_MINUTES, WEEKDAYS, parse_day
from services.tickets.domain.places import Place
from services.tickets.domain.policy import Text
from services.tickets.domain.presence import instant, local_day
from services.tickets.domain.presence_quotas import ROLES
from services.tickets.domain.reading import may_reveal
from services.tickets.domain.refused import Refused
from services.tickets.domain.transitions import Actor
from services.tickets.handlers.appointments import (
    OF_PERSON,
    Booker,
    book,
    cancel_booking,
    offer,
    offered,
    record_outcome,
    reveal_contact,
)
from services.tickets.handlers.ports import Store
from services.tickets.schemas import appointments as shapes
from services.tickets.settings import bookings_of_address, open_bookings

TAGS = ("appointments",)
OFFERERS = ("station_head", "community", "street", "district", "admin")
"""Who says what is offered by appointment."""
BOOKING = Limit("booking", 300, timedelta(hours=1), lambda call: call.caller.person_id if call.caller else None)
BOOKING_FOR_TELEPHONE = Limit(
    BOOKED_FOR_TELEPHONE, 120, timedelta(hours=1),
    lambda call: call.principal.person_id if _for_telephone(call) else None,
)  # fmt: skip
"""An hour and member of staff (ours): as with searches, nobody shall try out the digits that are not shown."""
SLOTS = AtOnce("slots", most=2, by_address=2)
"""Room for those who ask for all slots of a day. *(ours)*"""
BOOKING_OF_ADDRESS = Limit(
    "booking-address", bookings_of_address, timedelta(hours=1),
    lambda call: None if call.principal.has_role(*ROLES, "partner") else call.client,
)  # fmt: skip
"""An hour and address of residents (ours): a stranger makes himself accounts, each with its own appointments. A
hotline behind an address of many is bounded as an account, as staff are."""
_STATIONS = "/api/v1/stations/<station_id>"


class Appointments(Recording, Keeping):
    """Bookings of places in slots."""

    appointments: Any

    @query("GET", f"{_STATIONS}/appointment-services", roles=ANYONE, answer=shapes.ServicesOut, tags=TAGS)
    def list_services(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """What a station offers by appointment, also what takes no more bookings."""
        station = known(self.store(unit), station_id, STATION)
        return Reply({"services": [service_answer(one) for one in self.appointments(unit).services(station.id)]})

    @query(
        "GET", f"{_STATIONS}/appointment-services/<service_id>", roles=ANYONE, answer=shapes.AppointableOut, tags=TAGS
    )
    def get_service(self, unit: Unit, call: Call, station_id: str, service_id: str) -> Reply:
        """One of them; its `ETag` is asked for by who changes it."""
        station = known(self.store(unit), station_id, STATION)
        service = self.appointments(unit).service(station.id, service_id)
        if service is None:
            raise NotFound
        return Reply(service_answer(service), etag=service.revision)

    @command("PUT", f"{_STATIONS}/appointment-services/<service_id>", roles=OFFERERS, body=shapes.OfferService,
             answer=shapes.AppointableOut, tags=TAGS,
             problems=("appointment-hours-outside", "too-many-services-offered",
                       "too-many-services-defined"))  # fmt: skip
    def offer_service(self, unit: Unit, call: Call, station_id: str, service_id: str) -> Reply:
        """Offer a service by appointment, or change it (needs `If-Match`).

        Bookings stay; lists say which of them no longer fit, and who was to come is told. A station offers 30 services
        at most, and defines 100, those that are not offered included.
        """
        station = known(self.store(unit), station_id, STATION)
        call.principal.require(station.area_path, *OFFERERS)
        if not shapes.is_service_id(service_id):
            raise NotFound
        rows = self.appointments(unit)
        before = rows.service(station.id, service_id)
        call.if_match(before.revision if before else 0, required=before is not None)
        said = {name: value for name, value in call.body.items() if name not in ("name", "week")}
        week = tuple(parse_day(call.body["week"].get(weekday, [])) for weekday in WEEKDAYS)
        service = Appointable(
            station.id, service_id, Text(**call.body["name"]), week=week,
            revision=before.revision + 1 if before else 1, **said,
        )  # fmt: skip
        offer(rows, service, station)
        self.record_act(unit, call, offered_act(service, before, station))
        return Reply(service_answer(service), etag=service.revision)

    @query("GET", f"{_STATIONS}/slots", roles=ANYONE, params=shapes.SlotsOf, answer=shapes.SlotsOut, tags=TAGS,
           at_once=SLOTS, problems=("no-such-service",))  # fmt: skip
    def list_slots(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """The slots of a day with their free places, of one service or of all."""
        station, day, rows = known(self.store(unit), station_id, STATION), call.params["day"], self.appointments(unit)
        wanted = call.params.get("service")
        services = [offered(rows, station, wanted)] if wanted else rows.services(station.id)
        taken, now, zone = rows.taken(station.id, day), unit.now, self.house.zone
        return Reply(aside(lambda: slots_answer(services, station, day, taken, now, zone, call.locale)))

    @command("POST", f"{_STATIONS}/bookings", roles=SIGNED_IN, body=shapes.Book, answer=shapes.BookingOut, creates=True,
             limit=(BOOKING, BOOKING_FOR_TELEPHONE, BOOKING_OF_ADDRESS), tags=TAGS,
             problems=("no-such-service", "station-not-open", "appointment-not-offered", "appointment-in-past",
                       "appointment-too-far", "station-closed-that-day", "no-such-slot", "telephone-malformed",
                       "telephone-required", "slot-full", "only-people",
                       *sorted(OF_PERSON)))  # fmt: skip
    def book(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """Book a place in a slot: for oneself, anywhere in one's county; staff also for whom they speak to.

        A program books for others alone. Residents behind one address send a few an hour (`too-many-requests`); staff
        have a bound of their own. Staff who may not reveal there do not learn why a telephone's owner gets no place.
        Who books for a telephone is recorded, also where that is refused for its owner's sake: see
        `GET /tickets/accesses`.
        """
        store, rows = self.store(unit), self.appointments(unit)
        station = known(store, station_id, STATION)
        if not _of_county(call.principal, station):
            raise NotAllowed  # that the station is there is public
        booker = replace(
            _booker(call.principal, station), most_open=open_bookings(),
            is_told_why=_may_reveal(store, call.principal, station),
        )  # fmt: skip
        for_telephone = booker.is_staff and _for_telephone(call)
        if not for_telephone:
            call.principal.require_person()
        where, over = (station, call.body["service_id"]), (station.area_path,)
        try:
            booking = book(store, rows, self.house, where, booker, call.body, unit.now)
        except Refused as refused:
            if for_telephone and refused.slug in OF_PERSON:
                self.record_attempt(unit, call, BOOKED_FOR_TELEPHONE, over)
            raise
        if for_telephone:
            self.record_deed(unit, call, BOOKED_FOR_TELEPHONE, over)
        return self._booking_reply(unit, call, booking, booker)

    @query("GET", f"{_STATIONS}/bookings", roles=ROLES, params=shapes.BookingsOf, answer=shapes.BookingPage, tags=TAGS)
    def list_bookings(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """Who comes, in the order of slots, masked; `affected` says which can no longer be kept."""
        store = self.store(unit)
        station = known(store, station_id, STATION)
        _require_served_by(store, call.principal, station)
        zone = self.house.zone
        first = call.params.get("first") or local_day(unit.now, zone)
        since, until = instant(first, 0, zone), instant(call.params.get("last") or first, DAY_MINUTES, zone)
        after = call.page.after[0] if call.page.after else None
        found = self.appointments(unit).of_station(station.id, since, until, after, call.page.fetch)
        return self._booking_page(unit, call, found, for_staff=True)

    @query("GET", "/api/v1/bookings/mine", roles=SIGNED_IN, answer=shapes.BookingPage, tags=TAGS)
    def list_own_bookings(self, unit: Unit, call: Call) -> Reply:
        """The caller's own, the latest slot first."""
        after = call.page.after[0] if call.page.after else None
        found = self.appointments(unit).of_person(call.principal.person_id, after, call.page.fetch)
        return self._booking_page(unit, call, found, for_staff=False)

    @query("GET", "/api/v1/bookings/<booking_id>", roles=SIGNED_IN, answer=shapes.BookingOut, tags=TAGS)
    def get_booking(self, unit: Unit, call: Call, booking_id: str) -> Reply:
        """For who comes, and for the station's staff."""
        return self._booking_reply(unit, call, *self._booking_seen(unit, call, booking_id))

    @command("POST", "/api/v1/bookings/<booking_id>/cancel", roles=SIGNED_IN, body=shapes.CancelBooking,
             answer=shapes.BookingOut, tags=TAGS,
             problems=("booking-not-open", "cancel-reason-required", "only-people", "too-late-to-cancel"))  # fmt: skip
    def take_back_booking(self, unit: Unit, call: Call, booking_id: str) -> Reply:
        """Give the place back: who comes until its `cancel_minutes` before it begins, staff until it begins.

        Staff say why, by `reason_code`. Who was to come is told, with the reason in words; what staff do stands in
        `GET /tickets/acts`. For whom staff booked by telephone, without an account, they call.
        """
        booking, by = self._booking_seen(unit, call, booking_id)
        if call.body.get("reason_code") == ASKED_BY_PERSON:
            call.principal.require_person()  # a program heard nobody
        store, rows = self.store(unit), self.appointments(unit)
        after = cancel_booking(store, rows, self.house, booking, by, call.body, unit.now)
        station = store.place(after.slot.station_id)
        if after.cancelled_by == BY_STATION and station is not None:
            self.record_act(unit, call, cancelled_act(after, station))
        return self._booking_reply(unit, call, after, by)

    @command("POST", "/api/v1/bookings/<booking_id>/outcome", roles=ROLES, body=shapes.RecordOutcome,
             answer=shapes.BookingOut, tags=TAGS,
             problems=("booking-not-open", "outcome-stands", "outcome-too-early",
                       "appointment-not-served", "only-people"))  # fmt: skip
    def record_outcome(self, unit: Unit, call: Call, booking_id: str) -> Reply:
        """Record who came, from 30 minutes before the slot on, and who did not; correct it until the day after.

        For the station's own staff, who saw it, no program. Who was to come is told, and who recorded it stands in
        `GET /tickets/acts`.
        """
        booking, by = self._booking_seen(unit, call, booking_id)
        call.principal.require_person()
        store, rows, outcome = self.store(unit), self.appointments(unit), call.body["outcome"]
        station = store.place(booking.slot.station_id)
        if station is None or not _serves(store, call.principal, station):
            raise NotAllowed
        after = record_outcome(store, rows, self.house, booking, outcome, by.person_id, unit.now)
        self.record_act(unit, call, outcome_act(after, booking, station))
        return self._booking_reply(unit, call, after, by)

    @command("POST", "/api/v1/bookings/<booking_id>/reveal", roles=ROLES, body=schemas.WithReason,
             answer=shapes.ContactRevealed, tags=TAGS, afresh=True)  # fmt: skip
    def reveal_contact(self, unit: Unit, call: Call, booking_id: str) -> Reply:
        """Name and telephone in clear, for those of the station's staff who may reveal a ticket there; recorded.

        See `GET /tickets/accesses`.
        """
        booking, by = self._booking_seen(unit, call, booking_id)
        store, rows = self.store(unit), self.appointments(unit)
        station = store.place(booking.slot.station_id)
        at_desk = booking.booked_by == by.person_id
        if not by.is_staff or not _may_reveal(store, call.principal, station, at_desk=at_desk):
            raise NotAllowed
        shown = reveal_contact(rows, self.house, booking, by.person_id, call.body["reason"], unit.now)
        self.record_deed(unit, call, REVEAL_BOOKING, (station.area_path,))
        return Reply(shown)

    def _booking_seen(self, unit: Unit, call: Call, booking_id: str) -> tuple[Booking, Booker]:
        """With what the caller is to it. Raises NotFound for who is nothing to it."""
        booking: Booking | None = self.appointments(unit).booking(booking_id)
        if booking is None:
            raise NotFound
        store = self.store(unit)
        station = store.place(booking.slot.station_id)
        who = call.principal
        staff = station is not None and (
            _serves(store, who, station)
            # At the desk of a station nearby they booked it for somebody, and cancel it as he asks them to.
            or (booking.booked_by == who.person_id != booking.person_id and _booker(who, station).is_staff)
        )
        booker = Booker(call.principal.person_id, staff)
        if not booker.is_staff and booking.person_id != booker.person_id:
            raise NotFound
        return booking, booker

    def _booking_reply(self, unit: Unit, call: Call, booking: Booking, who: Booker) -> Reply:
        store, rows = self.store(unit), self.appointments(unit)
        for_staff = who.is_staff and booking.person_id != who.person_id
        return Reply(booking_answers(self.house, store, rows, [booking], call.locale, for_staff=for_staff)[0])

    def _booking_page(self, unit: Unit, call: Call, found: list[Booking], *, for_staff: bool) -> Reply:
        page = call.page.answer(found, lambda one: (f"{one.slot.start_at:%Y%m%d%H%M}|{one.id}",))
        store, rows = self.store(unit), self.appointments(unit)
        page["items"] = booking_answers(
            self.house, store, rows, page["items"], call.locale, for_staff=for_staff
        )  # fmt: skip
        return Reply(page)


def _for_telephone(call: Call) -> bool:
    """Whether a telephone is named by somebody of the staff somewhere; a resident who names one books for himself."""
    named = (call.body.get("contact") or {}).get("telephone")
    return bool(named) and call.principal.has_role(*ROLES)


def _booker(principal: Principal, station: Place) -> Booker:
    """Whoever is at the desk of a station nearby books for others as well."""
    staff = any(grant.role in ROLES and near(grant, station) for grant in principal.grants)
    return Booker(principal.person_id, staff)


def _serves(store: Store, principal: Principal, station: Place) -> bool:
    """Whether one is of the station's own staff, to whom who comes is shown: with a role over it or over its grid."""
    grid = store.place(station.grid) if station.grid else None
    return any(principal.may(place.area_path, *ROLES) for place in (station, grid) if place is not None)


def _may_reveal(store: Store, principal: Principal, station: Place, *, at_desk: bool = False) -> bool:
    """Whether one may know who comes: of the station's staff; `at_desk`: of a station nearby as well, for who entered
    the booking at its desk."""
    grid = store.place(station.grid) if station.grid else None
    paths = [place.area_path for place in (station, grid) if place is not None]
    roles = frozenset(
        grant.role for grant in principal.grants
        if any(grant.covers(path) for path in paths) or (at_desk and near(grant, station))
    )  # fmt: skip
    return may_reveal(Actor(principal.person_id, roles))


def _require_served_by(store: Store, principal: Principal, station: Place) -> None:
    if not _serves(store, principal, station):
        raise NotAllowed if principal.may(station.area_path) else NotFound


def _of_county(principal: Principal, station: Place) -> bool:
    county = f"/{station.area_path.split('/')[1]}/"
    return any(grant.area_path.startswith(county) for grant in principal.grants)
