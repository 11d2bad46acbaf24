"""Who came and who did not: when it may be recorded, by whom, and that it is corrected, written down and told."""

from datetime import timedelta

import pytest

from tests.integration.tickets.administrators import Admin
from tests.integration.tickets.appointments import Office, office
from tests.integration.tickets.conftest import Document, done, refused
from tests.integration.tickets.towns import QUAY, Desk, town

__all__ = ["office", "town"]


def events_of(office: Office, booking: Document) -> list[Document]:
    rows = office.house.db["outbox"].find({"aggregate_id": booking["id"]}).sort("sequence", 1)
    return [{**row["data"], "sequence": row["sequence"], "type": row["type"]} for row in rows]


def test_who_is_called_attended_hours_before_can_still_cancel(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    office.house.clock.step(office.tomorrow - timedelta(hours=3))
    for language, words in (("en", "from 30 minutes before"), ("zh-CN", "开始前 30 分钟")):
        office.head.headers["Accept-Language"] = language
        path, said = f"/api/v1/bookings/{booking['id']}/outcome", {"outcome": "attended"}
        answer = office.house.api.http.post(path, json=said, headers=office.head.headers)
        assert words in refused(answer, 409, "outcome-too-early")["detail"]
    assert done(office.does(office.resident, booking, "cancel"))["state"] == "cancelled"


def test_it_stands_there_who_recorded_and_corrected_it_and_it_is_told_each_time(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    assert booking["recorded"] is None
    office.house.clock.step(office.tomorrow - timedelta(minutes=30))
    for outcome, minutes in (("attended", 0), ("no_show", 40), ("attended", 40)):
        office.house.clock.step(office.tomorrow - timedelta(minutes=30 - minutes))
        done(office.does(office.head, booking, "outcome", outcome=outcome))
    for_staff, for_him = (
        done(who.get(f"/api/v1/bookings/{booking['id']}"))["recorded"] for who in (office.head, office.resident)
    )
    assert (for_staff["by"], for_staff["person_id"]) == ("station", office.head.id)
    assert for_him == {**for_staff, "person_id": None}
    assert for_him["at"].startswith(office.tomorrow.date().isoformat())
    rows = list(Admin(office.town).acts(subject=booking["id"]))[::-1]
    assert [(row["action"], row["by"], row["detail"]["outcome"]) for row in rows] == [
        ("booking-outcome", office.head.id, {"before": before, "after": after})
        for before, after in (("booked", "attended"), ("attended", "no_show"), ("no_show", "attended"))
    ]
    told = events_of(office, booking)
    assert [(one["sequence"], one["former_outcome"], one["outcome"]) for one in told] == [
        (1, None, "attended"), (2, "attended", "no_show"), (3, "no_show", "attended"),
    ]  # fmt: skip
    assert {(one["type"], one["person_id"], one["by"], one["station"]) for one in told} == {
        ("booking.outcome_recorded", office.resident.id, office.head.id, "quay")
    }


def test_it_is_corrected_until_the_day_after(office: Office) -> None:
    booking = done(office.book(office.resident), 201)
    office.house.clock.step(office.tomorrow)
    done(office.does(office.head, booking, "outcome", outcome="no_show"))
    office.house.clock.step(office.tomorrow + timedelta(days=1, hours=14))
    done(office.does(office.head, booking, "outcome", outcome="attended"))
    office.house.clock.step(office.tomorrow + timedelta(days=2))
    refused(office.does(office.head, booking, "outcome", outcome="no_show"), 409, "outcome-stands")
    assert done(office.resident.get(f"/api/v1/bookings/{booking['id']}"))["state"] == "attended"


@pytest.mark.parametrize("outcome", ["attended", "no_show"])
def test_who_cannot_be_served_there_neither_came_nor_stayed_away(office: Office, outcome: str) -> None:
    booking = done(office.book(office.resident), 201)
    done(office.town.move(QUAY, "closed"))
    office.house.clock.step(office.tomorrow)
    answer = refused(office.does(office.head, booking, "outcome", outcome=outcome), 409, "appointment-not-served")
    assert "station_not_open" in answer["detail"]
    seen = done(office.resident.get(f"/api/v1/bookings/{booking['id']}"))
    assert (seen["state"], seen["affected"], events_of(office, booking)) == ("booked", "station_not_open", [])


def test_who_booked_it_at_a_desk_nearby_does_not_say_who_came(office: Office) -> None:
    nearby = Desk(office.town, "grid_worker", f"{office.town.id}-elsewhere/")
    booking = done(office.book(nearby, contact={"name": "李大爷", "telephone": "13812340027"}), 201)
    office.house.clock.step(office.tomorrow)
    refused(office.does(nearby, booking, "outcome", outcome="attended"), 403, "not-allowed")
    done(office.does(office.head, booking, "outcome", outcome="attended"))
