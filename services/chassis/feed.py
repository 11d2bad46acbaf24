"""The event log as an HTTP feed, for consumers that cannot speak AMQP.

A cursor holds one position per partition. The relay gives positions out under the partition's lease when it marks rows
published, without gaps, so that a cursor never skips what is published later.

It also holds the log's epoch, which a restore changes: afterwards new events take the places of those that were lost,
and a cursor of before would skip them without a word.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.chassis import wire
from services.chassis.outbox import COLLECTION, PARTITIONS
from services.contracts.registry import EVENT_TYPES

Document = dict[str, Any]
START = (0,) * PARTITIONS
_EPOCH = "epoch"
"""Stands beside the partitions: who may read the positions may read it."""
_FIRST_EPOCH = 0
"""Of a log that was never restored, and of cursors from before there were epochs."""
_LARGEST = 2**53


class BadCursor(Exception):
    """The cursor is not one that this feed gave out."""

    slug = "bad-cursor"
    params: Document = {}


class CursorExpired(Exception):
    """Events after the cursor have left the log, or it is one of before a restore: begin with a snapshot."""

    slug = "cursor-expired"
    params: Document = {}


@dataclass(frozen=True, slots=True)
class Page:
    events: list[Document]
    cursor: str
    """Where to go on; the same as before when there was nothing new."""


def closed(content: Any) -> str:
    """A cursor with this content."""
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")


def opened(cursor: str) -> Any:
    """What a cursor holds; whoever reads it looks whether that was ever given out. Raises BadCursor."""
    try:
        return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise BadCursor from None


def encode_cursor(epoch: int, positions: Sequence[int]) -> str:
    return closed([epoch, *positions])


def decode_cursor(cursor: str) -> tuple[int, tuple[int, ...]]:
    """The epoch and the positions in a cursor. Raises BadCursor."""
    numbers = opened(cursor)
    valid = isinstance(numbers, list) and len(numbers) in (PARTITIONS, PARTITIONS + 1)
    if not valid or not all(type(n) is int and 0 <= n < _LARGEST for n in numbers):
        raise BadCursor
    epoch = numbers[0] if len(numbers) > PARTITIONS else _FIRST_EPOCH
    return epoch, tuple(numbers[-PARTITIONS:])


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
    epoch, last = _epoch_and_last_positions(db)
    of_epoch, begin = (epoch, START) if cursor is None else decode_cursor(cursor)
    if of_epoch != epoch:
        raise CursorExpired
    positions = list(begin)
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
    return Page(events, encode_cursor(epoch, positions))


def present(db: Database[Document]) -> str:
    """A cursor after everything that is published now.

    Read the state after asking for it, then the feed from it: what state and feed both know is harmless to whoever
    compares `sequence`, and nothing falls between.
    """
    return encode_cursor(*_epoch_and_last_positions(db))


def begin_epoch(db: Database[Document]) -> None:
    """Let every cursor that was given out until now expire; after a restore."""
    fresh = secrets.randbelow(_LARGEST - 1) + 1
    db["relay_partitions"].update_one({"_id": _EPOCH}, {"$set": {"epoch": fresh}}, upsert=True)


def _epoch_and_last_positions(db: Database[Document]) -> tuple[int, list[int]]:
    """The log's epoch, and the last position that the relay gave out in each partition, whether or not its row is still
    in the log."""
    rows = {row["_id"]: row for row in db["relay_partitions"].find({}, {"position": 1, "epoch": 1})}
    given = {partition: int(rows[partition]["position"]) for partition in range(PARTITIONS) if partition in rows}
    return rows.get(_EPOCH, {}).get("epoch", _FIRST_EPOCH), [given.get(n, 0) for n in range(PARTITIONS)]


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
    kind = EVENT_TYPES.get(row["type"])
    if _private(row) or (kind is not None and not kind.in_feed) or (types and row["type"] not in types):
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

    `last` was read before the rows: what it counts and they do not show has left the log too. A cursor beyond it was
    given out by a log that has been restored since, by hand.
    """
    if (rows[0]["position"] != after + 1) if rows else after != last:
        raise CursorExpired
