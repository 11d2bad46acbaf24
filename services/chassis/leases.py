"""The relay's replicas share the outbox by partitions: one holder each at a time, known by a fencing token."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.chassis.ahead import SLACK, over
from services.chassis.clock import system_now
from services.chassis.ids import new_id
from services.chassis.outbox import PARTITIONS

Document = dict[str, Any]
LEASE = timedelta(seconds=10)
RENEW_SECONDS = 3.0


class PartitionLeases:
    """This process's share of the partitions. A lease that was lost is noticed by its token at the next commit."""

    def __init__(self, db: Database[Document]) -> None:
        self._partitions = db["relay_partitions"]
        self._relays = db["relays"]
        self.token = new_id()
        self.held: frozenset[int] = frozenset()
        self._next_look = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time to refresh them."""
        return time.monotonic() >= self._next_look

    def refresh(self) -> frozenset[int]:
        """Renew, take free partitions up to a fair share, give away the rest. Returns what is held."""
        if not self.due:
            return self.held
        self._next_look, now = time.monotonic() + RENEW_SECONDS, system_now()
        self._relays.update_one({"_id": self.token}, {"$set": {"seen_at": now}}, upsert=True)
        alive = max(1, self._relays.count_documents(_alive(now)))
        share = -(-PARTITIONS // alive)
        kept = sorted(self._renew(now))
        for partition in kept[share:]:
            self._partitions.update_one({"_id": partition, "token": self.token}, {"$set": {"until": now}})
        self.held = frozenset(kept[:share] + self._take(now, share - len(kept), kept))
        return self.held

    def release(self) -> None:
        """Give everything back, so that another replica need not wait for the leases to end."""
        now = system_now()
        self._partitions.update_many({"token": self.token}, {"$set": {"until": now, "token": None}})
        self._relays.delete_one({"_id": self.token})
        self.held, self._next_look = frozenset(), time.monotonic()

    def _renew(self, now: Any) -> list[int]:
        self._partitions.update_many({"token": self.token, "until": {"$gt": now}}, {"$set": {"until": now + LEASE}})
        return [p["_id"] for p in self._partitions.find({"token": self.token, "until": {"$gt": now}})]

    def _take(self, now: Any, wanted: int, kept: list[int]) -> list[int]:
        taken: list[int] = []
        for partition in range(PARTITIONS):
            if len(taken) >= wanted:
                break
            if partition not in kept and self._take_one(partition, now):
                taken.append(partition)
        return taken

    def _take_one(self, partition: int, now: Any) -> bool:
        try:
            result = self._partitions.update_one(
                {"_id": partition, **over("until", now, LEASE)},
                {"$set": {"token": self.token, "until": now + LEASE}, "$setOnInsert": {"position": 0}},
                upsert=True,
            )
        except DuplicateKeyError:
            return False  # another replica holds it
        return result.matched_count > 0 or result.upserted_id is not None


def _alive(now: datetime) -> Document:
    """Relays that share the partitions; not one that was last seen by a clock that was ahead."""
    return {"seen_at": {"$gt": now - LEASE, "$lte": now + SLACK}}


def create_indexes(db: Database[Document]) -> None:
    """Relays that were killed are forgotten after a day."""
    db["relays"].create_index("seen_at", name="forgotten", expireAfterSeconds=86_400)


def advance(db: Database[Document], session: Any, token: str, counts: Mapping[int, int]) -> dict[int, int]:
    """Reserve that many feed positions of each partition. Returns the last position before them, by partition.

    Raises LeaseLost when `token` does not hold them all. A replica that takes one meanwhile makes the transaction
    conflict.
    """
    rows = db["relay_partitions"]
    own = {"_id": {"$in": sorted(counts)}, "token": token}
    before = {row["_id"]: int(row["position"]) for row in rows.find(own, session=session)}
    if len(before) < len(counts):
        raise LeaseLost
    if counts:
        rows.bulk_write(
            [UpdateOne({"_id": partition}, {"$inc": {"position": count}}) for partition, count in counts.items()],
            session=session,
            ordered=False,
        )
    return before


class LeaseLost(Exception):
    """Another replica holds the partition now; what was just published will be published again by it."""
