"""The inbox: which events have taken effect, written with the effect, so that a redelivery changes nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from services.chassis.retention import index_by_age
from services.chassis.unit import Unit

Document = dict[str, Any]
COLLECTION = "inbox"
_DUPLICATE_KEY = 11000


def _key(queue: str, event_id: str) -> str:
    return f"{queue}|{event_id}"


class Known(Exception):
    """One of the events has been applied before; what this unit did is lost."""


def record_new(unit: Unit, queue: str, event_ids: Iterable[str]) -> None:
    """Note these events, which are new as far as anybody knows, as applied by this unit.

    Raises Known when one is not, and when another replica applied it at the same moment.
    """
    try:
        _add(unit, [_key(queue, event_id) for event_id in event_ids])
    except BulkWriteError as error:
        if any(each["code"] == _DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise Known from None
        raise


def record(unit: Unit, queue: str, event_ids: Iterable[str]) -> set[str]:
    """Note these events as applied by this unit. Returns those that had been applied before.

    When another replica applies one of them at the same moment, the unit fails as a whole and is to be run again.
    """
    identities = list(dict.fromkeys(event_ids))
    known = applied(unit.db, queue, identities, unit.session)
    _add(unit, [_key(queue, event_id) for event_id in identities if event_id not in known])
    return known


def applied(
    db: Database[Document], queue: str, event_ids: Iterable[str], session: ClientSession | None = None
) -> set[str]:
    """Which of these events have taken effect."""
    keys = {_key(queue, event_id): event_id for event_id in event_ids}
    found = db[COLLECTION].find({"_id": {"$in": list(keys)}}, {"_id": 1}, session=session)
    return {keys[row["_id"]] for row in found}


def _add(unit: Unit, keys: Sequence[str]) -> None:
    if keys:
        rows = [{"_id": key, "at": unit.system_now} for key in keys]
        unit.db[COLLECTION].insert_many(rows, session=unit.session)


def create_indexes(db: Database[Document]) -> None:
    """Rows live as long as the event log, so that a replay of any of it is recognised."""
    index_by_age(db[COLLECTION], "at")
