"""How many departments a place may have; whoever files or looks there gets a small answer whatever is stored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.tickets.domain.categories import CATEGORIES, MOST_NAMED
from services.tickets.domain.departments import MOST_CATEGORIES, MOST_CATEGORIES_AT_PLACE, MOST_DEPARTMENTS
from tests.integration.tickets.conftest import GRID, RESIDENT, House, done, refused
from tests.integration.tickets.departments import OTHER_STREET, STREET, call

STORED = 8_000


@pytest.fixture(autouse=True)
def only_ours(house: House) -> Iterator[None]:
    house.db["departments"].delete_many({})
    yield
    house.db["departments"].delete_many({})


def registers(house: House, *categories: str, name: str = "", place: str = "qingxi") -> httpx.Response:
    body = {"id": name or f"d-{uuid4().hex}", "place": place, "name": "房管所", "kind": "other"}
    area = STREET if place == "qingxi" else OTHER_STREET
    return call(house, "POST", "", {**body, "categories": list(categories)}, area)


def category(department: int, number: int) -> str:
    """Of the greatest length; no four digits in a row."""
    return f"c-{department // 100:02d}-{department % 100:02d}-{number:02d}-".ljust(40, "x")


def stored(house: House, count: int, width: int = MOST_CATEGORIES) -> None:
    rows = [
        {"_id": f"d-{number:05d}", "name": "x", "kind": "other", "place_id": "qingxi", "area_path": STREET,
         "categories": [category(number, one) for one in range(width)], "contacts": [], "revision": 1}
        for number in range(count)
    ]  # fmt: skip
    house.db["departments"].insert_many(rows)


def kinds(house: House) -> httpx.Response:
    return house.get("/api/v1/kinds", None, area=GRID)


def test_a_place_has_so_many_departments_also_of_those_registered_at_once(house: House) -> None:
    stored(house, MOST_DEPARTMENTS - 2, width=0)
    with ThreadPoolExecutor(8) as hands:
        codes = list(hands.map(lambda _: registers(house).status_code, range(8)))
    assert sorted(codes) == [201] * 2 + [409] * 6
    answer = refused(registers(house), 409, "too-many-departments")
    assert answer["most"] == MOST_DEPARTMENTS
    assert "remove one" in answer["detail"]
    done(registers(house, place="wangshan"), 201)
    seen = call(house, "GET", "/d-00001").headers["ETag"]
    assert call(house, "DELETE", "/d-00001", seen=seen).status_code == 204
    done(registers(house), 201)


def test_they_bring_so_many_categories_also_registered_and_changed_at_once(house: House) -> None:
    for number in range(3):
        done(registers(house, *(f"c-{number}-{one}" for one in range(MOST_CATEGORIES))), 201)
    done(registers(house, *(f"c-3-{one}" for one in range(MOST_CATEGORIES - 2)), name="last"), 201)
    for number in range(4):
        done(registers(house, name=f"empty-{number}"), 201)
    seen = {name: call(house, "GET", f"/{name}").headers["ETag"] for name in (f"empty-{n}" for n in range(4))}

    def brings(number: int) -> int:
        if number % 2:
            return registers(house, f"new-{number}").status_code
        name, body = f"empty-{number // 2}", {"name": "所", "kind": "other", "categories": [f"new-{number}"]}
        return call(house, "PUT", f"/{name}", body, seen=seen[name]).status_code

    with ThreadPoolExecutor(8) as hands:
        codes = list(hands.map(brings, range(8)))
    assert codes.count(409) == 6
    assert refused(registers(house, "more"), 409, "too-many-categories")["most"] == MOST_CATEGORIES_AT_PLACE
    done(registers(house, "c-0-1", "c-1-1"), 201)
    answer = done(kinds(house))
    assert len(set(answer["categories"]) - CATEGORIES) == MOST_CATEGORIES_AT_PLACE
    assert answer["categories_complete"] is True


def test_whatever_is_stored_the_answers_to_who_looks_and_who_files_there_are_small(house: House) -> None:
    stored(house, STORED)
    done(call(house, "GET", "/d-07999"))
    found = kinds(house)
    answer = done(found)
    assert len(answer["categories"]) <= len(CATEGORIES) + MOST_CATEGORIES_AT_PLACE
    assert set(answer["categories"]) >= CATEGORIES
    assert answer["categories_complete"] is False
    assert len(found.content) < 60_000
    refusal = house.file(RESIDENT, category="zhangsan")
    body = refused(refusal, 422, "unknown-category")
    assert len(refusal.content) < 6_000
    assert len(body["categories"]) == MOST_NAMED
    assert set(body["categories"]) >= CATEGORIES
    assert body["more"] == len(answer["categories"]) - MOST_NAMED
    last = category(STORED - 1, 0)
    assert house.filed(RESIDENT, category=last)["category"] == last


def test_what_is_stored_beyond_that_is_changed_and_removed_but_brings_nothing_new(house: House) -> None:
    stored(house, MOST_DEPARTMENTS + 5)
    said: dict[str, Any] = {"name": "住建局", "kind": "other", "categories": []}
    seen = call(house, "GET", "/d-00054").headers["ETag"]
    refused(call(house, "PUT", "/d-00054", {**said, "categories": ["new"]}, seen=seen), 409, "too-many-departments")
    after = call(house, "PUT", "/d-00054", said, seen=seen)
    assert done(after)["categories"] == []
    assert call(house, "DELETE", "/d-00054", seen=after.headers["ETag"]).status_code == 204


def test_thirty_who_look_at_once_are_all_answered(house: House) -> None:
    stored(house, STORED)
    with ThreadPoolExecutor(30) as hands:
        answers = [one.result() for one in [hands.submit(kinds, house) for _ in range(30)]]
    assert {answer.status_code for answer in answers} == {200}
