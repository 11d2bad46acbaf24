"""The inbox: which events have taken effect, written with the effect, so that a redelivery changes nothing."""

from collections.abc import Iterable
from typing import Any

from pymongo.database import Database

from services.chassis.retention import expire_after
from services.chassis.unit import Unit

Document = dict[str, Any]
COLLECTION = "inbox"


def _key(queue: str, event_id: str) -> str:
    return f"{queue}|{event_id}"


def record(unit: Unit, queue: str, event_ids: Iterable[str]) -> set[str]:
    """Note these events as applied by this unit. Returns those that had been applied before.

    When another replica applies one of them at the same moment, the unit fails as a whole and is to be run again.
    """
    keys = {_key(queue, event_id): event_id for event_id in event_ids}
    rows = unit.db[COLLECTION]
    known = {row["_id"] for row in rows.find({"_id": {"$in": list(keys)}}, {"_id": 1}, session=unit.session)}
    new = [{"_id": key, "at": unit.system_now} for key in keys if key not in known]
    if new:
        rows.insert_many(new, session=unit.session)
    return {keys[key] for key in known}


def create_indexes(db: Database[Document], retention_days: int) -> None:
    """Rows live as long as the event log, so that a replay of any of it is recognised."""
    expire_after(db[COLLECTION], "at", retention_days * 86_400)
