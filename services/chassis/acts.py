"""`acts`: what people and operators did, by their office, to what is a service's own; kept for good.

A row is written in the transaction of the act and never changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.ids import new_id
from services.chassis.unit import Unit

Document = dict[str, Any]
COLLECTION = "acts"


class Act(Protocol):
    """What was done to which subject, over which areas; ids, codes and areas, no personal words."""

    @property
    def action(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def areas(self) -> Sequence[str]: ...
    @property
    def detail(self) -> Mapping[str, Any]: ...


class Acts:
    """Writes and reads them, within one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._rows = unit.db[COLLECTION]

    def record(self, by: str, acts: Iterable[Act]) -> None:
        """`by`: a person, or the operator."""
        now = self._unit.system_now
        rows = [
            {"_id": new_id(), "at": now, "by": by, "action": act.action, "subject": act.subject,
             "areas": list(act.areas), "detail": dict(act.detail)}
            for act in acts
        ]  # fmt: skip
        if rows:
            self._rows.insert_many(rows, session=self._unit.session)

    def page(
        self,
        beneath: Sequence[str],
        before: str | None,
        limit: int,
        equal: Document | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Document]:
        """Those over one of these areas or a place beneath it, newest first. `equal`: `by`, `action`, `subject`."""
        wanted: Document = {
            "$or": [{"areas": {"$elemMatch": mongo.beneath(area)}} for area in beneath],
            **(equal or {}),
        }
        at = {name: moment for name, moment in (("$gte", since), ("$lt", until)) if moment is not None}
        if at:
            wanted["at"] = at
        if before is not None:
            wanted["_id"] = {"$lt": before}
        return list(self._rows.find(wanted).sort("_id", DESCENDING).limit(limit))


def act_indexes(db: Database[Document]) -> None:
    rows = db[COLLECTION]
    rows.create_index([("areas", ASCENDING), ("_id", DESCENDING)], name="areas")
    rows.create_index([("subject", ASCENDING), ("_id", DESCENDING)], name="subject")
    rows.create_index([("by", ASCENDING), ("_id", DESCENDING)], name="by")
