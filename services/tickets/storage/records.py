"""Service records (人次) in MongoDB: `service_records`, a row for each count and for each reversal.

`areas` names the areas above a row, so that a count over an area and days runs on one index.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pymongo import DESCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.chassis.unit import Unit
from services.tickets.domain.service_records import ServiceRecord
from services.tickets.storage.documents import Document, ancestors

COLLECTION = "service_records"
_NO_LATER = "~"
"""After every identity."""


class ServiceRecordRows:
    """The queries for service records, of one unit of work."""

    _db: Database[Document]
    _session: ClientSession | None
    _unit: Unit

    def add_record(self, record: ServiceRecord) -> None:
        day = record.day.isoformat()
        row = {name: value for name, value in asdict(record).items() if name != "id"}
        self._db[COLLECTION].insert_one(
            {"_id": record.id, **row, "day": day, "position": record.position, "areas": ancestors(record.area_path)},
            session=self._session,
        )

    def record(self, record_id: str) -> ServiceRecord | None:
        row = self._db[COLLECTION].find_one({"_id": record_id}, session=self._session)
        return _entity(row) if row else None

    def mark_reversed(self, record_id: str, by_record: str) -> None:
        """Two that do this at once meet here: one of them runs again and sees the other's mark."""
        change = {"$set": {"reversed_by": by_record}}
        self._db[COLLECTION].update_one({"_id": record_id}, change, session=self._session)

    def records_of(
        self, station_id: str, since: date | None, until: date | None, after: str | None, limit: int
    ) -> list[ServiceRecord]:
        """The latest day first; `since` and `until` are both counted."""
        query = records_query(station_id, since, until, after)
        rows = self._db[COLLECTION].find(query, session=self._session).sort("position", DESCENDING).limit(limit)
        return [_entity(row) for row in rows]

    def persons_served(self, area_path: str, since: date, until: date) -> Sequence[Document]:
        """Persons and records by station, area of the station, day and theme; reversals taken off."""
        return list(self._db[COLLECTION].aggregate(summary_pipeline(area_path, since, until), session=self._session))


def records_query(station_id: str, since: date | None, until: date | None, after: str | None) -> Document:
    lowest = since.isoformat() if since else ""
    highest = after if after is not None else f"{until.isoformat() if until else ''}{_NO_LATER}"
    return {"station_id": station_id, "position": {"$gte": lowest, "$lt": highest}}


def summary_pipeline(area_path: str, since: date, until: date) -> list[Document]:
    days = {"$gte": since.isoformat(), "$lte": until.isoformat()}
    by = {"station_id": "$station_id", "area_path": "$area_path", "theme": "$theme"}
    one = {"$cond": [{"$eq": ["$reverses", None]}, 1, -1]}
    return [
        {"$match": {"areas": area_path, "day": days}},
        {"$group": {"_id": by, "persons": {"$sum": "$persons"}, "records": {"$sum": one}}},
    ]  # fmt: skip


def record_indexes(db: Database[Document]) -> None:
    db[COLLECTION].create_index([("station_id", 1), ("position", -1)], name="station")
    db[COLLECTION].create_index([("areas", 1), ("day", 1)], name="area_day")
    # A record is taken back once, whatever happens.
    db[COLLECTION].create_index(
        "reverses", name="reverses", unique=True, partialFilterExpression={"reverses": {"$type": "string"}}
    )


def _entity(row: Document) -> ServiceRecord:
    known: dict[str, Any] = {name: row[name] for name in ServiceRecord.__slots__ if name != "id"}
    return ServiceRecord(id=row["_id"], **{**known, "day": date.fromisoformat(row["day"])})
