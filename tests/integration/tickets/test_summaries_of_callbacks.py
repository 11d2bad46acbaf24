"""What staff write into the summary of a callback is not for whom it asks about: not in lists, exports, searches."""

import csv
import io
from typing import Any

import httpx
import pytest

from tests.integration.tickets.conftest import CADRE, COMMUNITY, RESIDENT, WORKER, Document, House, done
from tests.support.words import a_code

LIST, SEARCH, EXPORT = "/api/v1/tickets", "/api/v1/tickets/search", "/api/v1/tickets/export"
PROGRAM, HIS_PROGRAM = {"person_id": "a-program"}, {"person_id": "a-program", "answerable": WORKER}
AS_PROGRAM = {"kind": "service", "api_key": "k"}
READERS: list[tuple[dict[str, str], bool]] = [
    ({"person_id": WORKER}, False), ({**AS_PROGRAM, **PROGRAM}, False), ({**AS_PROGRAM, **HIS_PROGRAM}, False),
    ({"person_id": CADRE}, True), ({"person_id": "a-colleague"}, True),
]  # fmt: skip


@pytest.fixture
def callback(house: House) -> Document:
    """With a summary that the community wrote; another ticket of the same category has the same summary."""
    category, summary = "stairs", f"{a_code()} 态度恶劣"
    badly = house.resolved(category=category)
    done(house.do(badly, "confirm", RESIDENT, {"rating": 1}))
    found = house.db["tickets"].find_one({"parent_id": badly["id"]})
    assert found is not None
    done(house.do({"id": found["_id"]}, "accept", CADRE, {"summary": summary}))
    other = house.filed(WORKER, category=category, summary=summary)
    return {"id": found["_id"], "number": found["number"], "category": category, "summary": summary, "other": other}


def get(house: House, who: dict[str, str], path: str, **params: Any) -> httpx.Response:
    headers = {**house.tokens.headers(("community", COMMUNITY), **who), "Accept-Language": "en"}
    return house.api.http.get(path, params=params, headers=headers)


@pytest.mark.parametrize(("who", "sees"), READERS)
def test_it_is_shown_to_whom_the_callbacks_words_are_for(
    house: House, callback: Document, who: dict[str, str], sees: bool
) -> None:
    expected = callback["summary"] if sees else None
    assert done(get(house, who, f"{LIST}/{callback['id']}"))["summary"] == expected
    items = done(get(house, who, LIST, limit=200, category=callback["category"]))["items"]
    listed = {one["id"]: one["summary"] for one in items}
    assert (listed[callback["id"]], listed[callback["other"]["id"]]) == (expected, callback["summary"])
    answer = get(house, who, EXPORT, category=callback["category"])
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    written = {row["Number"]: row["Summary"] for row in rows}
    assert written[callback["number"]] == (expected or "")
    assert written[callback["other"]["number"]] == callback["summary"]


@pytest.mark.parametrize(("who", "sees"), READERS)
def test_it_is_found_by_its_words_by_whom_they_are_for(
    house: House, callback: Document, who: dict[str, str], sees: bool
) -> None:
    expected = {callback["other"]["id"], *([callback["id"]] if sees else [])}
    for more in ({}, {"category": callback["category"]}, {"number": callback["number"]}):
        sought = {"text": callback["summary"], **more}
        wanted = expected & {callback["id"]} if "number" in more else expected
        assert {one["id"] for one in done(get(house, who, LIST, **sought))["items"]} == wanted
        headers = house.tokens.headers(("community", COMMUNITY), **who)
        found = done(house.api.http.post(SEARCH, json=sought, headers=headers))["items"]
        assert {one["id"] for one in found} == wanted
    answer = get(house, who, EXPORT, text=callback["summary"])
    assert (callback["number"] in answer.text) is sees
