"""Fields of requests that hold a secret: each schema declares which, and of what kind.

What a person chose can be guessed: no digest of it may be kept by which somebody who has the key of digests could find
out whether a guess is right, a billion times a second. What a machine made at random cannot be guessed.
"""

import functools
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

FORMAT = "password"
"""OpenAPI's word for what is not to be shown while it is typed."""
MADE = "x-random"


def chosen(**more: Any) -> dict[str, Any]:
    """Metadata of a field that holds what a person chose, a password: left out of a keyed request's digest."""
    return {"format": FORMAT, **more}


def made(**more: Any) -> dict[str, Any]:
    """Metadata of a field that holds what a machine made at random, of 128 bits at least: the digest covers it, so that
    a kept answer is given only to who sends the same again."""
    return {"format": FORMAT, MADE: True, **more}


def is_declared(field: "fields.Field[Any]") -> bool:
    """Whether a field says that it holds a secret."""
    return field.metadata.get("format") == FORMAT


def is_chosen(field: "fields.Field[Any]") -> bool:
    return is_declared(field) and not field.metadata.get(MADE)


def without_chosen(schema: Schema, value: Any) -> Any:
    """A JSON value without what people chose as secrets."""
    if not isinstance(value, Mapping) or not _has_chosen(type(schema)):
        return value
    kept = dict(value)
    for name, field in schema.load_fields.items():
        key = field.data_key if field.data_key is not None else name
        if is_chosen(field):
            kept.pop(key, None)
        elif key in kept:
            kept[key] = _within(field, kept[key])
    return kept


def _within(field: "fields.Field[Any]", value: Any) -> Any:
    if isinstance(field, fields.Nested):
        return without_chosen(field.schema, value)
    if isinstance(field, fields.List) and isinstance(value, list):
        return [_within(field.inner, item) for item in value]
    if isinstance(field, fields.Dict) and isinstance(value, Mapping) and field.value_field is not None:
        inner = field.value_field
        return {key: _within(inner, item) for key, item in value.items()}
    return value


@functools.cache
def _has_chosen(schema: type[Schema]) -> bool:
    """Most requests hold none, and come in numbers."""
    return any(is_chosen(field) for field in every_field(schema()))


def every_field(schema: Schema) -> "list[fields.Field[Any]]":
    """The fields that a request may have, those of nested objects and of lists among them."""
    found: list[fields.Field[Any]] = []
    waiting = list(schema.load_fields.values())
    while waiting:
        field = waiting.pop()
        found.append(field)
        if isinstance(field, fields.Nested):
            waiting += field.schema.load_fields.values()
        elif isinstance(field, fields.List):
            waiting.append(field.inner)
        elif isinstance(field, fields.Dict) and field.value_field is not None:
            waiting.append(field.value_field)
    return found
