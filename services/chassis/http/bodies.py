"""Request bodies: JSON objects in UTF-8, small, and nothing in them that would only fail further in."""

import json
import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from marshmallow import ValidationError

from services.chassis.http.language import MOST_TOLD, Localized
from services.chassis.http.problems import MALFORMED_JSON, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, Problem

LARGEST_BODY = 1_000_000
"""Bytes; what is announced as larger is refused before it is read."""
DEEPEST = 32
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_INT64 = 2**63
Path = tuple[str, ...]
"""The way to a value: names of members and numbers of items."""
_JSON = re.compile(r"application/json\s*(;\s*charset\s*=\s*\"?utf-?8\"?\s*)?\Z", re.IGNORECASE)


class Unfit(ValidationError):
    """What is JSON but cannot be kept. `more` is how many faults there are besides those in `messages`."""

    def __init__(self, messages: dict[str, Any], more: int) -> None:
        super().__init__(messages)
        self.more = more


def read_body(stream: Any, content_length: int | None, chunked: bool, largest: int = LARGEST_BODY) -> bytes:
    """The raw body. Raises Problem 413 for one that is, or turns out to be, larger than `largest` bytes."""
    if not chunked:
        if content_length is not None and content_length > largest:
            raise Problem(TOO_LARGE, limit_bytes=largest)
        return _read(stream, content_length or 0)
    body = _read(stream, largest + 1)
    if len(body) > largest:
        raise Problem(TOO_LARGE, limit_bytes=largest)
    return body


def _read(stream: Any, wanted: int) -> bytes:
    pieces: list[bytes] = []
    while wanted > 0:
        piece: bytes = stream.read(min(wanted, 65_536))
        if not piece:
            break
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def parse_body(body: bytes, content_type: str | None) -> Any:
    """The JSON value of a body; no body at all is an empty object, so that what is missing in it gets named.

    Raises Problem 415 or 400 `malformed-json`, and ValidationError for text and numbers that we cannot keep.
    """
    if not body:
        return {}
    if content_type is None or not _JSON.match(content_type.strip()):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, headers={"Accept": "application/json"})
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
        faults = _faults(value, ())
        told = list(islice(faults, MOST_TOLD))
        more = sum(1 for _ in faults)
    except (ValueError, RecursionError):
        raise Problem(MALFORMED_JSON) from None
    if told:
        raise Unfit(_nested(told), more)
    return value


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON value, whatever its spaces and the order of its members."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the number is out of range")
    return number


def _faults(value: Any, path: Path) -> Iterator[tuple[Path, Localized]]:
    """The places of what is JSON but cannot be kept. Raises ValueError for what no UTF-8 JSON holds."""
    if len(path) > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, str):
        if _SURROGATE.search(value):
            raise ValueError("half a character")
        if _CONTROL.search(value):
            yield path, Localized("Control characters are not allowed.", "不能含有控制字符。")
    elif isinstance(value, int) and not -_INT64 <= value < _INT64:
        yield path, Localized("Number too large.", "数字过大。")
    elif isinstance(value, dict):
        for name, inner in value.items():
            wrong_name = list(_faults(name, (*path, name)))
            yield from wrong_name or _faults(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _faults(inner, (*path, str(number)))


def _nested(faults: list[tuple[Path, Localized]]) -> dict[str, Any]:
    """Faults in marshmallow's own shape, one level per step of the path. No fault lies beneath another."""
    messages: dict[str, Any] = {}
    for path, text in faults:
        at = messages
        for step in path:
            at = at.setdefault(step, {})
        at.setdefault("_schema", []).append(text)
    return messages
