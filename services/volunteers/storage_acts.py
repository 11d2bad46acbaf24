"""`acts`: what those who decide on members did; kept for good.

A row is written in the transaction of the act and never changed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.volunteers.domain.acts import Act

Document = dict[str, Any]
ACTS = "acts"


class Acts:
    """Writes and reads them, within one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._rows = unit.db[ACTS]

    def record(self, by: str, act: Act) -> None:
        row = {"_id": new_id(), "at": self._unit.system_now, "by": by, "action": act.action, "subject": act.subject,
               "areas": list(act.areas), "detail": dict(act.detail)}  # fmt: skip
        self._rows.insert_one(row, session=self._unit.session)

    def page(
        self,
        beneath: Sequence[str],
        before: str | None,
        limit: int,
        equal: Document,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Document]:
        """Those over one of these areas or a place beneath it, newest first. `equal`: `by`, `action`, `subject`."""
        wanted: Document = {"$or": [{"areas": {"$elemMatch": mongo.beneath(area)}} for area in beneath], **equal}
        at = {name: moment for name, moment in (("$gte", since), ("$lt", until)) if moment is not None}
        if at:
            wanted["at"] = at
        if before is not None:
            wanted["_id"] = {"$lt": before}
        return list(self._rows.find(wanted).sort("_id", DESCENDING).limit(limit))


def act_indexes(db: Database[Document]) -> None:
    rows = db[ACTS]
    rows.create_index([("areas", ASCENDING), ("_id", DESCENDING)], name="areas")
    rows.create_index([("subject", ASCENDING), ("_id", DESCENDING)], name="subject")
    rows.create_index([("by", ASCENDING), ("_id", DESCENDING)], name="by")
