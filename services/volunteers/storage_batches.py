"""The store of a unit in which many events take effect: what they need is read in a few requests, and what they change
is written in one for each collection.

A ticket's steps and offers are read once, however many of its events are in the batch, and each handler sees what those
before it have changed. What is found otherwise than by its id, such as the ledger, is read and written as it goes: few
events move points.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ReplaceOne

from services.chassis.batch import batch_of
from services.chassis.unit import Unit
from services.volunteers.domain.offers import Offer
from services.volunteers.storage import Document, Store, to_offer

_KEPT = "rows of the batch"
_BY_ID = ("accounts", "claims", "confirmations", "offers", "ticket_histories")


class _Kept:
    """Rows by collection and id, None for one that is known not to be there, and those that were changed."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Document | None]] = {collection: {} for collection in _BY_ID}
        self.changed: dict[str, dict[str, Document]] = {collection: {} for collection in _BY_ID}

    def write(self, unit: Unit) -> None:
        for collection, rows in self.changed.items():
            if rows:
                writes = [ReplaceOne({"_id": one}, row, upsert=True) for one, row in rows.items()]
                unit.db[collection].bulk_write(writes, ordered=False, session=unit.session)


class BatchStore(Store):
    """What the service keeps, bound to the unit of a batch of events."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit)
        if _KEPT not in unit.scratch:
            unit.scratch[_KEPT] = _Kept()
            self._read_ahead()
            unit.before_commit(unit.scratch[_KEPT].write)

    def offers_of(self, ticket_id: str) -> Sequence[Offer]:
        """Of a ticket of the batch: all of them were read ahead."""
        return [to_offer(row) for row in self._kept.known["offers"].values() if row and row["ticket_id"] == ticket_id]

    @property
    def _kept(self) -> _Kept:
        kept: _Kept = self._unit.scratch[_KEPT]
        return kept

    def _read_ahead(self) -> None:
        events = [event.data for event in batch_of(self._unit)]
        tickets = sorted({data["ticket"]["ticket_id"] for data in events})
        offers = sorted({data["offer_id"] for data in events if "offer_id" in data})
        claims = {data[name] for data in events for name in ("claim_id", "solver_claim_id") if data.get(name)}
        self._read("ticket_histories", tickets, {"_id": {"$in": tickets}})
        self._read("offers", offers, {"$or": [{"ticket_id": {"$in": tickets}}, {"_id": {"$in": offers}}]})
        held = {row["claim_id"] for row in self._kept.known["offers"].values() if row and row["claim_id"]}
        if wanted := sorted({*claims, *held}):
            self._read("claims", wanted, {"_id": {"$in": wanted}})

    def _read(self, collection: str, ids: Sequence[str], wanted: Mapping[str, Any]) -> None:
        known = self._kept.known[collection]
        known.update(dict.fromkeys(ids))
        known.update({row["_id"]: row for row in self._rows(collection, wanted)})

    def _one(self, collection: str, wanted: Mapping[str, Any]) -> Document | None:
        if collection not in _BY_ID or list(wanted) != ["_id"]:
            return super()._one(collection, wanted)
        known = self._kept.known[collection]
        if wanted["_id"] not in known:
            known[wanted["_id"]] = super()._one(collection, wanted)
        return known[wanted["_id"]]

    def _save(self, collection: str, row: Document) -> None:
        if collection not in _BY_ID:
            super()._save(collection, row)
            return
        self._kept.known[collection][row["_id"]] = self._kept.changed[collection][row["_id"]] = row
