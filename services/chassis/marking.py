"""Writing down what became of published rows, in few statements a batch."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateMany
from pymongo.database import Database

from services.chassis.clock import system_now
from services.chassis.leases import LeaseLost, advance
from services.chassis.outbox import COLLECTION
from services.chassis.unit import Unit
from services.contracts.registry import EVENT_TYPES

Document = dict[str, Any]


def mark_published(unit: Unit, token: str, rows: Sequence[Document], unrouted: Collection[str]) -> None:
    """Give the rows their places in the feed, in their order; `unrouted` are the ids of those that nobody received.

    Raises LeaseLost when `token` does not hold their partitions any more, or did not all the time: then another replica
    has marked one of them, and a row never gets a second place.
    """
    by_partition: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        by_partition[row["partition"]].append(row["_id"])
    before = advance(unit.db, unit.session, token, {partition: len(ids) for partition, ids in by_partition.items()})
    updates = [_places(ids, before[partition], unit.system_now) for partition, ids in sorted(by_partition.items())]
    flags = {"unrouted": list(unrouted), "sealed": [row["_id"] for row in rows if EVENT_TYPES[row["type"]].private]}
    updates += [UpdateMany({"_id": {"$in": ids}}, {"$set": {flag: True}}) for flag, ids in flags.items() if ids]
    expected = len(rows) + sum(map(len, flags.values()))
    if updates:
        done = unit.db[COLLECTION].bulk_write(updates, session=unit.session, ordered=False)
        if done.matched_count != expected:
            raise LeaseLost


def _places(ids: Sequence[str], before: int, now: datetime) -> UpdateMany:
    """One statement for the rows of a partition: each finds its place by where its id stands in the list."""
    place = {"$add": [before + 1, {"$indexOfArray": [{"$literal": ids}, "$_id"]}]}
    return UpdateMany(
        {"_id": {"$in": ids}, "unpublished": True},
        [{"$set": {"published_at": now, "position": place}}, {"$unset": ["unpublished", "retry_at"]}],
    )


def put_off(db: Database[Document], rows: Sequence[Document], pause: timedelta) -> None:
    """Try these again later, so that they neither spin nor hold up the others."""
    db[COLLECTION].update_many(
        {"_id": {"$in": [row["_id"] for row in rows]}, "unpublished": True},
        {"$set": {"retry_at": system_now() + pause}, "$inc": {"returned": 1}},
    )
