"""Timers are rows: set and cleared in the transaction that makes or ends the reason for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pymongo import ASCENDING, DeleteOne, ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.chassis.ahead import SLACK
from services.chassis.clock import system_now, to_milliseconds

Document = dict[str, Any]
Basis = Literal["business", "system"]
Lane = Literal["timers", "effects"]
COLLECTION = "timers"
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Timer:
    """A due moment. `ref` says what it is for; `attempts` counts earlier tries that failed."""

    key: str
    kind: str
    ref: Mapping[str, Any]
    due_at: datetime
    attempts: int
    lease: str


class TimerRows:
    """The timers of one unit of work."""

    def __init__(self, db: Database[Document], session: ClientSession | None) -> None:
        self._rows = db[COLLECTION]
        self._session = session

    def set(
        self,
        key: str,
        kind: str,
        due_at: datetime,
        ref: Mapping[str, Any],
        *,
        basis: Basis = "business",
        lane: Lane = "timers",
    ) -> None:
        """Have `kind` called with `ref` once `due_at` is reached, instead of what `key` was set to before.

        `basis` names the clock by which `due_at` counts. `lane="effects"` calls outside of a transaction.
        """
        document = row(key, kind, due_at, ref, basis=basis, lane=lane)
        del document["_id"]
        self._rows.update_one({"_id": key}, {"$set": document}, upsert=True, session=self._session)

    def change(self, changed: Sequence[Document], cleared: Sequence[str]) -> None:
        """Set many, given as `row` makes them, and forget many, in as few requests as there are sorts of changes."""
        writes = [ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in changed]
        forgets = [DeleteOne({"_id": key}) for key in cleared]
        if writes or forgets:
            self._rows.bulk_write([*writes, *forgets], ordered=False, session=self._session)

    def clear(self, key: str) -> None:
        """Forget the timer `key`, if there is one."""
        self._rows.delete_one({"_id": key}, session=self._session)


def row(
    key: str, kind: str, due_at: datetime, ref: Mapping[str, Any], *, basis: Basis = "business", lane: Lane = "timers"
) -> Document:
    """A timer as it is kept; for who knows that `key` is new and inserts it with other rows."""
    due_at = to_milliseconds(due_at)
    wait_ms = max(0, (due_at - system_now()) // _MILLISECOND) if basis == "system" else None
    return {
        "_id": key, "kind": kind, "due_at": due_at, "ref": dict(ref), "basis": basis, "lane": lane,
        "wait_ms": wait_ms, "attempts": 0, "lease": None, "lease_until": None, "not_before": None,
    }  # fmt: skip


def begin_anew(db: Database[Document], lane: Lane, now: datetime) -> None:
    """Let waits by the system clock that would last longer than they were set for last so long from now on.

    A clock that was ahead has set them: mail of that hour must not wait until the right clock comes to it.
    """
    ends_late = {"$gt": ["$due_at", {"$add": ["$wait_ms", now + SLACK]}]}
    query = {"lane": lane, "basis": "system", "due_at": {"$gt": now + SLACK}, "wait_ms": {"$type": "number"}}
    db[COLLECTION].update_many({**query, "$expr": ends_late}, [{"$set": {"due_at": {"$add": [now, "$wait_ms"]}}}])


def to_timer(document: Document) -> Timer:
    return Timer(
        document["_id"], document["kind"], document["ref"], document["due_at"], document["attempts"], document["lease"]
    )


def create_indexes(db: Database[Document]) -> None:
    db[COLLECTION].create_index([("lane", ASCENDING), ("basis", ASCENDING), ("due_at", ASCENDING)], name="due")
