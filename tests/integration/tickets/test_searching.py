"""Looking for tickets over HTTP: each filter, by telephone, by words, and what is refused."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.tickets.conftest import CADRE, ELSEWHERE, GRID, HEAD, RESIDENT, WORKER, House, done, refused
from tests.support.words import a_code

LIST, SEARCH = "/api/v1/tickets", "/api/v1/tickets/search"


def listed(house: House, person: str = WORKER, **asked: Any) -> list[str]:
    return [ticket["id"] for ticket in done(house.get(LIST, person, limit=200, **asked))["items"]]


def searched(house: House, body: dict[str, Any], person: str = WORKER) -> list[str]:
    return [ticket["id"] for ticket in done(search(house, body, person))["items"]]


def search(house: House, body: dict[str, Any], person: str = WORKER, **params: Any) -> httpx.Response:
    return house.api.http.post(SEARCH, json=body, params=params, headers=house.headers(person))


def test_by_category_channel_kind_level_and_owner(house: House) -> None:
    category = a_code()
    leak = house.filed(WORKER, category=category, channel="patrol")
    lamp = house.filed(WORKER, category=category, channel="desk")
    assert listed(house, category=category) == [lamp["id"], leak["id"]]
    assert listed(house, category=category, channel="patrol") == [leak["id"]]
    assert listed(house, category=category, kind=["request", "order"]) == [lamp["id"], leak["id"]]
    assert listed(house, category=category, kind="order") == []
    done(house.do(leak, "escalate", WORKER, {"reason": "beyond us"}))
    assert listed(house, CADRE, category=category, level="community") == [leak["id"]]
    assert listed(house, CADRE, category=category, owner=CADRE) == [leak["id"]]
    assert listed(house, CADRE, category=category, owner=WORKER) == [lamp["id"]]


def test_by_colour_which_follows_the_clocks(house: House) -> None:
    category = a_code()
    ticket = house.filed(WORKER, category=category, urgent=True)
    assert ticket["colour"] == "green"
    seen = []
    for minutes in (6, 5):
        house.step(minutes=minutes)
        refused(house.do(ticket, "confirm", WORKER, {"rating": 5}), 403, "not-allowed")  # it settles first
        seen.append(done(house.get(f"{LIST}/{ticket['id']}", WORKER))["colour"])
        assert listed(house, category=category, colour=seen[-1]) == [ticket["id"]]
        assert listed(house, category=category, colour="green") == []
    assert seen == ["yellow", "red"]
    assert listed(house, category=category, late="true") == [ticket["id"]]
    assert listed(house, category=category, late="false") == []
    assert listed(house, category=category, late="true", colour="yellow") == []


def test_by_due_time_sorted_by_it(house: House) -> None:
    category = a_code()
    first = house.filed(WORKER, category=category, urgent=True)
    house.step(minutes=1)
    second = house.filed(WORKER, category=category, urgent=True)
    between = {"category": category, "due_after": first["due_at"], "due_before": second["due_at"]}
    assert listed(house, **between) == [first["id"]]
    assert listed(house, category=category, due_after=first["due_at"]) == [first["id"], second["id"]]
    body = refused(house.get(LIST, WORKER, sort="newest", **between), 422, "invalid-input")
    assert body["errors"][0]["parameter"] == "sort"
    naive = refused(house.get(LIST, WORKER, due_before="2026-03-02T10:00:00"), 422, "invalid-input")
    assert naive["errors"][0]["parameter"] == "due_before"


def test_by_telephone_however_it_is_spelt_and_never_in_an_address(house: House) -> None:
    by_staff = house.filed(WORKER, reporter={"name": "王小明", "telephone": "139 6666 2222"})
    by_stranger = done(house.post(LIST, None, {
        "kind": "request", "grid_id": "grid-001", "description": "d", "reporter": {"telephone": "+86 139-6666-2222"},
    }, **{"Idempotency-Key": uuid4().hex, "X-Forwarded-For": "198.51.100.73"}), 201)  # fmt: skip
    other = house.filed(WORKER, reporter={"telephone": "13966662223"})
    for spelt in ("13966662222", "１３９ ６６６６ ２２２２", "0086-139-6666-2222"):
        assert searched(house, {"telephone": spelt}) == [by_stranger["id"], by_staff["id"]]
    assert searched(house, {"telephone": "13966662222", "state": ["closed"]}) == []
    assert other["id"] not in searched(house, {"telephone": "13966662222", "sort": "due"})
    assert "13966662222" not in str(house.stored(by_staff))
    unknown = refused(house.get(LIST, WORKER, telephone="13966662222"), 422, "invalid-input")
    assert unknown["errors"][0]["parameter"] == "telephone"
    in_text = refused(house.get(LIST, WORKER, text="139 6666 2222"), 422, "invalid-input")
    assert in_text["errors"][0]["parameter"] == "text"
    refused(search(house, {"telephone": "12"}), 422, "telephone-malformed")


def test_by_telephone_only_staff_and_only_where_they_are_staff(house: House) -> None:
    house.filed(WORKER, reporter={"telephone": "13911114444"})
    refused(search(house, {"telephone": "13911114444"}, RESIDENT), 403, "not-allowed")
    headers = house.tokens.headers(("community", ELSEWHERE), person_id="01920c5e-0000-7000-8000-0000000000e2")
    answer = house.api.http.post(SEARCH, json={"telephone": "13911114444"}, headers=headers)
    assert done(answer)["items"] == []
    answer = house.api.http.post(SEARCH, json={"telephone": "13911114444", "area": GRID}, headers=headers)
    refused(answer, 404, "not-found")


def test_nobody_tries_out_the_digits_that_are_not_shown(house: House) -> None:
    answers = [search(house, {"telephone": f"138{number:08d}"}, HEAD).status_code for number in range(241)]
    assert answers.index(429) >= 120, "120 an hour, of which two may begin meanwhile"
    assert set(answers) == {200, 429}
    assert search(house, {"state": ["filed"]}, HEAD).is_success, "other searches go on"


def test_by_words_of_the_summary(house: House) -> None:
    lamp = house.filed(WORKER, summary="东门３号楼路灯不亮，需更换LED灯泡")
    other = house.filed(WORKER, summary="东门13号楼路灯已亮")
    for text in ("灯不亮", "3号楼", "led灯泡", "ＬＥＤ", "路灯不亮"):
        found = listed(house, text=text)
        assert lamp["id"] in found, text
        assert other["id"] not in found, text
    assert listed(house, text="东门", state="filed", area=GRID)[:2] == [other["id"], lamp["id"]]
    for text in ("灯", "，。", "灯 亮"):
        body = refused(house.get(LIST, WORKER, text=text), 422, "invalid-input")
        assert body["errors"][0]["parameter"] == "text"
    by_due = refused(house.get(LIST, WORKER, text="路灯", sort="due"), 422, "invalid-input")
    assert by_due["errors"][0]["parameter"] == "text"


def test_a_summary_that_is_written_anew_is_found_by_the_new_one(house: House) -> None:
    ticket = house.filed(RESIDENT)
    done(house.do(ticket, "accept", WORKER, {"summary": "窨井盖翘起"}))
    assert listed(house, text="窨井盖") == [ticket["id"]]
    assert listed(house, RESIDENT, text="窨井盖") == [ticket["id"]], "also by who reported it"


def test_half_a_reference_is_refused_and_not_ignored(house: House) -> None:
    for given, missing in (("external_system", "external_id"), ("external_id", "external_system")):
        body = refused(house.get(LIST, WORKER, **{given: "a-1"}), 422, "invalid-input")
        assert body["errors"][0]["parameter"] == missing


def test_a_search_pages_like_the_list(house: House) -> None:
    category = a_code()
    filed = [house.filed(WORKER, category=category)["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = done(search(house, {"category": category}, WORKER, limit=2, **cursor))
        seen += [ticket["id"] for ticket in page["items"]]
        if page["next"] is None:
            break
        house.filed(WORKER, category=category)
        cursor = {"cursor": page["next"]}
    assert seen == filed[::-1]
    refused(search(house, {"category": "other"}, WORKER, **cursor), 400, "bad-cursor")


@pytest.mark.parametrize("sort", ["newest", "due"])
def test_who_has_several_areas_sees_each_ticket_once(house: House, sort: str) -> None:
    house.filed()
    station = GRID.replace("grid-001", "station-001")
    headers = house.tokens.headers(
        ("grid_worker", GRID), ("station_head", station), person_id="01920c5e-0000-7000-8000-0000000000e3"
    )
    both = done(house.api.http.get(LIST, params={"sort": sort, "limit": 200}, headers=headers))["items"]
    assert len(both) == len({ticket["id"] for ticket in both}) > 0
    assert {ticket["id"] for ticket in both} == set(listed(house, sort=sort))
