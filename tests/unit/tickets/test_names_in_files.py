"""Names in files that operators and administrators load: the same rule as in requests."""

from typing import Any

import pytest

from services.tickets.domain.place_reading import Reading
from services.tickets.domain.places_tree import parse_places
from services.tickets.domain.policy import Text
from services.tickets.domain.policy_words import Reader
from tests.unit.writing.names import DECEIVING, NAMES


def county(**more: Any) -> Any:
    return {"county": {"id": "c", "name": "c"}, **more}


@pytest.mark.parametrize("text", DECEIVING, ids=ascii)
@pytest.mark.parametrize("at", ["county", "level", "street"])
def test_a_place_has_no_name_that_deceives(text: str, at: str) -> None:
    said = {
        "county": {"county": {"id": "c", "name": text}},
        "level": county(levels={"grid": text}),
        "street": county(streets=[{"id": "s", "name": text}]),
    }[at]
    _, errors = parse_places(said)
    assert "not-a-short-text" in {error.code for error in errors}


@pytest.mark.parametrize("text", NAMES, ids=ascii)
def test_usual_names_of_places_are_taken(text: str) -> None:
    reading = Reading()
    assert (reading.text(text, ()), reading.errors) == (text, [])


@pytest.mark.parametrize("text", DECEIVING, ids=ascii)
def test_a_policy_has_no_title_that_deceives(text: str) -> None:
    for title in (text, {"zh-CN": "好", "en": text}, {"zh-CN": text, "en": "good"}):
        read = Reader()
        read.text({"title": title}, "title")
        assert "not-a-short-text" in {code for _, code in read.errors}


def test_the_end_of_a_folded_title_is_no_part_of_it() -> None:
    assert Reader().text({"title": "四走访\n"}, "title") == Text("四走访", "四走访")
