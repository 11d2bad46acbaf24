"""`accesses`: who searched by telephone, took lists along or had personal data shown, a row for each hour, person,
address and areas."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.auth.principal import Principal
from services.chassis.ids import new_id
from services.chassis.retention import index_by_age
from services.chassis.unit import Unit

Document = dict[str, Any]
COLLECTION = "accesses"
KEPT = timedelta(days=200)
"""As long as the trail of sign-ins. *(ours)*"""
_SHOWN = 12
"""Characters of an address' digest: good for telling addresses apart."""


class Accesses:
    """Writes and reads them, within one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._rows = unit.db[COLLECTION]

    def count(self, action: str, who: Principal, client: str, areas: Sequence[str]) -> None:
        """Once more, over these areas, from an address (its digest). One atomic step: queries have no transaction.

        Of a program the row also says who answers for its key.
        """
        now = self._unit.system_now
        hour = now.replace(minute=0, second=0, microsecond=0)
        over = sorted(areas)
        row = {"_id": new_id(), "at": now, "hour": hour, "action": action, "person_id": who.person_id,
               "answerable": who.answerable, "from": client[:_SHOWN], "areas": over}  # fmt: skip
        whose = "\0".join((hour.isoformat(), action, who.person_id, who.answerable or "", client, *over))
        self._rows.update_one(
            {"once": hashlib.sha256(whose.encode()).hexdigest()},
            {"$setOnInsert": row, "$inc": {"times": 1}, "$set": {"last": now}},
            upsert=True,
        )

    def page(self, beneath: Sequence[str], person_id: str | None, before: str | None, limit: int) -> list[Document]:
        """Those that concern one of these areas or a place beneath it, newest first."""
        wanted: Document = {"$or": [{"areas": {"$elemMatch": mongo.beneath(area)}} for area in beneath]}
        if person_id is not None:
            wanted["person_id"] = person_id
        if before is not None:
            wanted["_id"] = {"$lt": before}
        return list(self._rows.find(wanted).sort("_id", DESCENDING).limit(limit))


def access_indexes(db: Database[Document]) -> None:
    rows = db[COLLECTION]
    rows.create_index("once", name="once", unique=True)
    rows.create_index([("person_id", ASCENDING), ("_id", DESCENDING)], name="person")
    index_by_age(rows, "hour")


def access_area_index(db: Database[Document]) -> None:
    db[COLLECTION].create_index([("areas", ASCENDING), ("_id", DESCENDING)], name="areas")
