"""Places, calendars and bad input over HTTP."""

from typing import Any
from uuid import uuid4

import pytest
import yaml

from tests.integration.tickets.conftest import COUNTY, WORKER, House, an_address, done, refused

ADMIN = (("admin", "/hequ/"),)


@pytest.fixture(scope="module")
def county() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(COUNTY.read_text(encoding="utf-8"))
    for street in data["streets"]:
        for community in street["communities"]:
            for station in community["stations"]:
                station["exceptions"] = [{**one, "date": str(one["date"])} for one in station["exceptions"]]
    return data


def load(house: House, data: Any, grants: Any = ADMIN, **params: str) -> Any:
    headers = {**house.tokens.headers(*grants), "Accept-Language": "en"}
    return house.api.http.post("/api/v1/places", json=data, params=params, headers=headers)


def test_the_county_that_the_command_loaded_is_unchanged_when_sent_again(house: House, county: dict[str, Any]) -> None:
    told = {"type": {"$in": ["area.defined", "station.defined"]}, "area_path": {"$regex": "^/hequ/"}}
    before = house.db["outbox"].count_documents(told)
    assert before == 260
    report = done(load(house, county))
    assert (report["created"], report["changed"], report["unchanged"]) == ([], [], 260)
    assert house.db["outbox"].count_documents(told) == before


def test_a_dry_run_changes_nothing(house: House, county: dict[str, Any]) -> None:
    data = {**county, "county": {"id": "hequ", "name": "Another name"}}
    assert done(load(house, data, dry_run="true"))["changed"] == ["hequ"]
    assert done(house.get("/api/v1/areas/hequ", None))["name"] == "河曲县(演示)"


def test_wrong_places_are_refused_by_field_and_nothing_changes(house: House, county: dict[str, Any]) -> None:
    data = {**county, "streets": [{"id": "new-street", "name": "", "communities": "none"}]}
    body = refused(load(house, data), 422, "bad-places")
    assert {error["pointer"] for error in body["errors"]} == {"/streets/0/name", "/streets/0/communities"}
    refused(house.get("/api/v1/areas/new-street", None), 404, "not-found")


def test_a_ticket_from_a_building_goes_to_the_buildings_grid(house: House) -> None:
    community = {
        "id": "bm", "name": "M", "grids": [{"id": "bg1", "name": "G1"}, {"id": "bg2", "name": "G2"}],
        "compounds": [{"id": "bk", "name": "K", "grids": ["bg1", "bg2"]}],
        "buildings": [{"id": "bb", "name": "3号楼", "grid": "bg2", "compound": "bk", "units": ["一单元"]}],
    }  # fmt: skip
    data = {
        "county": {"id": "bc", "name": "C"},
        "streets": [{"id": "bs", "name": "S", "communities": [community]}],
    }
    assert "bb" in done(load(house, data, grants=(("admin", "/bc/"),)))["created"]
    area = done(house.get("/api/v1/areas/bb", None))
    assert (area["level_name"], area["grid"], area["compound"], area["units"]) == ("楼栋", "bg2", "bk", ["一单元"])
    headers = {**house.tokens.headers(("community", "/bc/")), "Accept-Language": "en", "Idempotency-Key": "b"}
    said = {"kind": "request", "building_id": "bb", "description": "灯不亮了。"}
    ticket = done(house.api.http.post("/api/v1/tickets", json=said, headers=headers), 201)
    assert (ticket["grid_id"], ticket["compound_id"], ticket["building_id"]) == ("bg2", "bk", "bb")
    told = house.db["outbox"].find_one({"aggregate_id": ticket["id"], "type": "ticket.filed"})
    assert told is not None
    assert told["data"]["ticket"]["building_id"] == "bb"


def test_only_an_administrator_of_the_county_loads_places(house: House, county: dict[str, Any]) -> None:
    refused(load(house, county, grants=(("admin", "/elsewhere/"),)), 403, "not-allowed")
    refused(load(house, county, grants=(("community", "/hequ/"),)), 403, "not-allowed")


def test_areas_and_stations_are_listed_in_pages(house: House) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = done(house.get("/api/v1/stations", None, under="/hequ/", limit=50, **cursor))
        seen += [station["id"] for station in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == [f"station-{number:03d}" for number in range(1, 73)]
    grids = done(house.get("/api/v1/areas", None, level="grid", under="/hequ/qingxi/qingyuan/"))
    assert len(grids["items"]) == 6
    assert done(house.get("/api/v1/stations/station-001", None))["hours"]["monday"] == ["08:00-20:00"]


def test_working_days_are_answered_for_the_years_that_are_known(house: House) -> None:
    days = done(house.get("/api/v1/calendars/working-days/2026", None))["working_days"]
    assert "2026-02-14" in days
    assert "2026-02-17" not in days
    body = refused(house.get("/api/v1/calendars/working-days/2027", None), 404, "calendar-year-unknown")
    assert body["year"] == 2027
    refused(house.get("/api/v1/calendars/working-days/next", None), 404, "not-found")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"description": ""}, "/description"),
        ({"urgent": "very"}, "/urgent"),
        ({"summary": "call 138 0000 5678"}, "/summary"),
        ({"occurred_at": "2026-03-02T09:00:00"}, "/occurred_at"),
        ({"surprise": 1}, "/surprise"),
        ({"reporter": {"telephone": 5}}, "/reporter/telephone"),
        ({"grid_id": "../etc"}, "/grid_id"),
        ({"external_refs": [{"system": "x"}]}, "/external_refs/0/id"),
    ],
)
def test_a_wrong_field_is_pointed_at(house: House, said: dict[str, Any], pointer: str) -> None:
    before = house.db["tickets"].count_documents({})
    body = refused(house.file(WORKER, **said), 422, "invalid-input")
    assert [error["pointer"] for error in body["errors"]] == [pointer]
    assert house.db["tickets"].count_documents({}) == before


def test_strangers_cannot_file_without_end(house: House) -> None:
    """Counted in windows of the machine's time, of which two may come into the test."""
    body, address = {"kind": "request", "grid_id": "grid-001", "description": "the lamp is broken"}, an_address()

    def file() -> int:
        headers = {"Idempotency-Key": uuid4().hex, "X-Forwarded-For": address}
        return house.post("/api/v1/tickets", None, body, **headers).status_code

    codes = [file() for _ in range(2 * 30 + 1)]
    assert codes[0] == 201
    assert 429 in codes
    assert house.file(WORKER).status_code == 201, "who signed in is not held up by strangers"


def test_the_history_shows_reasons_to_who_works_there_and_not_the_pinned_hours(house: House) -> None:
    ticket = house.filed()
    done(house.do(ticket, "escalate", WORKER, {"reason": "needs a crane"}))
    steps = done(house.get(f"/api/v1/tickets/{ticket['id']}/history", WORKER))["steps"]
    assert [step["kind"] for step in steps] == ["filed", "lifted"]
    assert steps[1]["detail"]["reason"] == "needs a crane"
    assert "hours" not in steps[0]["detail"]
    assert "needs a crane" not in str(house.stored(ticket))
    assert "needs a crane" not in str(house.events(ticket))
