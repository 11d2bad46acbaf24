"""What a request may hold is known before its fields are judged: each route's schema bounds all that is in it."""

import json
from typing import Any

import pytest
from marshmallow import Schema, fields, validate
from werkzeug.datastructures import Headers

from services.chassis.directory import SERVICES, find_service
from services.chassis.http.answering import Incoming, _body
from services.chassis.http.bodies import LARGEST_BODY
from services.chassis.http.entrypoints import routes_of
from services.chassis.http.language import MOST_TOLD, Localized
from services.chassis.http.problems import INVALID_INPUT, Problem, document
from services.chassis.http.routes import ANYONE, Route
from services.chassis.http.sizes import largest_body, oversized, unbounded
from services.tickets.schemas.places import LoadPlaces

ROUTES = [route for service in SERVICES for route in routes_of(find_service(service).api)]
JSON = Headers({"Content-Type": "application/json"})
_LOOKS: list[Any] = []
"""What the fields of `Item` were asked to judge."""


class Item(Schema):
    name = fields.String(required=True, validate=[_LOOKS.append, validate.Length(1, 9)])


class Book(Schema):
    kind = fields.String(validate=validate.OneOf(("thin", "thick")))
    code = fields.String(validate=validate.Regexp(r"[a-z]{1,9}\Z"))
    text = fields.String(validate=validate.Length(max=100))
    items = fields.List(fields.Nested(Item), validate=validate.Length(max=10))
    marks = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 5)), values=fields.Nested(Item), validate=validate.Length(max=3)
    )


class Loose(Schema):
    text = fields.String()
    code = fields.String(validate=validate.Regexp(r"[a-z]+\Z"))
    open_ended = fields.String(validate=validate.Regexp(r"[a-z]{1,9}"))
    items = fields.List(fields.String(), validate=validate.Length(max=3))
    many = fields.List(fields.Nested(Item))
    marks = fields.Dict(keys=fields.String(validate=validate.Length(max=3)))
    anything = fields.Raw()
    fine = fields.Integer()


BOOK = Route("command", "POST", "/books", ANYONE, Book)


def refused(route: Route, body: bytes) -> Problem:
    with pytest.raises(Problem) as problem:
        _body(route, Incoming(JSON, "", body, "192.0.2.1", "", {}), "en")
    return problem.value


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_list_and_every_text_that_a_route_takes_has_a_bound(route: Route) -> None:
    taken = [shape for shape in (route.body, route.params) if shape and shape is not LoadPlaces]
    assert [name for shape in taken for name in unbounded(shape())] == []


def test_only_the_tree_of_places_is_judged_by_its_own_reader_and_only_its_route_takes_so_much() -> None:
    assert unbounded(LoadPlaces()) == ["demo", "levels", "county", "streets"]
    assert [route.name for route in ROUTES if route.body and largest_body(route) == LARGEST_BODY] == [
        "POST /api/v1/places"
    ]


def test_without_a_token_no_body_is_larger_than_64_kilobytes() -> None:
    open_routes = [route for route in ROUTES if route.roles is ANYONE and route.raw is None]
    assert max(map(largest_body, open_routes)) <= 64_000


def test_what_has_no_bound_is_found_at_any_depth() -> None:
    found = ["anything", "code", "items[]", "many", "marks", "marks{}", "open_ended", "text"]
    assert sorted(unbounded(Loose())) == found
    assert unbounded(Book()) == []


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"items": [{"name": 1}] * 5_000}, "/items"),
        ({"marks": {str(number): {"name": "x"} for number in range(4)}}, "/marks"),
        ({f"x{number}": 1 for number in range(2_000)}, ""),
        ({"marks": {"a": {f"x{number}": 1 for number in range(2_000)}}}, "/marks/a"),
        ({"items": [{f"x{number}": 1 for number in range(2_000)}]}, "/items/0"),
    ],
)
def test_what_is_too_much_is_refused_without_a_look_at_what_is_in_it(value: Any, pointer: str) -> None:
    _LOOKS.clear()
    errors = refused(BOOK, json.dumps(value).encode()).params["errors"]
    assert [error["pointer"] for error in errors] == [pointer]
    assert _LOOKS == []


def test_what_is_just_enough_is_judged_field_by_field() -> None:
    errors = refused(BOOK, json.dumps({"items": [{"name": 1}] * 10, "text": "x" * 101}).encode()).params["errors"]
    assert len(errors) == 11
    assert oversized(Book(), {"items": [{"name": "x"}] * 10}) == {}


@pytest.mark.parametrize("body", [b"[]", b"7", b'"x"', b"null", b'{"items": 7, "marks": []}', b'{"items": [7, [[]]]}'])
def test_another_shape_is_left_to_the_fields(body: bytes) -> None:
    refused(BOOK, body)


def test_the_longest_good_body_has_room_however_it_is_written() -> None:
    value = {"kind": "thick", "code": "a" * 9, "text": "😀" * 100, "items": [{"name": "😀" * 9}] * 10,
             "marks": {name * 5: {"name": "😀" * 9} for name in "中文字"}}  # fmt: skip
    written = json.dumps(value, indent=4).encode()
    assert Book().load(json.loads(written))
    assert len(written) <= largest_body(BOOK)


def test_fifty_faults_are_told_and_how_many_more_there_are() -> None:
    control = json.dumps({f"x{number}": "\x01" for number in range(60)}).encode()
    problem = refused(BOOK, control)
    assert (len(problem.params["errors"]), problem.params["more_errors"]) == (MOST_TOLD, 10)
    assert document(INVALID_INPUT, problem.params, "en", None)["detail"].endswith("10 more are not listed.")
    assert document(INVALID_INPUT, problem.params, "zh-CN", None)["detail"].endswith("另有 10 处有误未列出。")


def test_what_is_over_is_said_in_both_languages() -> None:
    told = oversized(Book(), {"items": [1] * 11})["items"][0]
    assert isinstance(told, Localized)
    assert (str(told), told.zh) == ("Longer than maximum length 10.", "最多 10 项。")
