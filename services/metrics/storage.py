"""The totals in MongoDB: one row per counter and slot, added to once per batch in the batch's own transaction.

A slot is a share of every counter that one process writes to, drawn at its start. Two replicas thus seldom write the
same row; when they do, one transaction is tried again. Sums over the slots are the same from wherever they are read.
"""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database

from services.chassis.migrations import Migration
from services.chassis.standing import standing_index
from services.chassis.unit import Unit
from services.metrics.domain.totals import Key

Document = dict[str, Any]
SLOTS = 16
READ_MILLISECONDS = 3_000
_GATHERED = "totals"


class TotalsStore:
    """The totals as one unit of work sees them."""

    slot = random.randrange(SLOTS)  # noqa: S311 - spreads writers, guards nothing

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def gathered(self) -> Counter[Key]:
        """What this unit's events have added so far; written once, before the commit."""
        if _GATHERED not in self._unit.scratch:
            self._unit.scratch[_GATHERED] = Counter()
            self._unit.before_commit(_flush)
        found: Counter[Key] = self._unit.scratch[_GATHERED]
        return found

    def totals(self) -> Mapping[Key, int]:
        return read_totals(self._unit.db)


def read_totals(db: Database[Document]) -> Mapping[Key, int]:
    """Every counter, summed over its slots. Raises PyMongoError when that takes too long."""
    rows = db["totals"].aggregate(
        [{"$group": {
            "_id": {"total": "$total", "labels": "$labels", "area": "$area"}, "value": {"$sum": "$value"},
        }}],
        maxTimeMS=READ_MILLISECONDS,
    )  # fmt: skip
    return {_key(row["_id"]): row["value"] for row in rows}


def _flush(unit: Unit) -> None:
    gathered: Counter[Key] = unit.scratch[_GATHERED]
    # Always in the same order, so that two transactions never wait for each other.
    updates = [_add(key, value) for key, value in sorted(gathered.items(), key=lambda item: _row_id(item[0]))]
    unit.db["totals"].bulk_write(updates, session=unit.session)


def _add(key: Key, value: int) -> UpdateOne:
    stands = {"total": key.total, "labels": list(key.labels), "area": key.area, "slot": TotalsStore.slot}
    return UpdateOne({"_id": _row_id(key)}, {"$inc": {"value": value}, "$setOnInsert": stands}, upsert=True)


def _row_id(key: Key) -> str:
    return "|".join((key.total, key.area, *key.labels, str(TotalsStore.slot)))


def _key(row: Document) -> Key:
    return Key(row["total"], tuple(row["labels"]), row["area"])


def _nothing(db: Database[Document]) -> None:
    """Totals are found by identity alone."""


MIGRATIONS = (Migration(1, "totals", _nothing), Migration(2, "whose tokens have ended", standing_index))
