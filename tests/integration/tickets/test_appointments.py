"""Appointments over HTTP: slots and free places, never more bookings than places, who came, what is erased."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from services.tickets.storage.appointments import holding
from tests.integration.tickets.appointments import CALLER, CLINIC, Office, load, office, resident
from tests.integration.tickets.conftest import House, done, refused
from tests.integration.tickets.retention import the_hour_comes
from tests.integration.tickets.towns import CENTRE, QUAY, Desk, town
from tests.support.eventually import eventually

__all__ = ["office", "town"]


def test_free_places_are_shown_by_slot_and_a_booking_takes_one(office: Office) -> None:
    assert office.free() == [2, 2, 2, 2], "09:00 to 11:15 holds four whole slots of 30 minutes"
    booking = done(office.book(office.resident), 201)
    assert (booking["state"], booking["service"], booking["affected"]) == ("booked", "Clinic", None)
    assert booking["booked_by"] is None, "told to staff alone"
    assert office.free() == [1, 2, 2, 2]
    assert done(office.resident.get("/api/v1/bookings/mine"))["items"] == [booking]
    assert done(office.resident.get(f"/api/v1/bookings/{booking['id']}")) == booking


def test_slots_are_asked_for_by_service(office: Office) -> None:
    tea = office.clinic.replace("clinic", "tea")
    done(office.house.api.http.put(tea, json={**CLINIC, "slot_minutes": 60}, headers=office.head.headers))
    path, day = "/api/v1/stations/~-quay/slots", office.tomorrow.date().isoformat()
    both, one = (done(office.resident.get(path, date=day, **more)) for more in ({}, {"service": "tea"}))
    assert [service["service_id"] for service in both["services"]] == ["clinic", "tea"]
    assert (one["services"], one["free"], both["free"]) == (both["services"][1:], 4, 12)
    answer = refused(office.resident.get(path, date=day, service="bath"), 422, "no-such-service")
    assert "clinic" in answer["detail"]
    assert "tea" in answer["detail"]


def test_the_places_of_a_slot_are_never_exceeded_by_many_at_once_over_two_processes(office: Office) -> None:
    done(office.offer(capacity=5))
    second = office.house.processes.start("tickets", "http")
    try:
        people = [resident(office) for _ in range(24)]
        body = {"service_id": "clinic", "start_at": office.tomorrow.isoformat()}

        def books(number: int) -> int:
            client = (office.house.api, second)[number % 2].http
            headers = {**people[number].headers, "Idempotency-Key": uuid4().hex}
            path = f"/api/v1/stations/{office.town.id}-quay/bookings"
            return client.post(path, json=body, headers=headers, timeout=60).status_code

        with ThreadPoolExecutor(24) as hands:
            codes = list(hands.map(books, range(24)))
    finally:
        office.house.processes.stop(second)
    assert sorted(codes) == [201] * 5 + [409] * 19
    assert office.house.db["bookings"].count_documents({"station_id": f"{office.town.id}-quay"}) == 5
    assert office.free()[0] == 0
    assert "All 5 places" in refused(office.book(office.resident), 409, "slot-full")["detail"]


def test_one_person_has_one_place_in_a_slot_also_when_asking_many_times_at_once(office: Office) -> None:
    with ThreadPoolExecutor(6) as hands:
        answers = list(hands.map(lambda _: office.book(office.resident), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    refused(office.book(office.resident), 409, "booked-already")
    done(office.book(office.resident, office.tomorrow + timedelta(minutes=30)), 201)


def test_a_request_that_comes_again_books_once(office: Office) -> None:
    path = f"/api/v1/stations/{office.town.id}-quay/bookings"
    body = {"service_id": "clinic", "start_at": office.tomorrow.isoformat()}
    headers = {**office.resident.headers, "Idempotency-Key": uuid4().hex}
    first, again = (office.house.api.http.post(path, json=body, headers=headers) for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert office.free()[0] == 1


def test_staff_book_for_who_calls_masked_and_revealed_with_a_record(office: Office) -> None:
    booking = done(office.book(office.head, contact=CALLER), 201)
    assert booking["person_id"] not in (office.head.id, None)
    assert booking["booked_by"] == office.head.id
    assert booking["contact"] == {"name": "王**", "telephone": "137****5678"}
    refused(office.book(office.head, contact=CALLER), 409, "booked-already")
    refused(office.book(office.head, contact={"name": "王小明"}), 422, "telephone-required")
    refused(office.book(office.head, contact={"telephone": "12"}), 422, "telephone-malformed")
    assert office.listed(**{"from": office.tomorrow.date().isoformat()}) == [booking]
    assert done(office.does(office.head, booking, "reveal", reason="to call")) == CALLER
    refused(office.does(office.resident, booking, "reveal", reason="curious"), 403, "not-allowed")
    refused(office.resident.get(f"/api/v1/bookings/{booking['id']}"), 404, "not-found")
    (shown,) = office.house.db["reveals"].find({"booking_id": booking["id"]})
    assert (shown["by"], "to call" in shown["reason"]) == (office.head.id, False)
    row = office.house.db["bookings"].find_one({"_id": booking["id"]})
    assert not any(word in str(row) for word in CALLER.values())


def test_cancelling_frees_the_place_until_the_services_time_before(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    refused(office.does(resident(office), booking, "cancel"), 404, "not-found")
    assert done(office.does(office.resident, booking, "cancel"))["state"] == "cancelled"
    assert office.free()[0] == 2
    refused(office.does(office.resident, booking, "cancel"), 409, "booking-not-open")
    again = done(office.book(office.resident), 201)
    office.house.clock.step(office.tomorrow - timedelta(minutes=59))
    refused(office.does(office.resident, again, "cancel"), 409, "too-late-to-cancel")
    assert done(office.does(office.head, again, "cancel", reason_code="no_staff"))["state"] == "cancelled"


def test_a_service_that_is_changed_takes_no_cancelling_from_who_has_booked(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    done(office.offer(cancel_minutes=20_160))
    later = done(office.book(office.resident, office.tomorrow + timedelta(minutes=30)), 201)
    assert (booking["cancel_minutes"], later["cancel_minutes"]) == (60, 20_160)
    refused(office.does(office.resident, later, "cancel"), 409, "too-late-to-cancel")
    office.house.clock.step(office.tomorrow - timedelta(minutes=60))
    assert done(office.does(office.resident, booking, "cancel"))["state"] == "cancelled"


def test_a_place_given_back_many_times_at_once_is_free_once(office: Office) -> None:
    done(office.offer(capacity=1))
    booking, others = done(office.book(office.resident), 201), [resident(office) for _ in range(4)]
    refused(office.book(others[0]), 409, "slot-full")
    with ThreadPoolExecutor(8) as hands:
        cancels = [hands.submit(office.does, office.resident, booking, "cancel") for _ in range(4)]
        assert sorted(cancel.result().status_code for cancel in cancels) == [200, 409, 409, 409]
        codes = [answer.status_code for answer in hands.map(office.book, others)]
    assert sorted(codes) == [201, 409, 409, 409]
    refused(office.does(office.resident, booking, "cancel"), 409, "booking-not-open")
    refused(office.book(office.resident), 409, "slot-full")


def test_who_cancels_while_staff_record_him_is_one_or_the_other(office: Office) -> None:
    done(office.offer(cancel_minutes=0))
    booking = done(office.book(office.resident), 201)
    office.house.clock.step(office.tomorrow - timedelta(minutes=20))
    with ThreadPoolExecutor(2) as hands:
        cancelled = hands.submit(office.does, office.resident, booking, "cancel")
        came = hands.submit(office.does, office.head, booking, "outcome", outcome="attended")
        assert sorted((cancelled.result().status_code, came.result().status_code)) == [200, 409]
    state = done(office.resident.get(f"/api/v1/bookings/{booking['id']}"))["state"]
    assert (office.free()[0], state) in [(2, "cancelled"), (1, "attended")]


def test_staff_record_who_came_and_who_did_not(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    for outcome in ("attended", "no_show"):
        refused(office.does(office.head, booking, "outcome", outcome=outcome), 409, "outcome-too-early")
    refused(office.does(office.resident, booking, "outcome", outcome="attended"), 403, "not-allowed")
    office.house.clock.step(office.tomorrow)
    assert done(office.does(office.head, booking, "outcome", outcome="no_show"))["state"] == "no_show"
    assert done(office.does(office.head, booking, "outcome", outcome="attended"))["state"] == "attended", "he was late"
    refused(office.does(office.head, booking, "outcome", outcome="attended"), 409, "booking-not-open")


def test_what_cannot_be_booked_is_refused_with_its_reason(office: Office) -> None:
    def says(slug: str, at: datetime, status: int = 422, **more: Any) -> None:
        refused(office.book(office.resident, at, **more), status, slug)

    says("appointment-in-past", office.now)
    says("appointment-too-far", office.tomorrow + timedelta(days=7))
    says("no-such-slot", office.tomorrow + timedelta(minutes=10))
    says("no-such-slot", office.tomorrow + timedelta(hours=2))
    says("no-such-service", office.tomorrow, service_id="tea")
    says("invalid-input", office.tomorrow, contact={"email": "a@example.org"})
    says("no-such-service", office.tomorrow, station=CENTRE)
    done(office.offer(offered=False))
    says("appointment-not-offered", office.tomorrow, 409)
    done(office.offer())
    done(office.town.move(QUAY, "closed"))
    says("station-not-open", office.tomorrow, 409)
    assert office.free() == []
    assert office.house.db["bookings"].count_documents({"station_id": f"{office.town.id}-quay"}) == 0


def test_on_a_holiday_of_the_station_nothing_can_be_booked(office: Office) -> None:
    day = office.tomorrow.date().isoformat()
    load(office, hours={"daily": ["08:00-12:00"]}, exceptions=[{"date": day, "closed": True, "reason": "holiday"}])
    refused(office.book(office.resident), 422, "station-closed-that-day")
    assert office.free() == []


def test_bookings_that_no_longer_fit_are_listed_as_affected_and_not_lost(office: Office) -> None:
    done(office.book(office.resident), 201)
    late = done(office.book(office.resident, office.tomorrow + timedelta(minutes=90)), 201)
    assert office.affected() == [None, None]
    load(office, hours={"daily": ["08:00-10:30"]})
    assert office.affected() == [None, "outside_hours"]
    assert done(office.resident.get("/api/v1/bookings/mine"))["items"][0]["affected"] == "outside_hours"
    done(office.does(office.resident, late, "cancel"))
    assert office.affected() == [None, None], "what was cancelled needs nobody's care"
    done(office.offer(week={"monday": ["09:00-10:00"]}, offered=False))
    assert office.affected() == ["not_offered", None]
    done(office.town.move(QUAY, "closed"))
    assert office.affected() == ["station_not_open", None]


def test_the_time_of_a_booking_is_not_given_away_again_when_the_slots_change(office: Office) -> None:
    """09:00 to 09:30 with one place; then slots of a quarter of an hour: 09:15 is full, until it is cancelled."""
    done(office.offer(capacity=1))
    booking = done(office.book(office.resident), 201)
    done(office.offer(capacity=1, slot_minutes=15))
    quarter_past = office.tomorrow + timedelta(minutes=15)
    assert office.free()[:3] == [0, 0, 1]
    refused(office.book(resident(office), quarter_past), 409, "slot-full")
    refused(office.book(office.resident, quarter_past), 409, "booked-already")
    assert office.affected() == ["slots_changed"]
    done(office.does(office.resident, booking, "cancel"))
    with ThreadPoolExecutor(6) as hands:
        codes = [one.status_code for one in hands.map(lambda who: office.book(who, quarter_past),
                                                      [resident(office) for _ in range(6)])]  # fmt: skip
    assert sorted(codes) == [201] + [409] * 5
    done(office.offer(capacity=1))
    refused(office.book(resident(office)), 409, "slot-full")


def test_who_books_while_the_slots_change_gets_no_place_that_another_has(office: Office) -> None:
    done(office.offer(capacity=1))
    others = [resident(office) for _ in range(8)]
    with ThreadPoolExecutor(9) as hands:
        changed = hands.submit(office.offer, capacity=1, slot_minutes=15)
        ahead = [timedelta(), timedelta(minutes=15)] * 4
        answers = list(
            hands.map(lambda one: office.book(one[0], office.tomorrow + one[1]), zip(others, ahead, strict=True))
        )
        done(changed.result())
    standing = [answer.json() for answer in answers if answer.status_code == 201]
    spans = sorted((one["start_at"], one["end_at"]) for one in standing)
    assert all(ends <= begins for (_, ends), (begins, _) in itertools.pairwise(spans)), spans
    assert spans


def test_a_service_is_offered_within_the_opening_hours_and_changed_by_one_at_a_time(office: Office) -> None:
    refused(office.offer(week={"monday": ["11:00-13:00"]}), 422, "appointment-hours-outside")
    refused(office.offer(office.resident), 403, "not-allowed")
    for field, more in (
        ("/capacity", {"capacity": 0}), ("/slot_minutes", {"slot_minutes": "30"}),
        ("/name/en", {"name": {"zh-CN": "x"}}),
        ("/week/monday", {"week": {"monday": ["9-10"]}}), ("/week/monday", {"week": {"monday": ["10:00-09:00"]}}),
    ):  # fmt: skip
        body = refused(office.offer(**more), 422, "invalid-input")
        assert [error["pointer"].removesuffix("/0") for error in body["errors"]] == [field]
    (offered,) = done(office.resident.get("/api/v1/stations/~-quay/appointment-services"))["services"]
    assert (offered["capacity"], offered["week"]["monday"]) == (2, ["09:00-11:15"])
    path, headers = office.clinic, {**office.head.headers, "If-Match": '"1"'}
    refused(office.house.api.http.put(path, json=CLINIC, headers=office.head.headers), 428, "if-match-required")
    with ThreadPoolExecutor(2) as hands:
        answers = list(hands.map(
            lambda many: office.house.api.http.put(path, json={**CLINIC, "capacity": many}, headers=headers), (3, 4)
        ))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    refused(office.resident.get(path.replace("clinic", "tea")), 404, "not-found")


def test_bookings_are_listed_by_slot_a_page_at_a_time(office: Office) -> None:
    minutes = (90, 0, 30)
    made = [done(office.book(office.resident, office.tomorrow + timedelta(minutes=m)), 201) for m in minutes]
    day = {"from": office.tomorrow.date().isoformat()}
    path = "/api/v1/stations/~-quay/bookings"
    page = done(office.head.get(path, limit=1, **day))
    found = page["items"]
    while page["next"]:
        page = done(office.head.get(path, limit=1, **day, cursor=page["next"]))
        found += page["items"]
    assert found == [{**made[number], "booked_by": office.resident.id} for number in (1, 2, 0)]
    assert office.listed() == [], "today nobody comes"
    refused(office.resident.get(path), 403, "not-allowed")
    bad = refused(office.head.get(path, **day, to="2020-01-01"), 422, "invalid-input")
    assert [error["parameter"] for error in bad["errors"]] == ["to"]


def test_after_400_days_an_appointment_has_lost_name_and_telephone(office: Office) -> None:
    office_db = office.house.db
    old = done(office.book(office.head, contact={**CALLER, "telephone": "13700000401"}), 201)
    young = done(office.book(office.head, contact={**CALLER, "telephone": "13700000402"}), 201)
    done(office.does(office.head, old, "reveal", reason="to call"))
    since = office.house.clock.now() - timedelta(days=401)
    office_db["bookings"].update_one({"_id": old["id"]}, {"$set": {"personal_since": since}})
    assert office.house.processes.cli("personal", "status", check=False).returncode == 1
    the_hour_comes(office.house)
    eventually(lambda: not office_db["bookings"].count_documents(holding(old["person_id"])))
    assert office_db["people"].count_documents({"person_id": old["person_id"]}) == 0
    assert [row["reason"] for row in office_db["reveals"].find({"booking_id": old["id"]})] == [None]
    assert office_db["bookings"].count_documents(holding(young["person_id"])) == 1
    assert done(office.head.get(f"/api/v1/bookings/{old['id']}"))["contact"] == {"name": None, "telephone": None}


def test_bookings_are_found_by_an_index(house: House) -> None:
    for name, query, order in (
        ("bookings", {"station_id": "s", "position": {"$gte": "2026", "$lt": "2027"}}, "position"),
        ("bookings", {"person_id": "p"}, "position"),
        ("bookings", holding("p"), "_id"),
        ("bookings", {"personal_since": {"$lte": house.clock.now()}}, "personal_since"),
        ("slots", {"station_id": "s", "day": "2026-03-02"}, "_id"),
        ("appointables", {"station_id": "s"}, "_id"),
    ):
        plan = str(house.db[name].find(query).sort(order, 1).explain()["queryPlanner"]["winningPlan"])
        assert ("IXSCAN" in plan, "COLLSCAN" in plan) == (True, False), query


def test_who_comes_is_shown_to_the_stations_own_staff_and_not_to_those_of_the_next(office: Office) -> None:
    """Those at a desk nearby book for whom they speak to, and cancel that alone."""
    nearby, day = Desk(office.town, "grid_worker", f"{office.town.id}-elsewhere/"), office.tomorrow.date().isoformat()
    theirs = done(office.book(office.resident, contact={"name": "王阿姨", "telephone": "13812340021"}), 201)
    listed = nearby.get("/api/v1/stations/~-quay/bookings", **{"from": day})
    assert listed.status_code == 404, listed.text
    for deed, body in (("reveal", {"reason": "curious"}), ("cancel", {}), ("outcome", {"outcome": "attended"})):
        assert office.does(nearby, theirs, deed, **body).status_code == 404
    passed_on = done(office.book(nearby, contact={"name": "李大爷", "telephone": "13812340022"}), 201)
    assert done(office.does(nearby, passed_on, "cancel", reason_code="asked_by_person"))["state"] == "cancelled"
    assert done(office.does(office.head, theirs, "reveal", reason="asks"))["telephone"] == "13812340021"
