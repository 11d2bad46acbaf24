"""Lists in pages: a cursor says where the next page starts. It is signed, so that only our own come back."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError, fields

from services.chassis.http.language import Localized
from services.chassis.http.problems import BAD_CURSOR, Problem

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
_MAC_BYTES = 12
_LONGEST_CURSOR = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageSize:
    """How many items a page has unless asked otherwise, and at most."""

    default: int = DEFAULT_LIMIT
    largest: int = LARGEST_LIMIT


USUAL = PageSize()


class Cursors:
    """Writes and reads the cursors of one list."""

    def __init__(self, key: str, list_name: str) -> None:
        self._key = hashlib.sha256(f"cursor\0{key}\0{list_name}".encode()).digest()

    def write(self, position: Sequence[Any]) -> str:
        """An opaque text for a position: the sort keys (text, whole numbers, times, null) of a page's last item."""
        body = json.dumps([_packed(part) for part in position], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def read(self, cursor: str) -> tuple[Any, ...]:
        """The position. Raises Problem 400 `bad-cursor` for what this list did not give out."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Problem(BAD_CURSOR) from None
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(body)):
            raise Problem(BAD_CURSOR)
        return tuple(_unpacked(part) for part in json.loads(body))

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:_MAC_BYTES]


def _packed(part: Any) -> Any:
    return {"t": part.isoformat()} if isinstance(part, datetime) else part


def _unpacked(part: Any) -> Any:
    return datetime.fromisoformat(part["t"]) if isinstance(part, dict) else part


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a list that was asked for: at most `limit` items after the position `after` (None: the start)."""

    limit: int
    after: tuple[Any, ...] | None = None
    _cursors: Cursors | None = field(default=None, repr=False)

    @property
    def fetch(self) -> int:
        """How many to read: one more than is answered tells whether there is a next page."""
        return self.limit + 1

    def answer(self, found: Sequence[T], position: Callable[[T], Sequence[Any]]) -> dict[str, Any]:
        """`{"items", "next"}` of what was found with `fetch`; `position` gives an item's sort keys."""
        items = list(found[: self.limit])
        more = len(found) > self.limit
        return {"items": items, "next": self.cursor(position(items[-1])) if more and items else None}

    def cursor(self, position: Sequence[Any]) -> str:
        if self._cursors is None:
            raise RuntimeError("a page without cursors only reads")
        return self._cursors.write(position)


def read_page(values: Mapping[str, list[str]], cursors: Cursors, size: PageSize = USUAL) -> Page:
    """The page that `limit` and `cursor` ask for. Raises ValidationError, Problem 400 `bad-cursor`."""
    limit = _limit(values.get("limit", [str(size.default)]), size.largest)
    given = values.get("cursor")
    if given is None:
        return Page(limit, None, cursors)
    if len(given) != 1 or len(given[0]) > _LONGEST_CURSOR:
        raise Problem(BAD_CURSOR)
    return Page(limit, cursors.read(given[0]), cursors)


def _limit(given: list[str], largest: int) -> int:
    text = given[0]
    if len(given) != 1 or not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise _limit_fault(largest)
    limit = int(text)
    if not 1 <= limit <= largest:
        raise _limit_fault(largest)
    return limit


def _limit_fault(largest: int) -> ValidationError:
    return ValidationError({
        "limit": [Localized(f"Must be a whole number from 1 to {largest}.", f"必须是 1 至 {largest} 的整数。")]
    })  # fmt: skip


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of such items; a route that answers it gets `limit`, `cursor` and `call.page`."""
    members: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(
            required=True, allow_none=True, metadata={"description": "cursor of the next page; null: this is the last"}
        ),
    }
    return type(f"{item.__name__}Page", (Schema,), members)
