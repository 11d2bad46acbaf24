"""Service records (人次): counted at a station by theme, never edited, taken back once, summed up."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.tickets.sheets import FOLDER
from services.tickets.storage.records import records_query, summary_pipeline
from tests.integration.tickets.conftest import (
    COMMUNITY,
    ELSEWHERE,
    HEAD,
    RESIDENT,
    VOLUNTEER,
    WORKER,
    Document,
    House,
    done,
    refused,
)

STATION = "station-001"


@dataclass(frozen=True)
class Count:
    """A station's count, beside what other tests have counted there."""

    house: House
    today: date

    def send(self, person: str = WORKER, key: str | None = None, station: str = STATION, **said: Any) -> httpx.Response:
        body = {"theme": "health", "persons": 3, **said}
        path = f"/api/v1/stations/{station}/service-records"
        return self.house.post(path, person, body, **{"Idempotency-Key": key or uuid4().hex})

    def take_back(self, record: Document, person: str = HEAD, **said: Any) -> httpx.Response:
        body = {"reason": "miscounted", **said}
        path = f"/api/v1/service-records/{record['id']}/reversal"
        return self.house.post(path, person, body, **{"Idempotency-Key": uuid4().hex})

    def persons(self, by: str = "theme", area: str = COMMUNITY, **days: str) -> Mapping[str, tuple[int, int]]:
        asked = {"area": area, "since": self.ago(0), "until": self.ago(0), "by": by, **days}
        found = done(self.house.get("/api/v1/service-records/summary", HEAD, **asked))
        return {one["key"]: (one["persons"], one["records"]) for one in found["items"]}

    def listed(self, **asked: Any) -> list[Document]:
        answer = self.house.get(f"/api/v1/stations/{STATION}/service-records", WORKER, **asked)
        items: list[Document] = done(answer)["items"]
        return items

    def ago(self, days: int) -> str:
        return (self.today - timedelta(days=days)).isoformat()


@pytest.fixture
def count(house: House) -> Count:
    """An empty table; business time stands where the tests before left it."""
    house.db["service_records"].delete_many({})
    return Count(house, (house.clock.now() + timedelta(hours=8)).date())


def test_persons_are_counted_by_theme_station_area_and_days(count: Count) -> None:
    first = done(count.send(persons=12), 201)
    assert (first["persons"], first["day"], first["themes"], first["by"]) == (12, count.ago(0), "themes/1", WORKER)
    done(count.send(persons=5, theme="learning"), 201)
    done(count.send(persons=3), 201)
    done(count.send(persons=100, day=count.ago(3)), 201)
    assert count.persons() == {"health": (15, 2), "learning": (5, 1)}
    assert count.persons("station", since=count.ago(3)) == {STATION: (120, 4)}
    assert count.persons("area", since=count.ago(3), until=count.ago(1)) == {f"{COMMUNITY}{STATION}/": (100, 1)}
    answer = done(count.house.get("/api/v1/service-records/summary", HEAD, area=COMMUNITY, since=count.ago(3),
                                  until=count.ago(0)))  # fmt: skip
    assert (answer["persons"], answer["records"]) == (120, 4)
    assert [one["title"] for one in answer["items"]] == ["Health clinics", "Learning and training"]


def test_the_same_count_sent_twice_counts_once(count: Count) -> None:
    key = uuid4().hex
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda _: count.send(key=key, persons=7), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert count.persons() == {"health": (7, 1)}
    refused(count.send(key=key, persons=8), 422, "idempotency-key-reused")
    answer = count.house.post(f"/api/v1/stations/{STATION}/service-records", WORKER, {"theme": "health", "persons": 1})
    assert answer.status_code == 400, "without a key it might count twice"


def test_what_was_counted_wrongly_is_taken_back_by_another_record_and_both_stay(count: Count) -> None:
    record = done(count.send(persons=40), 201)
    done(count.send(persons=4), 201)
    reversal = done(count.take_back(record), 201)
    assert (reversal["persons"], reversal["reverses"], reversal["reason"]) == (-40, record["id"], "miscounted")
    assert count.persons() == {"health": (4, 1)}
    listed = {one["id"]: one for one in count.listed()}
    assert (listed[record["id"]]["persons"], listed[record["id"]]["reversed_by"]) == (40, reversal["id"])
    assert reversal["id"] in refused(count.take_back(record), 409, "record-reversed")["detail"]
    refused(count.take_back(reversal), 409, "record-is-a-reversal")
    refused(count.take_back({"id": "nothing"}), 404, "not-found")


def test_what_was_counted_before_the_station_moved_is_taken_back_by_those_whose_sum_it_is(count: Count) -> None:
    house, record = count.house, done(count.send(persons=40), 201)
    there = f"{ELSEWHERE}{STATION}/"
    house.db["service_records"].update_one({"_id": record["id"]}, {"$set": {"area_path": there}})
    refused(count.take_back(record), 404, "not-found")
    theirs = {**house.tokens.headers(("community", ELSEWHERE)), "Idempotency-Key": uuid4().hex}
    path = f"/api/v1/service-records/{record['id']}/reversal"
    done(house.api.http.post(path, json={"reason": "miscounted"}, headers=theirs), 201)
    assert house.db["service_records"].count_documents({"area_path": there}) == 2


def test_a_worker_takes_back_his_own_count_and_no_other(count: Count) -> None:
    """What is over a month old cannot be entered again."""
    of_head, own = done(count.send(HEAD, persons=700), 201), done(count.send(persons=4), 201)
    refused(count.take_back(of_head, WORKER), 403, "not-allowed")
    done(count.take_back(own, WORKER), 201)
    assert count.persons()["health"][0] == 700


def test_two_who_take_it_back_at_once_take_it_back_once(count: Count) -> None:
    record = done(count.send(persons=40), 201)
    with ThreadPoolExecutor(2) as hands:
        answers = list(hands.map(lambda _: count.take_back(record), range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert count.persons() == {"health": (0, 0)}


def test_a_service_is_entered_late_within_a_month_and_never_ahead(count: Count) -> None:
    done(count.send(day=count.ago(31)), 201)
    body = refused(count.send(day=count.ago(32)), 422, "late-entry-too-old")
    assert "31 days" in body["detail"]
    refused(count.send(day=count.ago(-1)), 422, "occurred-in-future")
    assert count.persons(since=count.ago(40)) == {"health": (3, 1)}


@pytest.mark.parametrize(
    ("said", "field"),
    [({"persons": 0}, "/persons"), ({"persons": "3"}, "/persons"), ({"persons": 1.5}, "/persons"),
     ({"day": "yesterday"}, "/day"), ({"theme": "Health"}, "/theme"), ({"note": "Mrs. Wang"}, "/note")],
)  # fmt: skip
def test_a_wrong_count_is_refused_by_field_and_counts_nothing(count: Count, said: Document, field: str) -> None:
    body = refused(count.send(**said), 422, "invalid-input")
    assert [error["pointer"] for error in body["errors"]] == [field]
    assert count.persons() == {}


def test_a_theme_that_is_not_there_and_too_many_persons_are_refused(count: Count) -> None:
    assert "health" in refused(count.send(theme="poetry"), 422, "no-such-theme")["detail"]
    refused(count.send(persons=2001), 422, "too-many-persons")
    themes = done(count.house.get("/api/v1/service-records/themes", None, area=COMMUNITY))
    assert (themes["themes"], themes["late_days"], themes["items"][0]["code"]) == ("themes/1", 31, "health")


def test_days_that_cannot_be_summed_are_refused(count: Count) -> None:
    def asked(**given: str) -> httpx.Response:
        return count.house.get("/api/v1/service-records/summary", HEAD, **{"area": COMMUNITY, **given})

    refused(asked(since=count.ago(0), until=count.ago(1)), 422, "days-not-in-order")
    refused(asked(since=count.ago(366), until=count.ago(0)), 422, "too-many-days")
    refused(asked(since=count.ago(0)), 422, "invalid-input")
    refused(asked(since=count.ago(0), until=count.ago(0), area=ELSEWHERE), 404, "not-found")
    refused(asked(since=count.ago(0), until=count.ago(0), area=f"{COMMUNITY}nowhere/"), 404, "not-found")


def test_only_who_serves_there_counts_there(count: Count) -> None:
    refused(count.send(RESIDENT), 403, "not-allowed")
    refused(count.send(VOLUNTEER), 403, "not-allowed")
    refused(count.send(station="station-030"), 404, "not-found")
    refused(count.send(station="grid-001"), 404, "not-found")
    record = done(count.send(), 201)
    refused(count.take_back(record, RESIDENT), 403, "not-allowed")


def test_a_stations_records_are_listed_in_pages_the_latest_day_first(count: Count) -> None:
    for days in (2, 0, 1, 3):
        done(count.send(day=count.ago(days)), 201)
    assert [one["day"] for one in count.listed()] == [count.ago(days) for days in (0, 1, 2, 3)]
    assert [one["day"] for one in count.listed(since=count.ago(2), until=count.ago(1))] == [count.ago(1), count.ago(2)]
    page = done(count.house.get(f"/api/v1/stations/{STATION}/service-records", WORKER, limit=3))
    rest = count.listed(limit=3, cursor=page["next"])
    assert [one["day"] for one in rest] == [count.ago(3)]


def test_lists_and_sums_run_on_an_index(count: Count) -> None:
    rows = count.house.db["service_records"]
    cursor = rows.find(records_query(STATION, count.today, None, None)).sort("position", -1)
    listed = str(cursor.explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in listed
    assert "'SORT'" not in listed
    plan = str(count.house.db.command(
        "explain", {"aggregate": "service_records", "cursor": {},
                    "pipeline": summary_pipeline(COMMUNITY, count.today, count.today)},
    ))  # fmt: skip
    assert "area_day" in plan
    assert "COLLSCAN" not in plan


def test_an_operator_gives_other_themes_in_a_version_for_an_area(count: Count, tmp_path: Path) -> None:
    def sheets(*words: str) -> str:
        answer = count.house.processes.cli("sheets", *words, check=False)
        return answer.stdout + answer.stderr

    file = tmp_path / "themes-2.yml"
    text = (FOLDER / "themes-1.yml").read_text("utf-8")
    file.write_text(text.replace("version: 1", "version: 2").replace("code: health", "code: clinic"), "utf-8")
    assert sheets("check", str(file)) == "themes/2: 14 themes: good\n"
    assert "themes.clinic.en: - -> Health clinics" in sheets("diff", str(file), "--area", COMMUNITY)
    before = done(count.send(), 201)
    try:
        sheets("activate", str(file), "--area", COMMUNITY)
        refused(count.send(), 422, "no-such-theme")
        assert done(count.send(theme="clinic"), 201)["themes"] == "themes/2"
        done(count.take_back(before), 201)
        assert f"{COMMUNITY}  themes  themes/2" in sheets("list")
        assert "six-haves/1" in sheets("list", "--area", COMMUNITY)
        assert sheets("show", "themes/2") == file.read_text("utf-8")
    finally:
        assert sheets("deactivate", "themes", "--area", COMMUNITY) == f"themes in {COMMUNITY}: themes/1\n"
