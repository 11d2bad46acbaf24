"""What every worker process does beside its work: look at the system clock, and remove rows that had their time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.chassis import inbox, outbox
from services.chassis.background import Loop
from services.chassis.clock import system_now
from services.chassis.clock_watch import ClockWatch, say_if_it_leapt
from services.chassis.http import idempotency
from services.chassis.retention import Kept

Document = dict[str, Any]
EVERY_SECONDS = 60.0
BATCH = 1_000
MOST_BATCHES = 20
"""Of one collection at a time, so that a long backlog leaves room for others."""


def kept_rows(retention_days: int) -> tuple[Kept, ...]:
    """What is removed by its age, in every service. What has no such time yet (an unpublished event) stays."""
    log = timedelta(days=retention_days)
    return (
        Kept(outbox.COLLECTION, "published_at", log),
        Kept(inbox.COLLECTION, "at", log),
        Kept(idempotency.COLLECTION, "created_at", timedelta(seconds=idempotency.KEPT_SECONDS)),
    )


class Housekeeping:
    """A sweep a minute. Replicas may sweep at once, and a sweep that was killed is finished by the next."""

    def __init__(self, db: Database[Document], retention_days: int, own: Sequence[Kept] = ()) -> None:
        self._db = db
        self._kept = (*kept_rows(retention_days), *own)
        self._watch = ClockWatch(db)
        self._loop = Loop("housekeeping", self._step, EVERY_SECONDS)

    def start(self, container: Any) -> None:
        self._loop.start(container)

    def stop(self) -> None:
        self._loop.stop()

    def _step(self) -> bool:
        return say_if_it_leapt(self._watch) and remove_old(self._db, self._kept)


def remove_old(db: Database[Document], kept: Iterable[Kept]) -> bool:
    """Remove what had its time. Returns whether there may be more."""
    more = [_has_more(db, each) for each in kept]
    return any(more)


def _has_more(db: Database[Document], kept: Kept) -> bool:
    """Remove some of one collection's old rows, oldest first; the clock is looked at before each batch."""
    for ids in _batches(db, kept):
        if not ids or not ClockWatch(db).trusted():
            return False
        db[kept.collection].delete_many({"_id": {"$in": ids}})
        if len(ids) < BATCH:
            return False
    return True


def _batches(db: Database[Document], kept: Kept) -> Iterator[list[Any]]:
    for _ in range(MOST_BATCHES):
        old = db[kept.collection].find({kept.field: {"$lte": system_now() - kept.length}}, {"_id": 1})
        yield [row["_id"] for row in old.sort(kept.field, ASCENDING).limit(BATCH)]
