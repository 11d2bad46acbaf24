"""A ticket goes to another grid; a bad rating is followed up one level above."""

from datetime import timedelta

from tests.integration.tickets.conftest import (
    CADRE,
    COMMUNITY,
    HEAD,
    RESIDENT,
    WORKER,
    House,
    done,
    refused,
)
from tests.integration.tickets.photos import attach, uploaded


class TestTransfers:
    def test_a_ticket_is_handed_to_another_grid_and_its_new_staff_see_it(self, house: House) -> None:
        ticket = house.assigned()
        moved = done(house.do(ticket, "transfer", CADRE, {"grid_id": "grid-030", "reason": "other side of the road"}))
        assert (moved["grid_id"], moved["state"], moved["transfers"]) == ("grid-030", "accepted", 1)
        refused(house.get(f"/api/v1/tickets/{ticket['id']}", WORKER), 404, "not-found")
        assert house.events(ticket)[-1]["area_path"] == moved["area_path"]
        assert "road" not in str(house.events(ticket))

    def test_who_has_no_office_there_does_not_hand_it_on(self, house: House) -> None:
        refused(house.do(house.filed(), "transfer", WORKER, {"grid_id": "grid-030", "reason": "r"}), 403, "not-allowed")


class TestCallbacks:
    def test_a_bad_rating_is_followed_up_one_level_above(self, house: House) -> None:
        ticket = house.resolved(urgent=True)
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 2}))
        row = house.db["tickets"].find_one({"parent_id": ticket["id"]})
        assert row is not None
        assert (row["kind"], row["level"], row["owner_id"], row["reporter_id"]) == (
            "callback", "community", CADRE, RESIDENT,
        )  # fmt: skip
        callback = done(house.get(f"/api/v1/tickets/{row['_id']}", CADRE))
        assert callback["parent_id"] == ticket["id"]
        done(house.do(callback, "accept", CADRE))
        done(house.do(callback, "assign", CADRE))
        done(house.do(callback, "resolve", CADRE))

    def test_who_looked_into_a_rating_does_not_put_away_what_is_then_reopened(self, house: House) -> None:
        ticket = house.resolved()
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 1}))
        row = house.db["tickets"].find_one({"parent_id": ticket["id"]})
        assert row is not None
        for deed in ("accept", "assign", "resolve"):
            done(house.do({"id": row["_id"]}, deed, CADRE))
        done(house.do(ticket, "reopen", RESIDENT, {"reason": "again"}))
        refused(house.do(ticket, "reject", CADRE, {"reason": "no"}), 403, "solved-it-before")
        refused(house.do(ticket, "merge", CADRE, {"into": house.filed()["id"]}), 403, "solved-it-before")
        assert house.stored(ticket)["state"] == "accepted"

    def test_who_put_away_what_was_rated_badly_adds_no_photos_to_the_callback(self, house: House) -> None:
        ticket = house.resolved()
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 1}))
        row = house.db["tickets"].find_one({"parent_id": ticket["id"]})
        assert row is not None
        callback = {"id": row["_id"]}
        done(attach(house, callback, HEAD, uploaded(house, HEAD)))
        done(house.do(ticket, "reopen", RESIDENT, {"reason": "again"}))
        done(house.do(ticket, "reject", HEAD, {"reason": "no"}))
        refused(attach(house, callback, HEAD, uploaded(house, HEAD)), 403, "rated-oneself")

    def test_what_was_lifted_to_the_district_is_followed_up_there(self, house: House) -> None:
        """Solved by the worker; who lifted it from his level, and so ended that level's time, has a part in it too."""
        ticket = house.assigned(kind="wish")
        for role, path in (("community", COMMUNITY), ("street", "/hequ/qingxi/"), ("district", "/hequ/")):
            signed = house.tokens.headers((role, path), person_id=f"an-officer-of-the-{role}")
            lifted = house.api.http.post(f"/api/v1/tickets/{ticket['id']}/escalate", json={"reason": "r"},
                                         headers=signed)  # fmt: skip
            assert done(lifted)["level"] == role
        done(house.do(ticket, "resolve", WORKER))
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 1}))
        row = house.db["tickets"].find_one({"parent_id": ticket["id"]})
        assert row is not None
        rated = [WORKER, "an-officer-of-the-district", "an-officer-of-the-street"]
        assert (row["level"], row["history"][0]["detail"]["rated"]) == ("district", rated)
        refused(house.do({"id": row["_id"]}, "resolve", CADRE), 403, "beneath-its-level")

    def test_what_the_street_took_in_hand_is_followed_up_above_it(self, house: House) -> None:
        ticket = house.filed(kind="wish")
        signed = house.tokens.headers(("street", "/hequ/qingxi/"), person_id="an-officer")
        for deed in ("accept", "assign", "resolve"):
            done(house.api.http.post(f"/api/v1/tickets/{ticket['id']}/{deed}", json={}, headers=signed))
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 1}))
        row = house.db["tickets"].find_one({"parent_id": ticket["id"]})
        assert row is not None
        assert row["level"] == "district"
        said = {"on_behalf": "telephone"}
        refused(house.do({"id": row["_id"]}, "cancel", CADRE, said), 403, "beneath-its-level")

    def test_a_good_one_is_not(self, house: House) -> None:
        ticket = house.resolved(urgent=True)
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 3}))
        assert house.db["tickets"].count_documents({"parent_id": ticket["id"]}) == 0

    def test_nobody_files_one_and_residents_file_no_visits(self, house: House) -> None:
        refused(house.file(WORKER, kind="callback"), 403, "kind-not-filed-by-you")
        refused(house.file(kind="visit", promised_for=_ahead(house, 1)), 403, "kind-not-filed-by-you")


def _days_later(house: House, days: int) -> str:
    return (house.clock.now() + timedelta(days=days)).date().isoformat()


def _ahead(house: House, days: int) -> str:
    return f"{_days_later(house, days)}T10:00:00+08:00"
