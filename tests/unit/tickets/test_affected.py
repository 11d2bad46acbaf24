"""Which appointments of a day can no longer be kept: for all at once the same as for each, and each cause told once."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts import bookings
from services.tickets.domain.affected import causes_of_day, noticed, without_place
from services.tickets.domain.appointments import (
    ATTENDED,
    CANCELLED,
    CAUSES,
    Appointable,
    Booking,
    affected,
    has_place,
    slots_on,
)
from services.tickets.domain.hours import Exceptional, parse_day
from services.tickets.domain.outcomes import unserved_by
from tests.unit.tickets.appointments import CLINIC, HOURS, MONDAY, NOW, STATION, booked
from tests.unit.tickets.stories import SHANGHAI, at

TEA = replace(CLINIC, id="tea", slot_minutes=20, capacity=1)


def crowd(seed: int) -> list[Booking]:
    """Bookings of two services by slots of three lengths, some of which have come already."""
    rng, made = random.Random(seed), []
    for number in range(60):
        service = rng.choice([CLINIC, TEA, replace(CLINIC, slot_minutes=20)])
        slot = rng.choice(slots_on(service, STATION, MONDAY, SHANGHAI))
        at_moment = NOW - timedelta(minutes=rng.randrange(40))
        state = ATTENDED if rng.random() < 0.1 else "booked"
        made.append(Booking(f"b{number:02}", slot, f"p{number}", "p", at_moment, None, state=state))
    return made


STATIONS = {
    "as it is": STATION, "closed": replace(STATION, state="closed"), "gone": None,
    "shut": replace(STATION, hours=replace(HOURS, exceptions={MONDAY: Exceptional((), "pipe")})),
    "later": replace(STATION, hours=replace(HOURS, exceptions={MONDAY: Exceptional(parse_day(["10:00-12:00"]), "x")})),
}  # fmt: skip
SERVICES: dict[str, list[Appointable]] = {
    "as they are": [CLINIC, TEA], "many places": [replace(CLINIC, capacity=200), TEA], "one is gone": [CLINIC],
    "withdrawn": [replace(CLINIC, offered=False), TEA],
    "fewer hours": [replace(CLINIC, week=(parse_day(["09:30-11:30"]),) * 7), TEA],
}  # fmt: skip


@pytest.mark.parametrize("station", STATIONS)
@pytest.mark.parametrize("services", SERVICES)
def test_for_all_of_a_day_it_is_the_same_as_for_each(station: str, services: str) -> None:
    where, offered = STATIONS[station], {one.id: one for one in SERVICES[services]}
    for seed in range(5):
        day = crowd(seed)
        each = {one.id: affected(one, offered.get(one.slot.service_id), where, SHANGHAI, day) for one in day}
        found = causes_of_day(day, offered, where, MONDAY, SHANGHAI)
        assert found == {one.id: each[one.id] for one in day if one.state != ATTENDED}


def test_who_has_no_place_is_the_same_as_for_each() -> None:
    for seed in range(20):
        day = [one for one in crowd(seed) if one.slot.service_id == "clinic"]
        for capacity in (1, 2, 5):
            lost = {one.id for one in day if not has_place(one, capacity, day)}
            assert without_place(day, capacity) == lost


def test_each_cause_is_told_once_until_it_is_made_good() -> None:
    one, said = booked(), []
    for cause in ("not_offered", "not_offered", "outside_hours", "not_offered", None, None, "not_offered"):
        one, news = noticed(one, cause)
        assert one.affected_by == cause
        said.append(news)
    assert said == [True, False, True, False, False, False, True]
    assert bookings.CAUSES == CAUSES


def test_whether_somebody_was_served_is_asked_as_it_was_at_the_time() -> None:
    closed, found = replace(STATION, state="closed"), replace(booked(), affected_by="station_not_open")
    before, during, after = (at(f"2026-03-02 {time}") for time in ("08:45", "09:15", "11:00"))
    assert [unserved_by(booked(), CLINIC, closed, now, SHANGHAI) for now in (before, during, after)] == [
        "station_not_open", "station_not_open", None,
    ], "what closed afterwards served him before"  # fmt: skip
    assert [unserved_by(found, CLINIC, STATION, now, SHANGHAI) for now in (before, during, after)] == [
        None, "station_not_open", "station_not_open",
    ], "what opens again did not serve him before"  # fmt: skip
    assert unserved_by(replace(booked(), state=CANCELLED), CLINIC, closed, during, SHANGHAI) is None
