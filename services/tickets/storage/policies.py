"""Policies in MongoDB: `policies` holds each version that an operator gave, `policy_activations` where one holds.

Other rules in versions are kept the same way, in collections of their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.database import Database

from services.chassis import mongo
from services.chassis.acts import Acts
from services.chassis.unit import Unit
from services.contracts.areas import moved
from services.tickets.domain.acts import OPERATOR, Act
from services.tickets.handlers.ports import Activation
from services.tickets.storage.directory import Directory
from services.tickets.storage.documents import Document, ancestors

ACTIVATIONS = ("policy_activations", "routing_activations", "sheet_activations", "presence_activations")
"""Every collection that says which version holds in which area."""


class Policies:
    """Of one unit of work."""

    def __init__(
        self, unit: Unit, directory: Directory, given: str = "policies", holding: str = "policy_activations"
    ) -> None:
        """`given` and `holding` name the collections of versions and of where one holds."""
        self._db, self._session, self._directory = unit.db, unit.session, directory
        self._acts = Acts(unit)
        self._given, self._holding = given, holding

    def active(self, kind: str, area_path: str) -> str | None:
        """The nearest activation at or above the area."""
        return self._directory.recall((self._given, kind, area_path), lambda: self._active(kind, area_path))

    def _active(self, kind: str, area_path: str) -> str | None:
        keys = [_key(path, kind) for path in ("/", *ancestors(area_path))]
        rows = self._db[self._holding].find({"_id": {"$in": keys}}, session=self._session)
        nearest = max(rows, key=lambda row: len(row["area_path"]), default=None)
        return str(nearest["pin"]) if nearest else None

    def data(self, pin: str) -> Mapping[str, Any] | None:
        row = self._one(pin)
        return dict(row["data"]) if row else None

    def text(self, pin: str) -> str | None:
        """As the operator wrote it."""
        row = self._one(pin)
        return str(row["text"]) if row else None

    def put(self, pin: str, data: Mapping[str, Any], text: str) -> None:
        self._db[self._given].insert_one({"_id": pin, "data": dict(data), "text": text}, session=self._session)

    def activate(self, activation: Activation) -> None:
        """In place of what held there before, which is kept in the row."""
        self._directory.changed()
        now = {"pin": activation.pin, "at": activation.at, "by": activation.by}
        self._db[self._holding].update_one(
            {"_id": _key(activation.area_path, activation.kind)},
            {"$set": {"area_path": activation.area_path, "kind": activation.kind, **now}, "$push": {"history": now}},
            upsert=True, session=self._session,
        )  # fmt: skip
        self._record(activation.by, "rules-activated", activation.kind, activation.area_path, pin=activation.pin)

    def deactivate(self, area_path: str, kind: str) -> bool:
        """Whether something held there."""
        self._directory.changed()
        before = self._db[self._holding].find_one_and_delete({"_id": _key(area_path, kind)}, session=self._session)
        if before is not None:
            self._record(OPERATOR, "rules-released", kind, area_path, pin=before["pin"])
        return before is not None

    def _record(self, by: str, action: str, kind: str, area_path: str, pin: str) -> None:
        self._acts.record(by, [Act(action, kind, (area_path,), {"rules": self._given, "pin": pin})])

    def activations(self) -> Sequence[Activation]:
        rows = self._db[self._holding].find({}, session=self._session).sort("_id", 1)
        return [Activation(row["area_path"], row["kind"], row["pin"], row["at"], row["by"]) for row in rows]

    def follow(self, from_path: str, to: str) -> None:
        """What holds at a place that moved, or beneath it, holds where it lies now."""
        beneath = {"area_path": mongo.beneath(from_path)}
        for row in list(self._db[self._holding].find(beneath, session=self._session)):
            path = moved(row["area_path"], from_path, to)
            self._directory.changed()
            there = {**row, "_id": _key(path, row["kind"]), "area_path": path}
            self._db[self._holding].delete_one({"_id": row["_id"]}, session=self._session)
            self._db[self._holding].replace_one({"_id": there["_id"]}, there, upsert=True, session=self._session)

    def _one(self, pin: str) -> Document | None:
        row: Document | None = self._db[self._given].find_one({"_id": pin}, session=self._session)
        return row


def activation_indexes(db: Database[Document]) -> None:
    """For what moves with a place."""
    for holding in ACTIVATIONS:
        db[holding].create_index("area_path", name="area_path")


def _key(area_path: str, kind: str) -> str:
    return f"{area_path}|{kind}"
