"""Who cancels somebody else's appointment: it stands there who, when and why, and who was to come is told."""

from typing import Any

import pytest

from tests.integration.tickets.administrators import Admin
from tests.integration.tickets.appointments import Office, office
from tests.integration.tickets.conftest import Document, done, refused
from tests.integration.tickets.towns import Desk, town
from tests.support.eventually import eventually

__all__ = ["office", "town"]
WORDS = "the doctor is ill"


def event_of(office: Office, booking: Document) -> Document:
    rows = list(office.house.db["outbox"].find({"type": "booking.cancelled", "aggregate_id": booking["id"]}))
    assert len(rows) == 1
    found: Document = rows[0]
    return found


def seen(who: Desk, booking: Document) -> Any:
    return done(who.get(f"/api/v1/bookings/{booking['id']}"))["cancelled"]


def test_staff_say_why_and_it_stands_there_who_it_was(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    assert booking["cancelled"] is None
    answer = refused(office.does(office.head, booking, "cancel"), 422, "cancel-reason-required")
    assert "service_not_possible" in answer["detail"]
    refused(office.does(office.head, booking, "cancel", reason_code="whim"), 422, "invalid-input")
    assert office.does(office.resident, booking, "reveal", reason="x").status_code == 403
    done(office.does(office.head, booking, "cancel", reason_code="no_staff", reason=WORDS))
    for_staff, for_him = seen(office.head, booking), seen(office.resident, booking)
    assert (for_staff["by"], for_staff["person_id"]) == ("station", office.head.id)
    assert for_him == {**for_staff, "person_id": None}
    assert (for_him["reason_code"], for_him["why"], for_him["reason"]) == (
        "no_staff", "nobody of the staff is there", WORDS,
    )  # fmt: skip
    assert for_him["at"].startswith(office.house.clock.now().date().isoformat())
    assert WORDS not in str(office.house.db["bookings"].find_one({"_id": booking["id"]}))
    (mine,) = done(office.resident.get("/api/v1/bookings/mine"))["items"]
    assert mine["cancelled"] == for_him


@pytest.mark.parametrize("role", ["station_head", "street", "district"])
def test_it_stands_in_the_trail_and_is_published_without_words(office: Office, role: str) -> None:
    town = office.town.id
    over = {"station_head": f"/{town}/{town}-street/{town}-community/", "street": f"/{town}/{town}-street/"}
    who, by = Desk(office.town), f"the-{role}"
    who.headers = office.house.tokens.headers((role, over.get(role, f"/{town}/")), person_id=by)
    booking = done(office.book(office.resident), 201)
    done(office.does(who, booking, "cancel", reason_code="station_closed", reason=WORDS))
    (row,) = Admin(office.town).acts(action="booking-cancelled", subject=booking["id"])
    assert (row["by"], row["detail"]["reason_code"]) == (by, "station_closed")
    assert row["detail"]["person_id"] == office.resident.id
    event = event_of(office, booking)
    assert event["data"] == {
        "booking_id": booking["id"], "station_id": f"{office.town.id}-quay", "station": "quay",
        "service_id": "clinic", "service_zh": "义诊", "service_en": "Clinic", "start_at": booking["start_at"],
        "end_at": booking["end_at"], "person_id": office.resident.id, "by": by, "cancelled_by": "station",
        "reason_code": "station_closed",
    }  # fmt: skip
    assert WORDS not in f"{row}{event}"


def test_who_gives_his_own_place_back_owes_no_reason_and_leaves_no_act(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    done(office.does(office.resident, booking, "cancel", reason_code="no_staff"))
    assert seen(office.resident, booking) == seen(office.head, booking) | {"person_id": None}
    assert seen(office.head, booking)["person_id"] == office.resident.id
    assert (seen(office.head, booking)["by"], seen(office.head, booking)["reason_code"]) == ("person", None)
    assert Admin(office.town).acts(action="booking-cancelled") == []
    assert event_of(office, booking)["data"]["cancelled_by"] == "person"


def test_a_program_heard_nobody_and_saw_nobody(office: Office) -> None:
    town = office.town.id
    program, booking = Desk(office.town), done(office.book(office.resident), 201)
    role = ("station_head", f"/{town}/{town}-street/{town}-community/")
    program.headers = office.house.tokens.headers(role, person_id="a-program", kind="service")
    refused(office.does(program, booking, "cancel", reason_code="asked_by_person"), 403, "only-people")
    refused(office.does(program, booking, "outcome", outcome="no_show"), 403, "only-people")
    assert seen(office.head, booking) is None
    done(office.does(program, booking, "cancel", reason_code="no_staff"))


def test_no_feed_tells_where_somebody_is_going_to_be(office: Office) -> None:
    """Who files for a telephone learns whose id it is: by that a partner read when and where its owner was booked."""
    booking = done(office.book(office.resident), 201)
    done(office.does(office.resident, booking, "cancel"))
    published = {"type": "booking.cancelled", "aggregate_id": booking["id"], "position": {"$ne": None}}
    eventually(lambda: office.house.db["outbox"].find_one(published))
    for role in ("partner", "district", "admin"):
        reader = Desk(office.town)
        reader.headers = office.house.tokens.headers((role, f"/{office.town.id}/"), person_id=f"the-{role}")
        refused(reader.get("/api/v1/tickets/events", types="booking.cancelled"), 422, "invalid-input")
        read, after = list[Document](), dict[str, str]()
        while True:
            page = done(reader.get("/api/v1/tickets/events", limit=500, **after))
            read += page["events"]
            if after == {"after": page["cursor"]}:
                break
            after = {"after": page["cursor"]}
        assert read, "the places of the town"
        assert not [one for one in read if one["type"].startswith("booking.")]
