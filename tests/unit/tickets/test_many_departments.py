"""How many departments a place may have, how many categories they may bring, and what a refusal names of them."""

from dataclasses import replace

import pytest

from services.tickets.domain.categories import CATEGORIES, MOST_NAMED, named
from services.tickets.domain.departments import (
    MOST_CATEGORIES_AT_PLACE,
    MOST_DEPARTMENTS,
    Department,
    check_room_for,
)
from services.tickets.domain.refused import Refused

ONE = Department("one", "房管所", "other", "qingxi", "/hequ/qingxi/", ("a", "b"))
FULL = [replace(ONE, id=f"of-{number}") for number in range(MOST_DEPARTMENTS)]
WIDE = [replace(ONE, id="wide", categories=tuple(f"c-{number}" for number in range(MOST_CATEGORIES_AT_PLACE - 1)))]


def refusal(after: Department, before: Department | None, others: list[Department]) -> str | None:
    try:
        check_room_for(after, before, others)
    except Refused as refused:
        return refused.slug
    return None


def test_a_place_has_so_many_departments_and_no_more() -> None:
    assert refusal(ONE, None, FULL[1:]) is None
    assert refusal(ONE, None, FULL) == "too-many-departments"


def test_departments_of_a_place_bring_so_many_categories_and_no_more_each_counted_once() -> None:
    assert refusal(replace(ONE, categories=("a",)), None, WIDE) is None
    assert refusal(replace(ONE, categories=("a", "c-1", "c-2")), None, WIDE) is None
    assert refusal(ONE, None, WIDE) == "too-many-categories"
    assert refusal(ONE, replace(ONE, categories=("a",)), WIDE) == "too-many-categories"
    assert refusal(replace(ONE, categories=("b",)), replace(ONE, categories=("a",)), WIDE) is None


@pytest.mark.parametrize("others", [FULL, [*FULL, *FULL], [*WIDE, replace(ONE, id="x", categories=("x", "y", "z"))]])
def test_what_a_place_has_beyond_that_may_be_renamed_and_made_smaller(others: list[Department]) -> None:
    assert refusal(replace(ONE, name="住建局"), ONE, others) is None
    assert refusal(replace(ONE, categories=("a",)), ONE, others) is None
    assert refusal(replace(ONE, categories=("a", "new")), ONE, others) is not None


def test_a_refusal_names_some_and_first_what_anybody_may_choose() -> None:
    many = [*(f"a-{number}" for number in range(9000)), *CATEGORIES]
    assert len(named(many)) == MOST_NAMED
    assert set(named(many)) >= CATEGORIES
    assert named(["other", "zoo", "fire"]) == ["fire", "other", "zoo"]
