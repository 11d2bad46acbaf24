"""Presence in MongoDB: `stays` holds one document a stay, `attendants` one a person, so that two commands on the same
person's presence never commit beside each other."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.unit import Unit
from services.tickets.domain.presence import Stay
from services.tickets.handlers.ports import PolicyStore
from services.tickets.handlers.presence import Expected
from services.tickets.storage.directory import Directory
from services.tickets.storage.documents import Document
from services.tickets.storage.policies import Policies


class Presences:
    """Of one unit of work."""

    quotas: PolicyStore

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db, self._session = unit.db, unit.session
        self.quotas = Policies(unit, Directory(unit), "presence_quotas", "presence_activations")

    def alone(self, person_id: str) -> None:
        self._db["attendants"].update_one(
            {"_id": person_id}, {"$inc": {"changes": 1}}, upsert=True, session=self._session
        )

    def open_stay(self, person_id: str) -> Stay | None:
        query = {"person_id": person_id, "until_at": None}
        row = self._db["stays"].find_one(query, session=self._session)
        return stay_entity(row) if row else None

    def stays_of(self, person_id: str, day: date) -> list[Stay]:
        return [stay_entity(row) for row in self._rows({"person_id": person_id, "day": day.isoformat()})]

    def stays_at(self, station_ids: Sequence[str], first: date, last: date) -> Iterator[Stay]:
        days = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        return map(stay_entity, self._rows({"station_id": {"$in": list(station_ids)}, "day": days}))

    def of_day(self, station_id: str, day: date, after: str | None, limit: int) -> list[Stay]:
        """In the order of their entry."""
        query: Document = {"station_id": station_id, "day": day.isoformat()}
        if after is not None:
            query["_id"] = {"$gt": after}
        return [stay_entity(row) for row in self._rows(query).sort("_id", ASCENDING).limit(limit)]

    def add(self, stay: Stay) -> None:
        self._unit.insert("stays", stay_document(stay))

    def save(self, stay: Stay) -> None:
        self._db["stays"].replace_one({"_id": stay.id}, stay_document(stay), session=self._session)

    def expected(self, area_path: str, roles: Sequence[str]) -> list[Expected]:
        """Active people with one of the roles in the area or beneath it; of somebody with several places, the first."""
        within = {"$elemMatch": {"area_path": mongo.beneath(area_path), "role": {"$in": list(roles)}}}
        rows = self._db["staff"].find({"state": "active", "kind": "person", "grants": within}, session=self._session)
        found: dict[tuple[str, str], Expected] = {}
        for row in rows:
            for grant in sorted(row["grants"], key=lambda grant: str(grant["area_path"])):
                if grant["role"] in roles and grant["area_path"].startswith(area_path):
                    one = Expected(row["person_id"], grant["role"], grant["area_path"])
                    found.setdefault((one.person_id, one.role), one)
        return list(found.values())

    def _rows(self, query: Document) -> Any:
        return self._db["stays"].find(query, session=self._session)


def stay_document(stay: Stay) -> Document:
    plain = {name: getattr(stay, name) for name in Stay.__slots__ if name != "id"}
    return {"_id": stay.id, **plain, "day": stay.day.isoformat()}


def stay_entity(row: Document) -> Stay:
    plain = {name: row[name] for name in Stay.__slots__ if name != "id"}
    return Stay(id=row["_id"], **{**plain, "day": date.fromisoformat(row["day"])})


def presence_indexes(db: Database[Document]) -> None:
    db["stays"].create_index([("station_id", 1), ("day", 1), ("_id", 1)], name="station")
    db["stays"].create_index([("person_id", 1), ("day", 1)], name="person")
    db["stays"].create_index("person_id", name="unended", partialFilterExpression={"until_at": None})
