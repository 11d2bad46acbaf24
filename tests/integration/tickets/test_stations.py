"""Stations over HTTP: what they are, which is nearest and open, and what becomes of tickets when one closes."""

from typing import Any

import pytest

from tests.integration.tickets.conftest import START, House, done, refused
from tests.integration.tickets.towns import Grants, Town, town

__all__ = ["town"]
OTHER: Grants = (("community", "/hequ/qingxi/qingyuan/"),)


def test_a_station_is_shown_with_all_that_it_is(town: Town) -> None:
    shown = done(town.get("/api/v1/stations/~-quay"))
    assert (shown["state"], shown["type"], shown["type_name"]) == ("open", "village_joint", "村社联动")
    assert (town.short(shown["parent"]), shown["speciality"]) == ("centre", "渔家议事")
    assert (shown["zones"], shown["facilities"]) == (["议事区"], ["血压计"])
    assert shown["position"] == {"lat": pytest.approx(town.quay["lat"] + 0.001), "lon": 111.146}
    assert done(town.get("/api/v1/areas/~-street"))["level_name"] == "镇"
    assert done(town.get("/api/v1/areas/~-grid"))["level_name"] == "网格"
    assert done(town.get("/api/v1/areas/~-compound"))["position"] == town.quay


def test_stations_are_listed_by_state_type_and_centre(town: Town) -> None:
    def ids(**params: str) -> list[str | None]:
        found = done(town.get("/api/v1/stations", under=f"/{town.id}/", **params))["items"]
        return [town.short(one["id"]) for one in found]

    assert ids(state="planned") == ["plan"]
    assert ids(type="comprehensive") == ["centre"]
    assert ids(parent=f"{town.id}-centre") == ["plan", "quay"]
    refused(town.get("/api/v1/stations", state="ruined"), 422, "invalid-input")


def test_what_was_loaded_before_there_were_states_is_open(house: House) -> None:
    shown = done(house.get("/api/v1/stations/station-001", None))
    assert (shown["state"], shown["parent"], shown["position"]) == ("open", None, None)


def test_the_nearest_station_is_the_nearest_that_is_open_at_the_instant(town: Town) -> None:
    assert town.nearest(limit=2) == [("quay", 111), ("centre", 1001)]
    found = done(town.near(limit=1))["stations"]
    assert [(one["open_until"], one["walking_minutes"]) for one in found] == [("2026-03-02T12:00:00+08:00", 2)]
    assert town.nearest(at="2026-03-02T19:00:00+08:00", limit=1) == [("centre", 1001)]
    late = town.nearest(at="2026-03-02T22:00:00+08:00", limit=20)
    assert not {"quay", "centre", "plan"} & {id for id, _ in late}


def test_without_an_instant_it_is_now(town: Town) -> None:
    answer = done(town.get("/api/v1/stations/nearest", **town.quay))
    assert answer["at"] >= START.isoformat()


@pytest.mark.parametrize(
    ("params", "field"),
    [({"lat": 91}, "lat"), ({"lon": "east"}, "lon"), ({"lat": "nan"}, "lat"), ({"at": "2026-03-02T09:00:00"}, "at"),
     ({"limit": 21}, "limit"), ({"metres": 5}, "metres")],
)  # fmt: skip
def test_a_wrong_position_is_refused_by_field(town: Town, params: dict[str, Any], field: str) -> None:
    body = refused(town.near(**params), 422, "invalid-input")
    assert [error["parameter"] for error in body["errors"]] == [field]


def test_a_ticket_of_a_compound_goes_to_the_centre_while_its_station_is_closed(town: Town) -> None:
    def filed_at() -> str | None:
        ticket = town.filed()
        assert town.short(ticket["grid_id"]) == "grid"
        return town.short(ticket["station_id"])

    assert filed_at() == "quay"
    assert done(town.move("quay", "closed"))["state"] == "closed"
    assert filed_at() == "centre"
    done(town.move("centre", "closed"))
    assert filed_at() is None
    told = town.house.db["outbox"].find({"type": "station.defined", "aggregate_id": f"{town.id}-quay"})
    assert [row["data"]["place"]["state"] for row in told.sort("sequence")] == ["open", "closed"]
    assert done(town.move("quay", "open"))["state"] == "open"
    assert filed_at() == "quay"


def test_a_closed_station_is_near_to_nobody(town: Town) -> None:
    done(town.move("quay", "closed"))
    assert town.nearest(limit=1) == [("centre", 1001)]


def test_a_state_that_cannot_follow_is_refused_and_changes_nothing(town: Town) -> None:
    body = refused(town.move("plan", "open"), 409, "station-state-cannot-follow")
    assert "building, closed" in body["detail"]
    done(town.move("plan", "building"))
    refused(town.move("plan", "open"), 409, "station-never-open")
    assert done(town.get("/api/v1/stations/~-plan"))["state"] == "building"


def test_of_two_who_move_a_station_at_once_one_is_told_what_changed(town: Town) -> None:
    seen = town.get("/api/v1/stations/~-quay").headers["ETag"]
    done(town.move("quay", "closed", seen=seen))
    refused(town.move("quay", "closed", seen=seen), 412, "stale")


def test_only_those_above_a_station_move_it(town: Town) -> None:
    refused(town.move("quay", "closed", OTHER), 404, "not-found")
    refused(town.move("quay", "closed", (("grid_worker", f"/{town.id}/"),)), 403, "not-allowed")
    refused(town.move("compound", "closed"), 404, "not-found")
    assert done(town.get("/api/v1/stations/~-quay"))["state"] == "open"
