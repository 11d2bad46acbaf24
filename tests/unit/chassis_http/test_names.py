"""A name that people see stands on one line, and nothing in it is unseen or turns the direction of what follows."""

from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields

from services.chassis.http.texts import legible
from services.writing.characters import is_name
from tests.unit.chassis_http.routes import ROUTES
from tests.unit.writing.names import DECEIVING, NAMES

NAMED = ("name", "title", "zh-CN", "en", "period")


def named(schema: Schema) -> Iterator[tuple[str, fields.String]]:
    """The texts of a body that are names by how their fields are called, at any depth."""
    for key, field in schema.load_fields.items():
        yield from _named(f"{type(schema).__name__}.{field.data_key or key}", field)


def _named(at: str, field: Any) -> Iterator[tuple[str, fields.String]]:
    if isinstance(field, fields.Nested):
        yield from named(field.schema)
    elif isinstance(field, fields.List):
        yield from _named(at, field.inner)
    elif isinstance(field, fields.Dict) and field.value_field is not None:
        yield from _named(at, field.value_field)
    elif isinstance(field, fields.String) and at.rpartition(".")[2] in NAMED:
        yield at, field


BODIES = {route.body for _, route in ROUTES if route.body}
FIELDS = dict(found for body in sorted(BODIES, key=lambda one: one.__name__) for found in named(body()))


def test_there_are_such_fields_in_every_service_that_takes_names() -> None:
    assert {"Contact.name", "NewKey.name", "DefinePost.name", "DescribeDepartment.name", "Reporter.name"} <= set(FIELDS)


@pytest.mark.parametrize("at", sorted(FIELDS))
@pytest.mark.parametrize("text", DECEIVING, ids=ascii)
def test_no_body_takes_a_name_that_deceives(at: str, text: str) -> None:
    with pytest.raises(Exception, match=r".") as refused:
        FIELDS[at].deserialize(text)
    assert type(refused.value).__name__ == "ValidationError"


@pytest.mark.parametrize("at", sorted(FIELDS))
@pytest.mark.parametrize("text", NAMES, ids=ascii)
def test_usual_names_are_taken(at: str, text: str) -> None:
    assert FIELDS[at].deserialize(text) == text


@pytest.mark.parametrize("text", DECEIVING, ids=ascii)
def test_what_deceives_is_no_name(text: str) -> None:
    assert not is_name(text)
    assert not is_name(f"{text}河曲" if text.strip(" ") else text)


@pytest.mark.parametrize("text", ["\u0300", " \u0332 ", "\u20dd", "\u180b"], ids=ascii)
def test_a_mark_alone_is_nothing_to_read(text: str) -> None:
    assert not is_name(text)
    with pytest.raises(ValidationError):
        legible(text)
