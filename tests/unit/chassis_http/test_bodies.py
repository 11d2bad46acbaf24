"""Bodies: what is not a small, sound JSON value never reaches a handler."""

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.chassis.http.bodies import DEEPEST, LARGEST_BODY, canonical, parse_body, read_body
from services.chassis.http.language import body_faults
from services.chassis.http.problems import Problem

JSON = "application/json"
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_every_sound_value_comes_through_as_it_was(value: Any) -> None:
    assert parse_body(json.dumps(value).encode(), JSON) == value


@given(st.binary(min_size=1, max_size=50))
def test_no_bytes_do_worse_than_a_refusal(body: bytes) -> None:
    with suppress(Problem, ValidationError):
        parse_body(body, JSON)


def test_no_body_is_an_empty_object_so_that_the_missing_fields_get_named() -> None:
    assert parse_body(b"", None) == {}


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf8"']
)
def test_json_in_utf_8_is_accepted_however_it_is_written(kind: str) -> None:
    assert parse_body(b"{}", kind) == {}


@pytest.mark.parametrize("kind", [None, "", "text/json", "application/json; charset=gb18030", "application/jsonx"])
def test_anything_else_is_an_unsupported_type(kind: str | None) -> None:
    with pytest.raises(Problem) as refused:
        parse_body(b"{}", kind)
    assert refused.value.slug == "unsupported-media-type"


def test_nesting_is_accepted_to_a_depth_and_no_deeper() -> None:
    deepest = b"[" * DEEPEST + b"]" * DEEPEST
    assert parse_body(deepest, JSON)
    with pytest.raises(Problem):
        parse_body(b"[" + b"[" + deepest + b"]" + b"]", JSON)


def test_faults_are_reported_where_they_stand() -> None:
    with pytest.raises(ValidationError) as refused:
        parse_body(b'{"a": [{"b": "x\\u0000"}], "n": 9223372036854775808}', JSON)
    assert refused.value.messages == {
        "a": {"0": {"b": {"_schema": ["Control characters are not allowed."]}}},
        "n": {"_schema": ["Number too large."]},
    }


def test_an_announced_length_is_judged_before_anything_is_read() -> None:
    stream = io.BytesIO(b"x" * 10)
    with pytest.raises(Problem) as refused:
        read_body(stream, LARGEST_BODY + 1, chunked=False)
    assert refused.value.slug == "too-large"
    assert stream.tell() == 0


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit() -> None:
    stream = io.BytesIO(b"x" * (2 * LARGEST_BODY))
    with pytest.raises(Problem):
        read_body(stream, None, chunked=True)
    assert stream.tell() == LARGEST_BODY + 1


def test_spaces_and_order_make_no_other_request() -> None:
    assert canonical(json.loads('{"b": 1, "a": [1, 2]}')) == canonical(json.loads('{"a":[1,2],"b":1}'))
    assert canonical({"a": "1"}) != canonical({"a": 1})


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b'{"x\\u0001": {"_schema": "\\u0001"}}', {"/x\x01"}),
        (b'{"a": "\\u0001", "a\\u0000_schema": 1}', {"/a", "/a\x00_schema"}),
        (b'{"_schema": "\\u0001", "b": ["\\u0001"]}', {"", "/b/0"}),
    ],
)
def test_names_that_look_like_our_own_confuse_nobody(body: bytes, pointers: set[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        parse_body(body, JSON)
    assert {error["pointer"] for error in body_faults(refused.value.messages, "en")["errors"]} == pointers
