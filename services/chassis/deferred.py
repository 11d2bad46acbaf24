"""What a consumer could not apply: kept whole and sealed, tried again later, then parked for a person to look at."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, ReturnDocument
from pymongo.database import Database

from services.chassis import wire
from services.chassis.ahead import over
from services.chassis.clock import system_now
from services.chassis.seal import Sealer
from services.chassis.unit import Unit

Document = dict[str, Any]
COLLECTION = "deferred"
LEASE = timedelta(seconds=30)
_TYPE = re.compile(r"[a-z]{1,40}(?:[._][a-z]{1,40}){1,5}\Z")
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z.+-]{1,60}(?:; ?charset=[a-z0-9-]{1,20})?\Z", re.IGNORECASE)
MAX_BODY_BYTES = 8 * 1024 * 1024
"""Sealed, more would not fit into a document of MongoDB; the body is dropped then. No event of ours is near it."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came from the broker, whole."""

    queue: str
    content_type: Any
    headers: Mapping[str, Any]
    body: bytes

    @property
    def key(self) -> str:
        """The same for each delivery of the same event."""
        identity = wire.event_id(self.headers)
        return self.digest if identity is None else f"{self.queue}|{identity}"

    @property
    def digest(self) -> str:
        """The same for each delivery of the same bytes: the broker's own headers, which change, do not count."""
        lasting = {key: value for key, value in self.headers.items() if not str(key).startswith("x-")}
        return f"{self.queue}|{hashlib.sha256(self.body + _json(lasting)).hexdigest()}"


def received(queue: str, message: Any) -> Received:
    """A message of the AMQP library; it gives an empty body as text."""
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode("utf-8", "surrogateescape")
    headers = message.properties.get("application_headers") or {}
    return Received(queue, message.properties.get("content_type"), headers, body)


class Deferred:
    """The deferred and parked messages of one service."""

    def __init__(self, db: Database[Document], sealer: Sealer, delays: tuple[int, ...]) -> None:
        self._rows = db[COLLECTION]
        self._sealer = sealer
        self._delays = delays
        """Seconds before each further try."""
        self._longest = timedelta(seconds=max(delays, default=0))

    def add(self, message: Received, reason: str, *, park: bool = False) -> None:
        """Keep a message before it is acknowledged. Adding it twice keeps it once.

        What is parked at once is kept by its bytes: it may bear the id of an event that is not broken.
        """
        now = system_now()
        parked = park or not self._delays
        fits = len(message.body) <= MAX_BODY_BYTES
        self._rows.update_one(
            {"_id": message.digest if park else message.key},
            {"$setOnInsert": {
                "queue": message.queue,
                "event_id": wire.event_id(message.headers),
                "type": _named(message.headers.get("cloudEvents_type"), _TYPE),
                "content_type": _named(message.content_type, _MEDIA_TYPE),
                "headers": self._sealer.seal_bytes(_json(message.headers)),
                "body": self._sealer.seal_bytes(message.body if fits else b""),
                "size": len(message.body),
                "reason": reason if fits else "too-large",
                "state": "parked" if parked else "waiting",
                "attempts": 0,
                "first_at": now,
                "due_at": None if parked else now + timedelta(seconds=self._delays[0]),
                "lease_until": None,
            }},
            upsert=True,
        )  # fmt: skip

    def claim(self, queue: str) -> tuple[Document, Received] | None:
        """The next message of `queue` that is due, counted as tried before it is tried; None when there is none."""
        now = system_now()
        row = self._rows.find_one_and_update(
            {"queue": queue, "state": "waiting",
             "$and": [over("due_at", now, self._longest), over("lease_until", now, LEASE)]},
            {"$inc": {"attempts": 1}, "$set": {"lease_until": now + LEASE}},
            sort=[("due_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )  # fmt: skip
        if row is None:
            return None
        if row["attempts"] > len(self._delays):  # each of its tries ended with the process
            self.park(row["_id"], row["reason"])
            return None
        headers = json.loads(self._sealer.unseal_bytes(row["headers"]))
        body = self._sealer.unseal_bytes(row["body"])
        return row, Received(queue, row["content_type"], headers, body)

    def postpone(self, row: Document, reason: str) -> None:
        """The try failed: set the next one, or park after the last."""
        attempts = row["attempts"]
        if attempts >= len(self._delays):
            self.park(row["_id"], reason)
            return
        due_at = system_now() + timedelta(seconds=self._delays[attempts])
        self._rows.update_one({"_id": row["_id"]}, {"$set": {"due_at": due_at, "lease_until": None, "reason": reason}})

    def park(self, key: str, reason: str) -> None:
        self._rows.update_one(
            {"_id": key}, {"$set": {"state": "parked", "due_at": None, "lease_until": None, "reason": reason}}
        )

    def postpone_untried(self, row: Document) -> None:
        """The try could not be made because the database went away: it does not count."""
        self._rows.update_one({"_id": row["_id"]}, {"$inc": {"attempts": -1}, "$set": {"lease_until": None}})


def done(unit: Unit, key: str) -> None:
    """Forget a deferred message in the transaction of its effect."""
    unit.db[COLLECTION].delete_one({"_id": key}, session=unit.session)


def create_indexes(db: Database[Document]) -> None:
    db[COLLECTION].create_index([("queue", ASCENDING), ("state", ASCENDING), ("due_at", ASCENDING)], name="due")


def release(db: Database[Document], key: str, now: datetime) -> bool:
    """Have a parked message tried again from the first delay on. Returns whether there was one."""
    result = db[COLLECTION].update_one(
        {"_id": key, "state": "parked"}, {"$set": {"state": "waiting", "due_at": now, "attempts": 0}}
    )
    return result.matched_count == 1


def discard(db: Database[Document], key: str) -> bool:
    """Remove a parked message for good. Returns whether there was one."""
    return db[COLLECTION].delete_one({"_id": key, "state": "parked"}).deleted_count == 1


def _named(value: Any, form: re.Pattern[str]) -> str | None:
    """A name to sort broken messages by, if it is one: what else stands there may be anything, and stays sealed."""
    if not isinstance(value, str):
        return None
    return value if form.match(value) else "?"


def _json(headers: Mapping[str, Any]) -> bytes:
    """Headers as they can be read again; those that have no JSON, as text."""
    try:
        return json.dumps(dict(headers), default=str, sort_keys=True).encode()
    except (TypeError, ValueError, RecursionError):
        return json.dumps({"doorstep-unreadable": repr(headers)}).encode()
