"""The event log as an HTTP feed, for consumers that cannot speak AMQP.

A cursor holds one position per partition. The relay gives positions out under the partition's lease when it marks rows
published, without gaps, so that a cursor never skips what is published later.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.chassis import wire
from services.chassis.outbox import COLLECTION, PARTITIONS

Document = dict[str, Any]
START = (0,) * PARTITIONS


class BadCursor(Exception):
    """The cursor is not one that this feed gave out."""

    slug = "bad-cursor"
    params: Document = {}


class CursorExpired(Exception):
    """Events after the cursor have left the log: begin with a snapshot."""

    slug = "cursor-expired"
    params: Document = {}


@dataclass(frozen=True, slots=True)
class Page:
    events: list[Document]
    cursor: str
    """Where to go on; the same as before when there was nothing new."""


def encode_cursor(positions: Sequence[int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(positions), separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> tuple[int, ...]:
    """The positions in a cursor; the beginning of the log for None. Raises BadCursor."""
    if cursor is None:
        return START
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        positions = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        raise BadCursor from None
    valid = isinstance(positions, list) and len(positions) == PARTITIONS
    if not valid or not all(type(p) is int and 0 <= p < 2**53 for p in positions):
        raise BadCursor
    return tuple(positions)


def read(
    db: Database[Document],
    cursor: str | None,
    *,
    types: Sequence[str] = (),
    area_paths: Sequence[str] | None = None,
    limit: int = 100,
) -> Page:
    """The next events after `cursor`, of the given types (all when empty) and beneath the given areas (None: all).

    Order is kept per aggregate. Raises BadCursor or CursorExpired.
    """
    positions, last = list(decode_cursor(cursor)), _last_positions(db)
    events: list[Document] = []
    share = max(1, limit // PARTITIONS)  # so that a busy partition cannot hold up the others
    for partition in range(PARTITIONS):
        rows = _rows(db, partition, positions[partition], share)
        if cursor is not None:
            _check_not_expired(rows, positions[partition], last[partition])
        elif not rows:
            positions[partition] = last[partition]  # all that it had has left the log already
        for row in rows:
            positions[partition] = row["position"]
            if _wanted(row, types, area_paths):
                events.append(_public(row))
    return Page(events, encode_cursor(positions))


def present(db: Database[Document]) -> str:
    """A cursor after everything that is published now.

    Read the state after asking for it, then the feed from it: what state and feed both know is harmless to whoever
    compares `sequence`, and nothing falls between.
    """
    return encode_cursor(_last_positions(db))


def _last_positions(db: Database[Document]) -> list[int]:
    """The last position that the relay gave out in each partition, whether or not its row is still in the log."""
    given = {row["_id"]: int(row["position"]) for row in db["relay_partitions"].find({}, {"position": 1})}
    return [given.get(partition, 0) for partition in range(PARTITIONS)]


def narrowed(areas: Sequence[str], wanted: str | None) -> list[str]:
    """What lies beneath `wanted` and beneath one of `areas`, both being paths; empty: nothing does."""
    if wanted is None:
        return list(areas)
    if any(wanted.startswith(area) for area in areas):
        return [wanted]
    return [area for area in areas if area.startswith(wanted)]


def _rows(db: Database[Document], partition: int, after: int, limit: int) -> list[Document]:
    query = {"partition": partition, "position": {"$gt": after}}
    return list(db[COLLECTION].find(query).sort("position", ASCENDING).limit(limit))


def _wanted(row: Document, types: Sequence[str], area_paths: Sequence[str] | None) -> bool:
    if _private(row) or (types and row["type"] not in types):
        return False
    return area_paths is None or any(row["area_path"].startswith(path) for path in area_paths)


def _private(row: Document) -> bool:
    """Whether the row holds contact data, still sealed or blanked already: neither is for the feed."""
    return row["data"] is None or "sealed" in row


def _public(row: Document) -> Document:
    """A CloudEvent in JSON."""
    return {
        "specversion": "1.0",
        "id": row["_id"],
        "source": row["source"],
        "type": row["type"],
        "subject": row["subject"],
        "time": row["occurred_at"].isoformat(),
        "sequence": row["sequence"],
        "areapath": row["area_path"],
        "datacontenttype": wire.CONTENT_TYPE,
        "data": row["data"],
    }


def _check_not_expired(rows: Sequence[Document], after: int, last: int) -> None:
    """Positions have no gaps: where the next row is not the next position, what was between has left the log.

    `last` was read before the rows: what it counts and they do not show has left the log too.
    """
    if (rows[0]["position"] != after + 1) if rows else after < last:
        raise CursorExpired
