"""Appointments: which slots a day has, until when a booking may be cancelled, who can no longer be received."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.contracts import bookings
from services.tickets.domain.appointments import (
    ATTENDED,
    BY_PERSON,
    BY_STATION,
    CANCELLED,
    NO_SHOW,
    OUTCOMES,
    REASONS,
    UNSERVED,
    Appointable,
    Booking,
    affected,
    bookable,
    cancel,
    cancelled_until,
    most_at_once,
    slots_on,
)
from services.tickets.domain.hours import Exceptional, parse_day
from services.tickets.domain.outcomes import record
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused
from tests.unit.tickets.appointments import CLINIC, HOLIDAY, HOURS, LATE_DAY, MONDAY, NOW, STATION, booked
from tests.unit.tickets.stories import SHANGHAI, at


@pytest.mark.parametrize(
    ("day", "begins"),
    [
        (MONDAY, ["09:00", "09:45", "10:30", "14:00"]),
        (HOLIDAY, []),
        (LATE_DAY, ["10:30"]),
        (date(2026, 3, 7), []),
    ],
)
def test_a_slot_lies_whole_in_a_window_and_in_the_hours_of_that_very_day(day: date, begins: list[str]) -> None:
    found = [f"{slot.start_at.astimezone(SHANGHAI):%H:%M}" for slot in slots_on(CLINIC, STATION, day, SHANGHAI)]
    assert found == begins


def test_all_places_of_a_service_on_a_day_are_given_away_one_after_the_other_and_no_others_wait_for_that() -> None:
    days = [date(2026, 3, day) for day in range(2, 7)]
    slots = [slot for day in days for slot in slots_on(CLINIC, STATION, day, SHANGHAI)]
    tea = [slot for day in days for slot in slots_on(replace(CLINIC, id="tea"), STATION, day, SHANGHAI)]
    assert len({slot.all_of_day for slot in slots + tea}) == 2 * len({slot.day for slot in slots}) > 0


class TestPlaces:
    """Bookings keep their time when the slots change: whoever has a place keeps it for as long as he was promised."""

    BEFORE = replace(CLINIC, slot_minutes=30, capacity=1)
    NOW = replace(CLINIC, slot_minutes=15, capacity=1)

    def taken(self, service: Appointable, *bookings: Booking) -> list[int]:
        """Of the first four slots."""
        return [most_at_once(slot, bookings) for slot in slots_on(service, STATION, MONDAY, SHANGHAI)[:4]]

    def booked(self, begins: str, service: Appointable, identity: str = "b") -> Booking:
        slot = bookable(service, STATION, at(f"2026-03-02 {begins}"), NOW, SHANGHAI)
        return Booking(identity, slot, identity, "p", NOW, None)

    def test_a_shorter_slot_is_full_while_a_longer_booking_of_before_stands(self) -> None:
        before = self.booked("09:00", self.BEFORE)
        assert self.taken(self.NOW, before) == [1, 1, 0, 0]
        assert self.taken(self.NOW, cancel(before, "b", NOW, 0)) == [0, 0, 0, 0]

    def test_a_longer_slot_is_as_full_as_it_is_when_most_are_there_at_once(self) -> None:
        one, two, three = (self.booked(begins, self.NOW, begins) for begins in ("09:00", "09:15", "09:45"))
        assert self.taken(self.BEFORE, one, two, three)[:2] == [1, 1], "one after the other, they need one place"
        assert self.taken(self.BEFORE, one, two, self.booked("09:00", self.BEFORE))[:1] == [2]

    def test_slots_that_only_touch_do_not_overlap_and_other_services_do_not_count(self) -> None:
        after = self.booked("09:30", self.BEFORE)
        elsewhere = replace(after, slot=replace(after.slot, service_id="tea", start_at=at("2026-03-02 09:00")))
        assert self.taken(self.NOW, after, elsewhere) == [0, 0, 1, 1]

    def test_with_fewer_places_who_booked_first_is_received(self) -> None:
        first, second = self.booked("09:00", self.BEFORE, "a"), self.booked("09:00", self.BEFORE, "b")
        says = [affected(one, self.BEFORE, STATION, SHANGHAI, [first, second]) for one in (first, second)]
        assert says == [None, "too_many_booked"]


@pytest.mark.parametrize(
    ("begins", "slug"),
    [
        ("2026-03-02 07:00", "appointment-in-past"),
        ("2026-03-03 09:00", "station-closed-that-day"),
        ("2026-03-07 09:00", "station-closed-that-day"),
        ("2026-03-09 10:00", "no-such-slot"),
        ("2026-03-10 00:00", "appointment-too-far"),
    ],
)
def test_what_cannot_be_booked_says_why(begins: str, slug: str) -> None:
    with pytest.raises(Refused) as said:
        booked(begins)
    assert said.value.slug == slug


def test_on_the_last_day_that_may_be_booked_every_slot_may_be() -> None:
    assert booked("2026-03-09 14:00").slot.day == MONDAY + timedelta(days=7)


def test_a_booking_is_cancelled_until_the_very_minute() -> None:
    assert cancel(booked(), "p", at("2026-03-02 08:00"), 60).state == CANCELLED
    with pytest.raises(Refused) as said:
        cancel(booked(), "p", at("2026-03-02 08:00") + timedelta(seconds=1), 60)
    assert said.value.slug == "too-late-to-cancel"
    with pytest.raises(Refused) as said:
        cancel(record(booked(), ATTENDED, "s", at("2026-03-02 08:30"), SHANGHAI), "p", NOW, 0)
    assert said.value.slug == "booking-not-open"


def test_who_cancels_somebody_elses_appointment_says_why_and_who_was_to_come_owes_no_reason() -> None:
    with pytest.raises(Refused) as said:
        cancel(booked(), "staff", NOW, 0)
    assert (said.value.slug, said.value.params["reasons"]) == ("cancel-reason-required", list(REASONS))
    by_staff, by_himself = (cancel(booked(), by, NOW, 0, "no_staff", "sealed") for by in ("staff", "p"))
    assert (by_staff.cancelled_by, by_staff.reason_code, by_staff.words) == ("station", "no_staff", "sealed")
    assert (by_himself.cancelled_by, by_himself.reason_code, by_himself.words) == ("person", None, None)
    assert booked().cancelled_by is None
    assert (*bookings.CANCELLED_BY, bookings.REASONS) == (BY_STATION, BY_PERSON, REASONS)
    assert bookings.OUTCOMES == OUTCOMES


def test_who_was_promised_that_he_may_cancel_may_do_so_whatever_the_service_says_later() -> None:
    promised = replace(booked(), cancel_minutes=60)
    said = [cancelled_until(promised, service) for service in (CLINIC, replace(CLINIC, cancel_minutes=20_160), None)]
    assert [*said, cancelled_until(promised, replace(CLINIC, cancel_minutes=10))] == [60, 60, 60, 10]
    assert (cancelled_until(booked(), CLINIC), cancelled_until(booked(), None)) == (60, 0)


def test_nobody_has_missed_a_slot_that_has_not_begun() -> None:
    with pytest.raises(Refused) as said:
        record(booked(), NO_SHOW, "s", at("2026-03-02 08:59"), SHANGHAI)
    assert said.value.slug == "outcome-too-early"
    assert record(booked(), NO_SHOW, "s", at("2026-03-02 09:00"), SHANGHAI).state == NO_SHOW


def test_nobody_has_come_earlier_than_half_an_hour_before_his_slot_since_then_he_cancels_no_more() -> None:
    for early in ("2026-03-02 00:00", "2026-03-02 08:29"):
        with pytest.raises(Refused) as said:
            record(booked(), ATTENDED, "s", at(early), SHANGHAI)
        assert (said.value.slug, said.value.params["minutes"]) == ("outcome-too-early", 30)
    came = record(booked(), ATTENDED, "s", at("2026-03-02 08:30"), SHANGHAI)
    assert (came.state, came.changed_by, came.changed_at) == (ATTENDED, "s", at("2026-03-02 08:30"))


@pytest.mark.parametrize(("first", "then"), [(ATTENDED, NO_SHOW), (NO_SHOW, ATTENDED)])
def test_an_outcome_is_corrected_until_the_end_of_the_day_after(first: str, then: str) -> None:
    stands = record(booked(), first, "s", at("2026-03-02 09:00"), SHANGHAI)
    corrected = record(stands, then, "other", at("2026-03-03 23:59"), SHANGHAI)
    assert (corrected.state, corrected.changed_by) == (then, "other")
    too_late, the_same = (then, "2026-03-04 00:00", "outcome-stands"), (first, "2026-03-02 10:00", "booking-not-open")
    for outcome, when, slug in (too_late, the_same):
        with pytest.raises(Refused) as said:
            record(stands, outcome, "s", at(when), SHANGHAI)
        assert said.value.slug == slug
    assert record(booked(), first, "s", at("2026-03-09 09:00"), SHANGHAI).state == first, "what nobody recorded yet"


def test_attended_in_advance_is_no_missed_slot_before_it_begins() -> None:
    came = record(booked(), ATTENDED, "s", at("2026-03-02 08:40"), SHANGHAI)
    with pytest.raises(Refused) as said:
        record(came, NO_SHOW, "s", at("2026-03-02 08:50"), SHANGHAI)
    assert said.value.slug == "outcome-too-early"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_who_cannot_have_been_served_neither_came_nor_stayed_away(outcome: str) -> None:
    for why in UNSERVED:
        with pytest.raises(Refused) as said:
            record(booked(), outcome, "s", at("2026-03-02 09:10"), SHANGHAI, why)
        assert (said.value.slug, said.value.params["why"]) == ("appointment-not-served", why)
    for still in ("too_many_booked", "slots_changed", None):
        assert record(booked(), outcome, "s", at("2026-03-02 09:10"), SHANGHAI, still).state == outcome


def test_who_can_no_longer_be_received_is_marked_with_the_reason() -> None:
    def says(service: Appointable | None, station: Place | None) -> str | None:
        return affected(booked(), service, station, SHANGHAI)

    shut = replace(HOURS, exceptions={MONDAY: Exceptional((), "burst pipe")})
    assert says(CLINIC, STATION) is None
    later = replace(HOURS, exceptions={MONDAY: Exceptional(parse_day(["09:30-12:00"]), "inventory")})
    assert says(CLINIC, replace(STATION, hours=shut)) == "closed_that_day"
    assert says(CLINIC, replace(STATION, hours=later)) == "outside_hours"
    assert says(replace(CLINIC, week=(parse_day(["09:30-11:00"]),) * 7), STATION) == "outside_service_hours"
    assert says(replace(CLINIC, slot_minutes=30), STATION) == "slots_changed"
    assert says(replace(CLINIC, offered=False), STATION) == says(None, STATION) == "not_offered"
    assert says(CLINIC, replace(STATION, state="closed")) == says(CLINIC, None) == "station_not_open"
    assert affected(cancel(booked(), "p", NOW, 0), None, None, SHANGHAI) is None
