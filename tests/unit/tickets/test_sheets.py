"""Themes of services and standards that score, as data in versions."""

from dataclasses import replace
from typing import Any

import pytest

from services.tickets.domain.policy import BadPolicy
from services.tickets.domain.refused import Refused
from services.tickets.domain.sheets import Standard, Themes, parse_sheet
from services.tickets.files.words import words
from services.tickets.handlers.ports import House
from services.tickets.handlers.sheets import activate_sheet, deactivate_sheet, standard_for, standards, themes_for
from services.tickets.handlers.versions import Given
from services.tickets.sheets import shipped_sheets
from tests.unit.tickets.shelf import Shelf, county, house
from tests.unit.tickets.stories import at

QINGXI = "/hequ/qingxi/"


def themes(**more: Any) -> dict[str, Any]:
    return {
        "sheet": "themes", "name": "themes", "version": 2, "title": "t", "most_persons": 100,
        "late_entry": {"max_age": "7 d"}, "themes": [{"code": "health", "title": "义诊"}], **more,
    }  # fmt: skip


def standard(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"sheet": "standard", "name": "six-haves", "version": 2, "title": "t", "items": list(items), **more}


def item(code: str = "place", points: Any = 10, **more: Any) -> dict[str, Any]:
    return {"code": code, "title": code, "points": points, **more}


def inside() -> tuple[Shelf, House]:
    return county(), replace(house(), sheets=shipped_sheets())


def test_the_standards_of_the_reports_and_their_items_come_with_the_program() -> None:
    found = {one.name: one for one in shipped_sheets().values() if isinstance(one, Standard)}
    assert {name: len(one.items) for name, one in found.items()} == {
        "two-five-n": 2 + 5 + 1, "six-haves": 6, "four-unified": 4, "five-enter": 5, "four-guarantees": 4,
    }  # fmt: skip
    assert [one.title.zh for one in found["six-haves"].items.values()] == [
        "有阵地", "有标识", "有人员", "有制度", "有项目", "有成效",
    ]  # fmt: skip
    assert found["six-haves"].most == 60


def test_the_five_themes_of_jinta_are_among_those_that_come_with_the_program() -> None:
    found = next(one for one in shipped_sheets().values() if isinstance(one, Themes))
    assert [title.zh[0] for title in found.themes.values()][:5] == ["康", "养", "学", "育", "助"]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"sheet": "poem"}, "sheet"),
        (themes(themes=[]), "themes"),
        (themes(most_persons=0), "most_persons"),
        (themes(late_entry={"max_age": "soon"}), "late_entry.max_age"),
        (themes(items=[]), "items"),
        (standard(item(), item()), "items[1].code"),
        (standard(item(points=0)), "items[0].points"),
        (standard(item(points=True)), "items[0].points"),
        (standard(item(points=5, partly=True)), "items[0].points"),
        (standard(item(colour="red")), "items[0].colour"),
        (standard(*[item(f"i{n}") for n in range(101)]), "items"),
        ("six", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_by_field_in_both_languages(data: Any, wrong: str) -> None:
    with pytest.raises(BadPolicy) as error:
        parse_sheet(data)
    assert wrong in [field for field, _ in error.value.errors]
    for _, code in error.value.errors:
        zh, en = words(code)
        assert zh != en


def test_the_nearest_area_above_decides_and_standards_hold_side_by_side() -> None:
    shelf, known = inside()
    activate_sheet(shelf, known, Given(standard(item()), "text"), QINGXI, "ops", at("09:00"))
    assert standard_for(shelf, known, "six-haves", f"{QINGXI}qingyuan/").pin == "six-haves/2"
    assert standard_for(shelf, known, "six-haves", "/hequ/").pin == "six-haves/1"
    assert [one.pin for one in standards(shelf, known, QINGXI)] == [
        "five-enter/1", "four-guarantees/1", "four-unified/1", "six-haves/2", "two-five-n/1",
    ]  # fmt: skip
    assert themes_for(shelf, known, QINGXI).pin == "themes/1"
    assert deactivate_sheet(shelf, known, "standard:six-haves", QINGXI) == "six-haves/1"
    with pytest.raises(Refused):
        deactivate_sheet(shelf, known, "standard:six-haves", QINGXI)


def test_what_is_stored_under_a_version_never_changes() -> None:
    shelf, known = inside()
    change = activate_sheet(shelf, known, Given(themes(), "text"), "/hequ/", "ops", at("09:00"))
    assert (change.before, change.after) == ("themes/1", "themes/2")
    assert ("most_persons", "2000", "100") in change.differs
    with pytest.raises(Refused) as refused:
        activate_sheet(shelf, known, Given(themes(most_persons=7), "text"), "/hequ/", "ops", at("09:00"))
    assert (refused.value.slug, refused.value.params["field"]) == ("policy-changed-under-its-version", "most_persons")
