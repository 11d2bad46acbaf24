"""The register of departments over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.integration.tickets.conftest import GRID, HEAD, WORKER, House, done, refused
from tests.integration.tickets.departments import OTHER_STREET, STREET, call

OFFICE = {"place": "qingxi", "name": "清溪镇综合执法队", "kind": "enforcement", "categories": ["parking", "noise"]}


@pytest.fixture
def office(house: House) -> str:
    name = f"office-{uuid4().hex[:8]}"
    made = call(house, "POST", "", {**OFFICE, "id": name})
    assert done(made, 201)["kind_name"] == "综合执法"
    assert made.headers["Location"] == f"/api/v1/departments/{name}"
    return name


def listed(house: House, theirs: str, role: str, **params: str) -> list[str]:
    headers = house.tokens.headers((role, theirs))
    answer = house.api.http.get("/api/v1/departments", params={"limit": "100", **params}, headers=headers)
    return [one["id"] for one in done(answer)["items"]]


def test_a_grid_worker_finds_who_answers_for_a_matter_at_the_street_above(house: House, office: str) -> None:
    assert office in listed(house, GRID, "grid_worker", category="parking")
    assert office not in listed(house, GRID, "grid_worker", category="lift")
    assert office in listed(house, "/hequ/", "district", area=STREET)
    assert office not in listed(house, OTHER_STREET, "street"), "another street's is not theirs"
    refused(call(house, "GET", f"/{office}", area=OTHER_STREET), 404, "not-found")


def test_of_two_who_change_it_at_once_one_wins_and_the_other_is_told(house: House, office: str) -> None:
    seen = call(house, "GET", f"/{office}").headers["ETag"]

    def rename(name: str) -> int:
        body = {"name": name, "kind": "enforcement"}
        return call(house, "PUT", f"/{office}", body, seen=seen).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(rename, ("甲", "乙"))) == [200, 412]
    refused(call(house, "PUT", f"/{office}", {"name": "丙", "kind": "other"}), 428, "if-match-required")


def test_what_was_seen_of_one_that_was_removed_is_stale_for_another_of_the_same_id(house: House, office: str) -> None:
    seen = call(house, "GET", f"/{office}").headers["ETag"]
    assert call(house, "DELETE", f"/{office}", seen=seen).status_code == 204
    again = call(house, "POST", "", {**OFFICE, "id": office, "name": "another"})
    done(again, 201)
    assert again.headers["ETag"] != seen
    refused(call(house, "PUT", f"/{office}", {"name": "lost", "kind": "other"}, seen=seen), 412, "stale")
    refused(call(house, "DELETE", f"/{office}", seen=seen), 412, "stale")
    assert done(call(house, "GET", f"/{office}"))["name"] == "another"


def test_it_stands_at_a_street_or_the_county_and_is_registered_once(house: House, office: str) -> None:
    refused(call(house, "POST", "", {**OFFICE, "id": office}), 409, "department-taken")
    elsewhere = {**OFFICE, "id": "x1", "place": "grid-001"}
    refused(call(house, "POST", "", elsewhere), 422, "department-stands-elsewhere")
    refused(call(house, "POST", "", {**OFFICE, "id": "x2", "place": "nowhere"}), 422, "no-such-place")
    refused(call(house, "POST", "", {**OFFICE, "id": "x3", "place": "hequ"}), 404, "not-found")
    body = refused(call(house, "POST", "", {**OFFICE, "id": "x4", "kind": "army", "categories": ["a", "a"]}), 422,
                   "invalid-input")  # fmt: skip
    assert {error["pointer"] for error in body["errors"]} == {"/kind", "/categories"}


def test_whom_to_ask_there_has_a_role_in_the_county(house: House, office: str) -> None:
    seen = call(house, "GET", f"/{office}").headers["ETag"]
    said = {"name": OFFICE["name"], "kind": "enforcement"}
    unknown = call(house, "PUT", f"/{office}", {**said, "contacts": [HEAD, "nobody"]}, seen=seen)
    assert "contacts[1]" in refused(unknown, 422, "no-such-contact")["detail"]
    after = done(call(house, "PUT", f"/{office}", {**said, "contacts": [HEAD, WORKER]}, seen=seen))
    assert after["contacts"] == [HEAD, WORKER]
    assert after["categories"] == [], "what is not said is not so"


def test_what_is_taken_out_is_gone(house: House, office: str) -> None:
    seen = call(house, "GET", f"/{office}").headers["ETag"]
    refused(call(house, "DELETE", f"/{office}", seen=seen, role="grid_worker", area=GRID), 403, "not-allowed")
    assert call(house, "DELETE", f"/{office}", seen=seen).is_success
    refused(call(house, "GET", f"/{office}"), 404, "not-found")
