"""Query strings and cursors."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields

from services.chassis.http.paging import Cursors, Page, page_of, read_page
from services.chassis.http.problems import Problem
from services.chassis.http.queries import load_params, parse_query

CURSORS = Cursors("a key", "GET /api/v1/tickets")


class Filter(Schema):
    state = fields.List(fields.String())
    late = fields.Boolean()
    area = fields.String(data_key="area_path")


@given(st.text(st.characters(max_codepoint=255)))
def test_no_query_does_worse_than_a_refusal(query: str) -> None:
    with suppress(Problem):
        assert isinstance(parse_query(query), dict)


def test_a_query_is_read_as_utf_8() -> None:
    assert parse_query("a=%E7%81%AF&a=x+y&b") == {"a": ["灯", "x y"], "b": [""]}


def test_only_list_fields_may_be_given_twice() -> None:
    loaded = load_params(Filter(), {"state": ["filed", "closed"], "late": ["true"], "area_path": ["/x/"]})
    assert loaded == {"state": ["filed", "closed"], "late": True, "area": "/x/"}
    with pytest.raises(ValidationError) as refused:
        load_params(Filter(), {"late": ["true", "false"]})
    assert refused.value.messages == {"late": ["Given more than once."]}


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
POSITIONS = st.lists(st.none() | st.integers() | TEXT | st.datetimes(timezones=st.just(UTC)))


@given(POSITIONS)
def test_a_cursor_brings_back_the_position(position: list[Any]) -> None:
    assert CURSORS.read(CURSORS.write(position)) == tuple(position)


@given(st.text())
def test_an_invented_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        CURSORS.read(cursor)
    assert refused.value.slug == "bad-cursor"


def test_a_cursor_of_another_list_or_another_installation_is_refused() -> None:
    for other in (Cursors("a key", "GET /api/v1/members"), Cursors("another key", "GET /api/v1/tickets")):
        with pytest.raises(Problem):
            CURSORS.read(other.write(["x"]))


def test_a_page_answers_what_fits_and_where_the_next_begins() -> None:
    page = Page(2, None, CURSORS)
    assert page.fetch == 3
    assert page.answer([1, 2], lambda item: (item,)) == {"items": [1, 2], "next": None}
    assert page.answer([], lambda item: (item,)) == {"items": [], "next": None}
    full = page.answer([1, 2, 3], lambda item: (item,))
    assert full["items"] == [1, 2]
    assert read_page({"cursor": [full["next"]], "limit": ["7"]}, CURSORS).after == (2,)


def test_a_time_in_a_cursor_is_exact() -> None:
    moment = datetime(2026, 11, 22, 1, 2, 3, 4000, UTC)
    assert CURSORS.read(CURSORS.write([moment])) == (moment,)


def test_a_page_s_schema_is_named_after_its_items() -> None:
    class Thing(Schema):
        name = fields.String()

    assert page_of(Thing).__name__ == "ThingPage"
    assert set(page_of(Thing)().fields) == {"items", "next"}
