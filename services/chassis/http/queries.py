"""Query strings, read strictly: percent-encoded UTF-8 without control characters."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from marshmallow import Schema, ValidationError, fields

from services.chassis.http.language import Localized
from services.chassis.http.problems import MALFORMED_QUERY, Problem

_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST = 100


def parse_query(query: str) -> dict[str, list[str]]:
    """All values by name. Raises Problem 400 `malformed-query`."""
    values: dict[str, list[str]] = {}
    parts = [part for part in query.split("&") if part]
    if len(parts) > _MOST:
        raise Problem(MALFORMED_QUERY)
    for part in parts:
        name, _, value = part.partition("=")
        values.setdefault(_decoded(name), []).append(_decoded(value))
    return values


def _decoded(text: str) -> str:
    if _BROKEN_PERCENT.search(text):
        raise Problem(MALFORMED_QUERY)
    try:
        # WSGI hands bytes over as latin-1; what is above ASCII should have been encoded and is read as UTF-8.
        decoded = unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise Problem(MALFORMED_QUERY) from None
    if _CONTROL.search(decoded):
        raise Problem(MALFORMED_QUERY)
    return decoded


def load_params(schema: Schema, values: Mapping[str, list[str]]) -> Any:
    """What the schema makes of the values; only its list fields may be given more than once.

    Raises ValidationError.
    """
    lists = {
        field.data_key if field.data_key is not None else name
        for name, field in schema.load_fields.items()
        if isinstance(field, fields.List)
    }
    twice = {name: [Localized("Given more than once.", "只能给出一次。")]
             for name, given in values.items() if len(given) > 1 and name not in lists}  # fmt: skip
    if twice:
        raise ValidationError(twice)
    return schema.load({name: given if name in lists else given[0] for name, given in values.items()})
