"""Whose appointment can no longer be kept hears of it, once for each cause, however often it is looked through."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.tickets.appointments import Office, load, office
from tests.integration.tickets.conftest import LONG_AGO, Document, done
from tests.integration.tickets.towns import QUAY, town
from tests.support.eventually import eventually

__all__ = ["office", "town"]


def looked_through(office: Office) -> None:
    """Now, rather than when it is due."""
    timers = office.house.db["timers"]
    query = {"kind": "looking-through", "ref.look_at": f"{office.town.id}-quay"}
    timers.update_many(query, {"$set": {"due_at": LONG_AGO}})
    eventually(lambda: timers.count_documents(query) == 0, within=30)


def told(office: Office, booking: Document) -> list[str]:
    rows = office.house.db["outbox"].find({"type": "booking.affected", "aggregate_id": booking["id"]})
    return [row["data"]["cause"] for row in rows.sort("sequence", 1)]


CHANGES: dict[str, tuple[Callable[[Office], Any], str]] = {
    "closed": (lambda o: done(o.town.move(QUAY, "closed")), "station_not_open"),
    "withdrawn": (lambda o: done(o.offer(offered=False)), "not_offered"),
    "other windows": (lambda o: done(o.offer(week={"monday": ["11:00-11:30"]})), "outside_service_hours"),
    "other slots": (lambda o: done(o.offer(slot_minutes=45)), "slots_changed"),
    "loaded hours": (lambda o: load(o, hours={"daily": ["10:00-12:00"]}), "outside_hours"),
    "loaded exception": (
        lambda o: load(o, hours={"daily": ["08:00-12:00"]}, exceptions=[
            {"date": o.tomorrow.date().isoformat(), "closed": True, "reason": "pipe"}]), "closed_that_day"),
    "loaded as closed": (lambda o: load(o, state="closed"), "station_not_open"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_who_was_to_come_is_told_once_of_whatever_change(office: Office, change: str) -> None:
    does, cause = CHANGES[change]
    booking = done(office.book(office.resident), 201)
    by_telephone = done(office.book(office.head, contact={"name": "王小明", "telephone": "13722225679"}), 201)
    looked_through(office)
    assert told(office, booking) == []
    does(office)
    looked_through(office)
    assert told(office, booking) == told(office, by_telephone) == [cause]
    (row,) = office.house.db["outbox"].find({"type": "booking.affected", "aggregate_id": booking["id"]})
    assert row["data"] == {
        "booking_id": booking["id"], "station_id": f"{office.town.id}-quay", "station": "quay",
        "service_id": "clinic", "service_zh": "义诊", "service_en": "Clinic", "start_at": booking["start_at"],
        "end_at": booking["end_at"], "person_id": office.resident.id, "cause": cause,
    }  # fmt: skip
    assert done(office.resident.get(f"/api/v1/bookings/{booking['id']}"))["affected"] == cause


def test_what_is_made_good_is_told_again_when_it_comes_again_and_another_cause_at_once(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    for state, expected in (
        ("closed", ["station_not_open"]), ("open", ["station_not_open"]), ("closed", ["station_not_open"] * 2),
    ):  # fmt: skip
        done(office.town.move(QUAY, state))
        looked_through(office)
        assert told(office, booking) == expected
    done(office.offer(offered=False))
    looked_through(office)
    done(office.town.move(QUAY, "open"))
    looked_through(office)
    assert told(office, booking) == ["station_not_open"] * 2 + ["not_offered"]
    done(office.town.move(QUAY, "closed"))
    looked_through(office)
    assert told(office, booking) == ["station_not_open"] * 2 + ["not_offered"], "of both he was told"
    done(office.offer())
    done(office.town.move(QUAY, "open"))
    looked_through(office)
    done(office.does(office.resident, booking, "cancel"))
    rows = list(office.house.db["outbox"].find({"aggregate_id": booking["id"]}).sort("sequence", 1))
    assert [(row["sequence"], row["type"]) for row in rows[-2:]] == [(3, "booking.affected"), (4, "booking.cancelled")]


def test_who_has_no_place_any_more_is_told_and_who_booked_first_is_not(office: Office) -> None:
    first, second = (done(office.book(who), 201) for who in (office.resident, office.head))
    done(office.offer(capacity=1))
    looked_through(office)
    assert (told(office, first), told(office, second)) == ([], ["too_many_booked"])
    done(office.does(office.resident, first, "cancel"))
    looked_through(office)
    stored = office.house.db["bookings"].find_one({"_id": second["id"]})
    assert stored is not None
    assert (stored["affected_by"], stored["told_of"]) == (None, []), "he has a place again"


def test_who_could_not_be_received_at_the_time_did_not_stay_away_though_it_opens_again(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    done(office.town.move(QUAY, "closed"))
    looked_through(office)
    office.house.clock.step(office.tomorrow)
    done(office.town.move(QUAY, "open"))
    looked_through(office)
    answer = office.does(office.head, booking, "outcome", outcome="no_show")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/appointment-not-served")
    assert told(office, booking) == ["station_not_open"]


def test_looking_through_again_tells_nobody_again(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    done(office.town.move(QUAY, "closed"))
    looked_through(office)
    for _ in range(3):
        key = f"looking-through:{office.town.id}-quay:again"
        office.house.db["timers"].insert_one({
            "_id": key, "kind": "looking-through", "due_at": LONG_AGO, "ref": {"look_at": f"{office.town.id}-quay"},
            "basis": "system", "lane": "effects", "wait_ms": 0, "attempts": 0, "lease": None, "lease_until": None,
            "not_before": None,
        })  # fmt: skip
        looked_through(office)
    assert told(office, booking) == ["station_not_open"]
