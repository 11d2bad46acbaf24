"""Places in MongoDB: the tree as one document a place, and where stations and compounds lie."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, GEOSPHERE, ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.chassis import mongo, timer_rows
from services.chassis.aside import in_turns
from services.chassis.unit import Unit
from services.contracts.areas import moved
from services.tickets.domain.places import Place, Position
from services.tickets.domain.stations import OPEN
from services.tickets.domain.ticket import UNENDED_STATES, Ticket
from services.tickets.storage.appointments import mark_changed
from services.tickets.storage.directory import Directory
from services.tickets.storage.documents import Document, place_document, place_entity, ticket_entity
from services.tickets.storage.policies import ACTIVATIONS, Policies
from services.tickets.storage.posts import follow_moved, forget_posts

REMOVED = "places_removed"
RELOCATION = "relocation"
"""Kind of the timers that have the worker bring along the tickets of a place that moved."""
LOOKS = (timedelta(seconds=2), timedelta(seconds=60))
"""When it looks: soon, and once more after every transaction has ended that may have filed by the former tree (mongod
ends one after at most 15 s, ADR 3)."""
_OPEN = {"$in": [OPEN, None]}
"""What was stored before there were states is open."""


class PlaceRows:
    """The queries for places, of one unit of work."""

    _unit: Unit
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
        return {row["_id"]: (place_entity(row), row["sequence"]) for row in in_turns(rows)}

    def put_places(self, places: Sequence[tuple[Place, int]]) -> None:
        """Write each with its sequence, in one request."""
        if not places:
            return
        self._directory.changed()
        writes = [
            ReplaceOne({"_id": place.id}, {**place_document(place), "sequence": sequence}, upsert=True)
            for place, sequence in in_turns(places)
        ]
        self._db["places"].bulk_write(writes, ordered=False, session=self._session)
        follow_moved(self._db, [place for place, _ in places], self._session)
        mark_changed(self._unit, _stations(places))

    def removed_places(self, ids: Sequence[str]) -> dict[str, tuple[Place, int]]:
        """Those of these that are no more, each with the sequence of the event that told of it: if one comes again, it
        goes on."""
        rows = self._db[REMOVED].find({"_id": {"$in": list(ids)}}, session=self._session)
        return {row["_id"]: (place_entity(row), row["sequence"]) for row in in_turns(rows)}

    def remove_places(self, places: Sequence[tuple[Place, int]]) -> None:
        """Forget each, but for what it was, and the sequence of the event that tells of it."""
        if not places:
            return
        self._directory.changed()
        self._db["places"].delete_many({"_id": {"$in": [place.id for place, _ in places]}}, session=self._session)
        forget_posts(self._db, [place.id for place, _ in places], self._session)
        mark_changed(self._unit, _stations(places))
        kept = [
            ReplaceOne({"_id": place.id}, {**place_document(place), "sequence": sequence}, upsert=True)
            for place, sequence in places
        ]
        self._db[REMOVED].bulk_write(kept, ordered=False, session=self._session)

    def ids_beneath(self, area_path: str) -> list[str]:
        wanted = {"area_path": mongo.beneath(area_path)}
        rows = self._db["places"].find(wanted, {"_id": 1}, session=self._session)
        return [row["_id"] for row in rows.hint("area_path")]

    def naming(self, ids: Sequence[str]) -> list[str]:
        named = [{name: {"$in": list(ids)}} for name in ("grid", "grids", "compounds")]
        query: Document = {"$or": named, "_id": {"$nin": list(ids)}}
        return [row["_id"] for row in self._db["places"].find(query, {"_id": 1}, session=self._session).limit(1)]

    def unended_at(self, area_path: str) -> int:
        """How many tickets stand beneath an area of which something can still become."""
        return self._db["tickets"].count_documents(_unended(area_path), session=self._session, hint="by_age")

    def unended_beneath(self, path: str, before: str | None, most: int) -> list[Ticket]:
        """Tickets of which something can still become, the newest first, filed before that one."""
        query = _unended(path) | ({"_id": {"$lt": before}} if before else {})
        rows = self._db["tickets"].find(query, session=self._session).sort("_id", DESCENDING).limit(most)
        return [ticket_entity(row) for row in rows.hint("by_age")]

    def move_staff(self, from_path: str, to: str) -> None:
        """Have the roles of a place that moved hold where it lies now, as accounts will say soon: the ladder asks for
        owners before."""
        beneath = {"grants": {"$elemMatch": {"area_path": mongo.beneath(from_path)}}}
        writes = []
        for row in self._db["staff"].find(beneath, {"grants": 1}, session=self._session):
            grants = [{**grant, "area_path": moved(grant["area_path"], from_path, to)} for grant in row["grants"]]
            writes.append(UpdateOne({"_id": row["_id"]}, {"$set": {"grants": grants}}))
        if writes:
            self._db["staff"].bulk_write(writes, ordered=False, session=self._session)

    def move_activations(self, from_path: str, to: str) -> None:
        for holding in ACTIVATIONS:
            Policies(self._unit, self._directory, holding=holding).follow(from_path, to)

    def remember_relocation(self, from_path: str) -> None:
        """Have the worker bring along what lies beneath a path that is no more."""
        for number, after in enumerate(LOOKS):
            key, ref, due_at = (
                f"{RELOCATION}:{from_path}:{number}",
                {"from_path": from_path},
                self._unit.system_now + after,
            )
            self._unit.timers.set(key, RELOCATION, due_at, ref, basis="system", lane="effects")

    def is_followed(self, place_id: str) -> bool:
        """Whether the worker is still to look for tickets at a former path of a place."""
        waiting = {"_id": {"$gte": f"{RELOCATION}:", "$lt": f"{RELOCATION};"}}
        rows = self._db[timer_rows.COLLECTION].find(waiting, {"ref": 1}, session=self._session)
        return any(row["ref"]["from_path"].endswith(f"/{place_id}/") for row in rows)

    def find_places(
        self, levels: Sequence[str], under: str | None, after: str | None, limit: int, equal: Mapping[str, Any] = {}
    ) -> list[Place]:
        """In the order of their ids; `equal` names stored fields and their values."""
        query: Document = {"level": {"$in": list(levels)}, **equal}
        if under is not None:
            query["area_path"] = mongo.beneath(under)
        if after is not None:
            query["_id"] = {"$gt": after}
        rows = self._db["places"].find(query, session=self._session).sort("_id", ASCENDING).limit(limit)
        return [place_entity(row) for row in rows]

    def places_beneath(self, area_path: str, level: str) -> list[Place]:
        """Of one level, in no order."""
        rows = self._db["places"].find(beneath_query(area_path, level), session=self._session)
        return [place_entity(row) for row in in_turns(rows)]

    def places_of_county(self, county: str) -> list[Place]:
        """The county and all that lies beneath, in no order."""
        path = f"/{county}/"
        rows = self._db["places"].find({"area_path": mongo.beneath(path)}, session=self._session)
        return [place_entity(row) for row in in_turns(rows.hint("area_path"))]

    def open_stations_near(self, position: Position, most: int) -> list[Place]:
        """Open stations whose position is known, the nearest first."""
        near = {
            "near": {"type": "Point", "coordinates": [position.lon, position.lat]}, "spherical": True,
            "key": "location", "distanceField": "distance", "query": {"level": "station", "state": _OPEN},
        }  # fmt: skip
        rows = self._db["places"].aggregate([{"$geoNear": near}, {"$limit": most}], session=self._session)
        return [place_entity(row) for row in rows]


def _stations(places: Sequence[tuple[Place, int]]) -> list[str]:
    return [place.id for place, _ in places if place.level == "station"]


def beneath_query(area_path: str, level: str) -> Document:
    return {"area_path": mongo.beneath(area_path), "level": level}


def _unended(area_path: str) -> Document:
    return {"lists": area_path, "state": {"$in": sorted(UNENDED_STATES)}}


def place_indexes(db: Database[Document]) -> None:
    """What has no position is not in the index."""
    db["places"].create_index([("location", GEOSPHERE)], name="location", sparse=True)
