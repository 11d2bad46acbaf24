"""Stations score by standards: inspected by others than those who serve there, ranked over an area."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.tickets.sheets import FOLDER
from services.tickets.storage.inspections import standings_pipeline
from tests.integration.tickets.conftest import (
    CADRE,
    COMMUNITY,
    ELSEWHERE,
    HEAD,
    RESIDENT,
    WORKER,
    Document,
    House,
    done,
    refused,
)

SIX = ("place", "sign", "staff", "rules", "projects", "results")
ALL_MET = dict.fromkeys(SIX, "met")
CADRES = (("community", COMMUNITY),)
STREETS = (("street", "/hequ/qingxi/"),)


def inspected(
    house: House, station: str = "station-001", grants: tuple[tuple[str, str], ...] = CADRES, key: str | None = None,
    **said: Any,
) -> httpx.Response:  # fmt: skip
    body = {"standard": "six-haves", "answers": ALL_MET, **said}
    signed = house.tokens.headers(*grants, person_id=CADRE)
    headers = {**signed, "Accept-Language": "en", "Idempotency-Key": key or uuid4().hex}
    return house.api.http.post(f"/api/v1/stations/{station}/inspections", json=body, headers=headers)


def standing(house: House, area: str = COMMUNITY, standard: str = "six-haves") -> Document:
    return done(house.get("/api/v1/stations/standings", CADRE, area=area, standard=standard))


@pytest.fixture(autouse=True)
def no_inspections(house: House) -> None:
    house.db["inspections"].delete_many({})


def test_a_station_scores_by_what_is_met_and_keeps_the_version(house: House) -> None:
    answers = ALL_MET | {"staff": "partly", "results": "not_met"}
    found = done(inspected(house, answers=answers), 201)
    assert (found["standard"], found["points"], found["most_points"], found["score"]) == ("six-haves/1", 45, 60, 75.0)
    assert (found["answers"], found["by"]) == (answers, CADRE)
    (listed,) = done(house.get("/api/v1/stations/station-001/inspections", WORKER))["items"]
    assert listed == found
    assert done(house.get("/api/v1/stations/station-001/inspections", WORKER, standard="five-enter"))["items"] == []


def test_stations_stand_by_their_latest_inspection_the_uninspected_last(house: House) -> None:
    assert standing(house)["inspected"] == 0
    half = ALL_MET | {"place": "not_met", "sign": "not_met", "rules": "not_met"}
    today = (house.clock.now() + timedelta(hours=8)).date()
    done(inspected(house, answers=half), 201)
    done(inspected(house, day=(today - timedelta(days=5)).isoformat()), 201)
    (first, *_) = standing(house)["items"]
    assert (first["rank"], first["latest"]["score"]) == (1, 50.0), "the day of the inspection counts, not its entry"
    for other in ("station-002", "station-003"):
        done(inspected(house, other), 201)
    found = standing(house)
    assert (found["inspected"], found["stations"]) == (3, 6)
    assert [(one["station_id"], one["rank"]) for one in found["items"]] == [
        ("station-002", 1), ("station-003", 1), ("station-001", 3),
        ("station-004", None), ("station-005", None), ("station-006", None),
    ]  # fmt: skip


def test_a_community_does_not_put_aside_what_the_street_found(house: House) -> None:
    none = dict.fromkeys(SIX, "not_met")
    assert done(inspected(house, grants=STREETS, answers=none), 201)["office"] == "street"
    assert done(inspected(house), 201)["office"] == "community"
    (first,) = (one for one in standing(house)["items"] if one["latest"])
    assert (first["latest"]["score"], first["latest"]["office"]) == (0.0, "street")
    listed = done(house.get("/api/v1/stations/station-001/inspections", WORKER))["items"]
    assert [one["office"] for one in listed] == ["community", "street"], "both are in the list"
    done(inspected(house, grants=(*CADRES, *STREETS)), 201)
    (first,) = (one for one in standing(house)["items"] if one["latest"])
    assert (first["latest"]["score"], first["latest"]["office"]) == (100.0, "street"), "his highest office"


def test_nobody_inspects_the_station_at_which_he_serves(house: House) -> None:
    for role, area in (("station_head", COMMUNITY), ("grid_worker", f"{COMMUNITY}grid-001/"),
                       ("grid_head", f"{COMMUNITY}grid-001/")):  # fmt: skip
        body = refused(inspected(house, grants=(*CADRES, (role, area))), 403, "own-station")
        assert "station-001" in body["detail"]
    done(inspected(house, grants=(*CADRES, ("grid_worker", f"{ELSEWHERE}grid-030/"))), 201)


def test_who_has_no_office_over_it_does_not_inspect_it(house: House) -> None:
    refused(inspected(house, grants=(("station_head", COMMUNITY),)), 403, "not-allowed")
    refused(inspected(house, grants=(("community", ELSEWHERE),)), 404, "not-found")
    refused(house.get("/api/v1/stations/standings", RESIDENT, area=COMMUNITY, standard="six-haves"), 403, "not-allowed")
    refused(house.get("/api/v1/stations/standings", HEAD, area=ELSEWHERE, standard="six-haves"), 404, "not-found")


@pytest.mark.parametrize(
    ("said", "slug"),
    [
        ({"answers": {"place": "met"}}, "items-unanswered"), ({"answers": ALL_MET | {"roof": "met"}}, "no-such-item"),
        ({"answers": ALL_MET | {"place": "partly"}}, "not-half-there"), ({"standard": "seven"}, "no-such-standard"),
        ({"answers": ALL_MET | {"place": "nearly"}}, "invalid-input"), ({"answers": ["place"]}, "invalid-input"),
        ({"day": "2031-01-01"}, "occurred-in-future"), ({"day": "2020-01-01"}, "late-entry-too-old"),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_refused_and_changes_nothing(house: House, said: Mapping[str, Any], slug: str) -> None:
    refused(inspected(house, **said), 422, slug)
    assert house.db["inspections"].count_documents({}) == 0


def test_the_same_inspection_sent_again_is_one(house: House) -> None:
    key = uuid4().hex
    with ThreadPoolExecutor(3) as hands:
        answers = list(hands.map(lambda _: inspected(house, key=key), range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert house.db["inspections"].count_documents({}) == 1


def test_standings_run_on_an_index(house: House) -> None:
    plan = str(house.db.command(
        "explain", {"aggregate": "inspections", "cursor": {}, "pipeline": standings_pipeline(COMMUNITY, "six-haves")}
    ))  # fmt: skip
    assert "'indexName': 'standings'" in plan
    assert "COLLSCAN" not in plan


def test_standards_are_told_in_the_callers_language_and_given_anew_in_a_version(house: House, tmp_path: Path) -> None:
    found = {one["name"]: one for one in done(house.get("/api/v1/station-standards", None, area=COMMUNITY))["items"]}
    assert set(found) == {"two-five-n", "six-haves", "four-unified", "five-enter", "four-guarantees"}
    assert found["four-guarantees"]["items"][0] == {
        "code": "charger", "title": "Charger", "points": 10, "partly": False,
    }  # fmt: skip
    file = tmp_path / "six-haves-2.yml"
    text = (FOLDER / "six-haves-1.yml").read_text("utf-8")
    file.write_text(text.replace("version: 1", "version: 2").replace("code: results", "code: outcome"), "utf-8")
    before = done(inspected(house), 201)
    house.processes.cli("sheets", "activate", str(file), "--area", COMMUNITY)
    try:
        refused(inspected(house), 422, "no-such-item")
        answers = dict.fromkeys((*SIX[:5], "outcome"), "met")
        assert done(inspected(house, answers=answers), 201)["standard"] == "six-haves/2"
        listed = done(house.get("/api/v1/stations/station-001/inspections", WORKER))["items"]
        assert before in listed, "what was scored under a version keeps it"
    finally:
        house.processes.cli("sheets", "deactivate", "standard:six-haves", "--area", COMMUNITY)
