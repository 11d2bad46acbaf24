"""The coverage report over HTTP and on the command line."""

from typing import Any

import httpx
import pytest

from services.tickets.storage.places import beneath_query
from tests.integration.tickets.conftest import House, done, refused
from tests.integration.tickets.towns import Town, town

__all__ = ["town"]


def asked(town: Town, area: str | None = None, **params: Any) -> httpx.Response:
    headers = {**town.house.tokens.headers(("district", f"/{town.id}/")), "Accept-Language": "en"}
    query = {"area": area or f"/{town.id}/", **params}
    return town.house.api.http.get("/api/v1/stations/coverage", params=query, headers=headers)


def test_a_compound_is_covered_while_a_station_near_it_is_open(town: Town) -> None:
    said = done(asked(town, metres=500))
    assert (said["compounds"], said["covered"], said["uncovered"], said["share"]) == (1, 1, 0, 100.0)
    (one,) = said["items"]
    assert (town.short(one["compound_id"]), town.short(one["station_id"])) == ("compound", "quay")
    assert (one["state"], one["distance_metres"], one["walking_minutes"]) == ("covered", 111, 2)
    done(town.move("quay", "closed"))
    (one,) = done(asked(town, metres=500))["items"]
    assert (one["state"], town.short(one["station_id"]), one["distance_metres"]) == ("uncovered", "centre", 1001)


def test_minutes_are_asked_instead_of_metres_and_without_either_fifteen(town: Town) -> None:
    assert done(asked(town, minutes=1))["covered"] == 0
    assert done(asked(town, minutes=2))["covered"] == 1
    assert done(asked(town))["within_metres"] == 865


@pytest.mark.parametrize(
    ("params", "field"),
    [({"metres": 0}, "metres"), ({"metres": 50_001}, "metres"), ({"minutes": "soon"}, "minutes"),
     ({"minutes": 601}, "minutes"), ({"metres": 500, "minutes": 15}, "minutes"), ({"area": "hequ"}, "area")],
)  # fmt: skip
def test_a_wrong_parameter_is_named(town: Town, params: dict[str, Any], field: str) -> None:
    body = refused(asked(town, **params), 422, "invalid-input")
    assert [error["parameter"] for error in body["errors"]] == [field]


def test_only_staff_of_the_area_ask_and_only_for_what_there_is(town: Town) -> None:
    refused(asked(town, "/hequ/"), 404, "not-found")
    refused(asked(town, f"/{town.id}/nowhere/"), 404, "not-found")
    refused(town.get("/api/v1/stations/coverage", area=f"/{town.id}/"), 401, "authentication-required")


def test_the_command_names_what_is_too_far(town: Town) -> None:
    cli = town.house.processes.cli
    far = cli("places", "coverage", f"/{town.id}/", "--metres", "100").stdout
    assert f"uncovered    {town.id}-compound  Compound  {town.id}-quay: 111 m, 2 min on foot" in far
    assert "covered: 0, uncovered: 1, without a position: 0; of those with a position: 0.0 %" in far
    refusal = cli("places", "coverage", "/nowhere/", check=False)
    assert (refusal.returncode, refusal.stderr) == (1, "doorstep: there is no area /nowhere/\n")


def test_places_beneath_an_area_are_found_by_its_path(house: House) -> None:
    plan = str(house.db["places"].find(beneath_query("/hequ/", "compound")).explain()["queryPlanner"]["winningPlan"])
    assert "COLLSCAN" not in plan
    assert "'indexName': 'area_path'" in plan or "'indexName': 'level'" in plan
