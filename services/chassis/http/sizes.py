"""Sizes before fields: how much a request may hold at all, read off its schema.

marshmallow judges each item of a list before it looks at the list's length, so that thousands of wrong items cost
thousands of judgements. What is here costs one look at each list, and says how many bytes a body may have.
"""

import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from marshmallow import Schema, fields, validate

from services.chassis.http.bodies import LARGEST_BODY
from services.chassis.http.language import MOST_TOLD, Localized
from services.chassis.http.routes import Route

_PARSER: Any = import_module("re._parser")
"""The library's own: no other place says how wide a pattern is."""
_ESCAPED = 12
"""Bytes of a character of free text at most: both halves of an emoji, escaped."""
_SHORT = 64
"""Bytes of a number, a boolean, a date."""
_AROUND = 32
"""Bytes around a member or an item: quotes, commas, line ends, indentation."""
_ROOM = 1024
_SMALLEST = 16_384
"""Bytes that every route takes, so that who writes too much into a field is told which."""
_NO_WIDTH = 1_000_000
"""What the library says of a pattern without an end is larger than this."""
Messages = dict[str, Any]


def oversized(schema: Schema, value: Any) -> Messages:
    """The lists and objects of a JSON value that hold more than the schema lets them, in marshmallow's shape.

    Looks at no more of the value than a good one could hold.
    """
    if not isinstance(value, Mapping):
        return {}
    most = len(schema.load_fields) + MOST_TOLD
    if len(value) > most:
        return {"_schema": [Localized(f"At most {most} members.", f"最多 {most} 个字段。")]}
    found: Messages = {}
    for name, field in schema.load_fields.items():
        key = field.data_key if field.data_key is not None else name
        wrong = _of_field(field, value[key]) if key in value else None
        if wrong:
            found[key] = wrong
    return found


def _of_field(field: "fields.Field[Any]", value: Any) -> Any:
    if isinstance(field, fields.Nested):
        return oversized(field.schema, value)
    if isinstance(field, fields.List) and isinstance(value, list):
        return _too_many(field, value) or _within(field.inner, ((str(at), item) for at, item in enumerate(value)))
    if isinstance(field, fields.Dict) and isinstance(value, Mapping):
        return _too_many(field, value) or (field.value_field and _within(field.value_field, value.items()))
    return None


def _within(field: "fields.Field[Any]", items: Iterable[tuple[str, Any]]) -> Messages:
    found = ((key, _of_field(field, item)) for key, item in items)
    return {key: wrong for key, wrong in found if wrong}


def _too_many(field: "fields.Field[Any]", value: Any) -> list[Localized] | None:
    most = bound(field)
    if most is None or len(value) <= most:
        return None
    return [Localized(f"Longer than maximum length {most}.", f"最多 {most} 项。")]


def bound(field: "fields.Field[Any]") -> int | None:
    """How many characters, items or members its value has at most; None where nothing says."""
    if isinstance(field, fields.Dict) and field.key_field is not None:
        for check in field.key_field.validators:
            if isinstance(check, validate.OneOf):
                return len(list(check.choices))
    return _least(field.validators)


def _least(checks: Iterable[Any]) -> int | None:
    return min((most for check in checks if (most := _bound_by(check)) is not None), default=None)


def _bound_by(check: Any) -> int | None:
    if isinstance(check, validate.Length):
        return check.equal if check.equal is not None else check.max
    if isinstance(check, validate.OneOf):
        return max(len(str(choice)) for choice in check.choices)
    if isinstance(check, validate.Regexp):
        return _width(check.regex)
    if isinstance(check, validate.And):
        return _least(check.validators)
    return None


def _width(pattern: re.Pattern[Any]) -> int | None:
    """Characters that the pattern takes at most; it is matched from the start, so that it needs an end."""
    if not pattern.pattern.endswith(r"\Z"):
        return None
    most: int = _PARSER.parse(pattern.pattern, pattern.flags).getwidth()[1]
    return most if most < _NO_WIDTH else None


def largest_body(route: Route) -> int:
    """Bytes of the largest body that the route may be sent: what its schema lets in, however it is written."""
    if route.raw is not None:
        return route.raw.largest
    most = _bytes_of_object(route.body()) if route.body else 0
    return LARGEST_BODY if most is None else min(LARGEST_BODY, max(_SMALLEST, most + _ROOM))


def _bytes_of_object(schema: Schema) -> int | None:
    return _sum(
        _plus(_bytes_of(field), len(field.data_key or name) + _AROUND) for name, field in schema.load_fields.items()
    )


def _bytes_of(field: "fields.Field[Any]") -> int | None:
    if isinstance(field, fields.Nested):
        return _bytes_of_object(field.schema)
    if isinstance(field, fields.List):
        return _times(bound(field), _plus(_bytes_of(field.inner), _AROUND))
    if isinstance(field, fields.Dict):
        if field.key_field is None or field.value_field is None:
            return None
        return _times(bound(field), _sum([_bytes_of(field.key_field), _bytes_of(field.value_field), _AROUND]))
    if isinstance(field, fields.String):
        return _times(bound(field), _bytes_of_character(field.validators))
    return None if type(field) is fields.Raw else _SHORT


def _bytes_of_character(checks: Iterable[Any]) -> int:
    """Codes and choices are ASCII, which nobody escapes; free text may be anything."""
    plain = any(isinstance(check, (validate.Regexp, validate.OneOf, validate.And)) for check in checks)
    return 1 if plain else _ESCAPED


def _sum(parts: Iterable[int | None]) -> int | None:
    total: int | None = 0
    for part in parts:
        total = _plus(total, part)
    return total


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _times(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one * other


def unbounded(schema: Schema, at: str = "") -> list[str]:
    """The names of the texts, lists and objects of a schema, at any depth, that nothing bounds."""
    named = ((f"{at}.{name}".lstrip("."), field) for name, field in schema.load_fields.items())
    return [name for where, field in named for name in _unbounded_of(field, where)]


def _unbounded_of(field: "fields.Field[Any]", at: str) -> list[str]:
    if isinstance(field, fields.Nested):
        return unbounded(field.schema, at)
    inner: list[str] = []
    if isinstance(field, fields.List):
        inner = _unbounded_of(field.inner, f"{at}[]")
    elif isinstance(field, fields.Dict):
        parts = ((field.key_field, f"{at}{{key}}"), (field.value_field, f"{at}{{}}"))
        inner = [name for part, where in parts for name in (_unbounded_of(part, where) if part else [where])]
    elif not isinstance(field, fields.String) and type(field) is not fields.Raw:
        return []
    return inner if bound(field) is not None else [at, *inner]
