"""A category stands in clear in events, lists, offers and exports: who files for himself chooses it, nobody hides a
telephone in one."""

import json

import pytest

from tests.integration.tickets.conftest import GRID, HEAD, RESIDENT, VOLUNTEER, WORKER, House, done, refused
from tests.integration.tickets.departments import call
from tests.support.words import a_code

WRITTEN = ("lamp13900002222", "wang-xiaoming-13900002222-3-dong-201", "wang-xiaoming-3-dong-201", "zhangsan")


@pytest.mark.parametrize("person", [None, RESIDENT, VOLUNTEER])
@pytest.mark.parametrize("written", WRITTEN)
def test_who_files_for_himself_writes_none_of_his_own(house: House, person: str | None, written: str) -> None:
    before = house.db["outbox"].count_documents({})
    answer = house.file(person, category=written)
    slug = "invalid-input" if "1390000" in written else "unknown-category"
    body = refused(answer, 422, slug)
    assert written not in json.dumps(body)
    if slug == "unknown-category":
        assert {"lighting", "parking", "other"} <= set(body["categories"])
        assert "lighting" in body["detail"]
    assert house.db["outbox"].count_documents({}) == before


def test_he_chooses_from_those_of_the_place_which_the_kinds_list(house: House) -> None:
    ours = a_code()
    refused(house.file(RESIDENT, category=ours), 422, "unknown-category")
    office = {"id": ours, "place": "qingxi", "name": "清溪镇房管所", "kind": "enforcement", "categories": [ours]}
    done(call(house, "POST", "", office), 201)
    assert house.filed(RESIDENT, category=ours)["category"] == ours
    assert house.filed(None, category="lighting")["category"] == "lighting"
    listed = done(house.get("/api/v1/kinds", None, area=GRID))["categories"]
    assert listed == sorted(listed)
    assert {ours, "lighting", "other"} <= set(listed)


def test_what_the_rules_there_ask_for_may_be_chosen(house: House, fengman: None) -> None:
    for named in ("social_insurance", "old_facilities", "alone"):
        house.filed(RESIDENT, category=named)


@pytest.mark.parametrize(
    "written", ["lamp13900002222", "lamp-139-0000-2222", "1-3-9-0-0-0-0-2-2-2-2", "lamp-2222", "0350-2345678"]
)
def test_staff_name_their_own_without_numbers_of_people(house: House, written: str) -> None:
    assert house.filed(WORKER, category="zhen-201")["category"] == "zhen-201"
    assert refused(house.file(WORKER, category=written), 422, "invalid-input")["errors"][0]["pointer"] == "/category"
    ticket = house.assigned()
    answer = refused(house.do(ticket, "offer", HEAD, {"skills": ["electric", written]}), 422, "invalid-input")
    assert answer["errors"][0]["pointer"] == "/skills/1"
    office = {"id": a_code(), "place": "qingxi", "name": "房管所", "kind": "enforcement", "categories": [written]}
    assert refused(call(house, "POST", "", office), 422, "invalid-input")["errors"][0]["pointer"] == "/categories/0"
