"""Places in MongoDB: the tree as one document a place, and where stations and compounds lie."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, GEOSPHERE, ReplaceOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.tickets.directory import Directory
from services.tickets.documents import Document, place_document, place_entity
from services.tickets.domain.places import Place, Position
from services.tickets.domain.stations import OPEN
from services.tickets.storage_posts import follow_moved

_OPEN = {"$in": [OPEN, None]}
"""What was stored before there were states is open."""


class PlaceRows:
    """The queries for places, of one unit of work."""

    _db: Database[Document]
    _session: ClientSession | None
    _directory: Directory

    def place(self, place_id: str) -> Place | None:
        return self._directory.recall(("place", place_id), lambda: self._place(place_id))

    def station_serving(self, compound_id: str) -> Place | None:
        """Whatever its state."""
        return self._directory.recall(("serving", compound_id), lambda: self._station({"compounds": compound_id}))

    def station_of_grid(self, grid_id: str) -> Place | None:
        """The first that is open."""
        wanted = {"grid": grid_id, "state": _OPEN}
        return self._directory.recall(("station of grid", grid_id), lambda: self._station(wanted))

    def _place(self, place_id: str) -> Place | None:
        row = self._db["places"].find_one({"_id": place_id}, session=self._session)
        return place_entity(row) if row else None

    def _station(self, query: Document) -> Place | None:
        found = self._db["places"].find({"level": "station", **query}, session=self._session)
        row = next(iter(found.sort("_id", ASCENDING).limit(1)), None)
        return place_entity(row) if row else None

    def places_with_sequence(self, ids: Sequence[str] | None = None) -> dict[str, tuple[Place, int]]:
        """Those with these ids, or all; each with the sequence of its latest event."""
        wanted: Document = {} if ids is None else {"_id": {"$in": list(ids)}}
        rows = self._db["places"].find(wanted, session=self._session)
        return {row["_id"]: (place_entity(row), row["sequence"]) for row in rows}

    def put_places(self, places: Sequence[tuple[Place, int]]) -> None:
        """Write each with its sequence, in one request."""
        if not places:
            return
        self._directory.changed()
        writes = [
            ReplaceOne({"_id": place.id}, {**place_document(place), "sequence": sequence}, upsert=True)
            for place, sequence in places
        ]
        self._db["places"].bulk_write(writes, ordered=False, session=self._session)
        follow_moved(self._db, [place for place, _ in places], self._session)

    def find_places(
        self, levels: Sequence[str], under: str | None, after: str | None, limit: int, equal: Mapping[str, Any] = {}
    ) -> list[Place]:
        """In the order of their ids; `equal` names stored fields and their values."""
        query: Document = {"level": {"$in": list(levels)}, **equal}
        if under is not None:
            query["area_path"] = {"$regex": f"^{re.escape(under)}"}
        if after is not None:
            query["_id"] = {"$gt": after}
        rows = self._db["places"].find(query, session=self._session).sort("_id", ASCENDING).limit(limit)
        return [place_entity(row) for row in rows]

    def open_stations_near(self, position: Position, most: int) -> list[Place]:
        """Open stations whose position is known, the nearest first."""
        near = {
            "near": {"type": "Point", "coordinates": [position.lon, position.lat]}, "spherical": True,
            "key": "location", "distanceField": "distance", "query": {"level": "station", "state": _OPEN},
        }  # fmt: skip
        rows = self._db["places"].aggregate([{"$geoNear": near}, {"$limit": most}], session=self._session)
        return [place_entity(row) for row in rows]


def place_indexes(db: Database[Document]) -> None:
    """What has no position is not in the index."""
    db["places"].create_index([("location", GEOSPHERE)], name="location", sparse=True)
