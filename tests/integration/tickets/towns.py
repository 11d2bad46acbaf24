"""Small counties beside the demonstration's, for tests that change stations or ask which is near, and their staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.tickets.conftest import RESIDENT, Document, House, done

_FOUNDED = count()
Grants = tuple[tuple[str, str], ...]
QUAY, CENTRE = "quay", "centre"
"""Stations of a town."""
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


def founded(house: House) -> Town:
    """A new town, far from all others, so that no station of theirs is near."""
    id, south = f"t{uuid4().hex[:8]}", -80 + next(_FOUNDED) / 2
    admin = house.tokens.headers(("admin", f"/{id}/"), person_id=str(uuid4()))  # loads have a bound by person
    assert len(done(house.api.http.post("/api/v1/places", json=places(id, south), headers=admin))["created"]) == 8
    return Town(house, id, {"lat": south, "lon": 111.1460})


@pytest.fixture
def town(house: House) -> Town:
    """Of one test."""
    return founded(house)


class Desk:
    """Somebody of a town's staff, with business time as the test sets it."""

    def __init__(self, town: Town, role: str = "community", within: str = "") -> None:
        self.town, self.id = town, str(uuid4())
        path = f"/{town.id}/{town.id}-street/{town.id}-community/"
        self.headers = town.house.tokens.headers((role, path + within), person_id=self.id)

    def post(self, station: str, deed: str, body: Document | None = None) -> httpx.Response:
        headers = {**self.headers, "Accept-Language": "en", "Idempotency-Key": uuid4().hex}
        path = f"/api/v1/stations/{self.town.id}-{station}/{deed}"
        return self.town.house.api.http.post(path, json=body or {}, headers=headers)

    def get(self, path: str, **params: Any) -> httpx.Response:
        path = path.replace("~", self.town.id)
        return self.town.house.api.http.get(path, params=params, headers={**self.headers, "Accept-Language": "en"})

    def enters(self, begins: datetime, hours: float, station: str = QUAY, **more: Any) -> httpx.Response:
        ends = begins + timedelta(hours=hours)
        body = {"from_at": begins.isoformat(), "until_at": ends.isoformat(), "late_reason": "no_network", **more}
        return self.post(station, "check-ins", body)
