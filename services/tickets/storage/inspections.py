"""Inspections of stations in MongoDB: `inspections`, a row for each; a standing is one of them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from pymongo import DESCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.tickets.domain.inspections import Inspection, latest_of
from services.tickets.storage.documents import Document, ancestors

COLLECTION = "inspections"


class InspectionRows:
    """The queries for inspections, of one unit of work."""

    _db: Database[Document]
    _session: ClientSession | None

    def add_inspection(self, one: Inspection) -> None:
        row = {name: value for name, value in asdict(one).items() if name != "id"}
        own = {"_id": one.id, "day": one.day.isoformat(), "position": one.position}
        self._db[COLLECTION].insert_one({**row, **own, "areas": ancestors(one.area_path)}, session=self._session)

    def inspections_of(self, station_id: str, name: str | None, after: str | None, limit: int) -> list[Inspection]:
        """The latest day first."""
        query: Document = {"station_id": station_id}
        if name is not None:
            query["name"] = name
        if after is not None:
            query["position"] = {"$lt": after}
        rows = self._db[COLLECTION].find(query, session=self._session).sort("position", DESCENDING).limit(limit)
        return [_entity(row) for row in rows]

    def latest_inspections(self, area_path: str, name: str) -> Mapping[str, Inspection]:
        """By station, those of the area that were inspected by the standard at all, each with the one it stands by."""
        rows = self._db[COLLECTION].aggregate(standings_pipeline(area_path, name), session=self._session)
        found: dict[str, list[Inspection]] = {}
        for row in rows:
            found.setdefault(row["_id"]["station_id"], []).append(_entity(row["latest"]))
        return {station_id: latest_of(ones) for station_id, ones in found.items()}


def standings_pipeline(area_path: str, name: str) -> list[Document]:
    """The latest inspection of each station by each office: none before it counts."""
    return [
        {"$match": {"areas": area_path, "name": name}},
        {"$sort": {"station_id": 1, "position": -1}},
        {"$group": {"_id": {"station_id": "$station_id", "office": "$office"}, "latest": {"$first": "$$ROOT"}}},
    ]


def inspection_indexes(db: Database[Document]) -> None:
    db[COLLECTION].create_index([("station_id", 1), ("position", -1)], name="station")
    order = [("areas", 1), ("name", 1), ("station_id", 1), ("position", -1)]
    db[COLLECTION].create_index(order, name="standings")


def _entity(row: Document) -> Inspection:
    known: dict[str, Any] = {name: row.get(name) for name in Inspection.__slots__ if name != "id"}
    return Inspection(id=row["_id"], **{**known, "day": date.fromisoformat(row["day"])})
