"""Stations over HTTP: what they are, which is nearest and open, and what becomes of tickets when one closes."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.tickets.conftest import RESIDENT, START, House, done, refused

TOWNS = count()
Grants = tuple[tuple[str, str], ...]
OTHER: Grants = (("community", "/hequ/qingxi/qingyuan/"),)
MORNING = "2026-03-02T09:00:00+08:00"


@dataclass(frozen=True)
class Town:
    """A county of its own beside the demonstration's, for one test; `id` stands before the ids of its places."""

    house: House
    id: str
    quay: Mapping[str, float]

    @property
    def director(self) -> Grants:
        return (("community", f"/{self.id}/{self.id}-street/{self.id}-community/"),)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.house.get(path.replace("~", self.id), None, **params)

    def move(self, station: str, state: str, grants: Grants | None = None, seen: str = "*") -> httpx.Response:
        signed = self.house.tokens.headers(*(self.director if grants is None else grants))
        path = f"/api/v1/stations/{self.id}-{station}/state"
        return self.house.api.http.post(
            path, json={"state": state}, headers={**signed, "Accept-Language": "en", "If-Match": seen}
        )

    def near(self, **params: Any) -> httpx.Response:
        return self.get("/api/v1/stations/nearest", **{**self.quay, "at": MORNING, **params})

    def nearest(self, **params: Any) -> list[tuple[str | None, int]]:
        found = done(self.near(**params))["stations"]
        return [(self.short(one["station"]["id"]), one["distance_metres"]) for one in found]

    def filed(self) -> dict[str, Any]:
        said = {"kind": "request", "compound_id": f"{self.id}-compound", "description": "the quay is dark"}
        return done(self.house.post("/api/v1/tickets", RESIDENT, said, **{"Idempotency-Key": uuid4().hex}), 201)

    def short(self, id: str | None) -> str | None:
        return id.removeprefix(f"{self.id}-") if id else None


def station(town: str, id: str, lat: float, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{town}-{id}", "name": id, "grid": f"{town}-grid", "hours": {"daily": ["08:00-12:00"]},
        "position": {"lat": lat, "lon": 111.1460}, **more,
    }  # fmt: skip


def places(id: str, south: float) -> dict[str, Any]:
    centre = f"{id}-centre"
    stations = [
        station(id, "centre", south + 0.0090, type="comprehensive", hours={"daily": ["08:00-20:00"]}),
        station(id, "quay", south + 0.0010, parent=centre, compounds=[f"{id}-compound"], type="village_joint",
                zones=["议事区"], facilities=["血压计"], speciality="渔家议事"),
        station(id, "plan", south + 0.0001, state="planned", hours={}, parent=centre),
    ]  # fmt: skip
    compound = {
        "id": f"{id}-compound", "name": "Compound", "grids": [f"{id}-grid"],
        "position": {"lat": south, "lon": 111.1460},
    }  # fmt: skip
    community = {
        "id": f"{id}-community", "name": "Community", "grids": [{"id": f"{id}-grid", "name": "Grid"}],
        "compounds": [compound], "stations": stations,
    }  # fmt: skip
    return {
        "county": {"id": id, "name": "Portville"}, "levels": {"street": "镇"},
        "streets": [{"id": f"{id}-street", "name": "Street", "communities": [community]}],
    }  # fmt: skip


@pytest.fixture
def town(house: House) -> Town:
    """Far from the towns of the other tests, so that no station of theirs is near."""
    return founded(house, -80 + next(TOWNS) / 2)


def founded(house: House, south: float) -> Town:
    """A town whose compound lies at this latitude."""
    id = f"t{uuid4().hex[:8]}"
    admin = house.tokens.headers(("admin", f"/{id}/"))
    assert len(done(house.api.http.post("/api/v1/places", json=places(id, south), headers=admin))["created"]) == 8
    return Town(house, id, {"lat": south, "lon": 111.1460})


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
