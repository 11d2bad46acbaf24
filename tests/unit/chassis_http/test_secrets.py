"""Every field that holds a secret says so, and no digest is kept of a password."""

from collections.abc import Iterator

import pytest
from marshmallow import Schema, fields

from services.chassis.directory import SERVICES, find_service
from services.chassis.http import ANYONE, Route, routes_of
from services.chassis.http.secrets import MADE, chosen, every_field, is_chosen, is_declared, made, without_chosen

ROUTES = [route for service in SERVICES for route in routes_of(find_service(service).api)]
WORDS = {"password", "passwd", "passphrase", "passcode", "pin", "secret", "key", "token", "credential", "otp"}
"""A field with one of these in its name holds a secret."""


def asked(route: Route) -> Iterator[tuple[str, "fields.Field[object]"]]:
    """Everything that a route takes in its body or its query, with names."""
    for schema in (route.body, route.params):
        for field in every_field(schema()) if schema else ():
            yield field.data_key or field.name or "", field


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_secret_of_a_request_is_declared(route: Route) -> None:
    undeclared = [name for name, field in asked(route) if WORDS & set(name.split("_")) and not is_declared(field)]
    assert undeclared == []


def test_only_bodies_hold_passwords() -> None:
    params = [(route.name, field.name) for route in ROUTES if route.params
              for field in every_field(route.params()) if is_chosen(field)]  # fmt: skip
    assert params == []


def test_an_open_route_that_takes_a_password_answers_everybody_the_same() -> None:
    """Its digest does not say whether a repetition knows the password."""
    keyed = [route for route in ROUTES if route.keyed and route.roles is ANYONE]
    taking = {route.name: route.answer for route in keyed if any(is_chosen(field) for _, field in asked(route))}
    assert set(taking) == {"POST /api/v1/accounts/registrations"}
    assert [list(answer().fields) for answer in taking.values() if answer] == [["message"]]


def test_what_is_declared_is_what_we_know() -> None:
    declared = {(name, MADE in field.metadata) for route in ROUTES for name, field in asked(route)
                if is_declared(field)}  # fmt: skip
    assert declared == {
        ("password", False), ("current", False), ("new", False), ("api_key", True), ("token", True),
        ("follow_up_secret", True),
    }  # fmt: skip


class Inner(Schema):
    word = fields.String(metadata=chosen())
    said = fields.String(data_key="text")


class Outer(Schema):
    password = fields.String(data_key="pass-word", metadata=chosen())
    secret = fields.String(metadata=made())
    one = fields.Nested(Inner)
    many = fields.List(fields.Nested(Inner))
    by_name = fields.Dict(keys=fields.String(), values=fields.Nested(Inner))


class Plain(Schema):
    text = fields.String()


def test_a_digest_is_of_all_but_what_people_chose_however_deep() -> None:
    inner, left = {"word": "w", "text": "t"}, {"text": "t"}
    value = {"pass-word": "p", "secret": "s", "one": inner, "many": [inner, 7, None], "by_name": {"a": inner}}
    assert without_chosen(Outer(), value) == {
        "secret": "s", "one": left, "many": [left, 7, None], "by_name": {"a": left},
    }  # fmt: skip
    assert value["one"] is inner, "what was sent stays as it is"


@pytest.mark.parametrize("value", [None, [], "text", {"one": None, "many": "text", "by_name": 3}])
def test_what_has_another_shape_stays_as_it_is(value: object) -> None:
    assert without_chosen(Outer(), value) == value


def test_what_holds_no_password_is_not_even_copied() -> None:
    value = {"text": "t"}
    assert without_chosen(Plain(), value) is value
