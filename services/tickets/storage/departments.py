"""Departments in MongoDB: one document each."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.chassis import mongo
from services.tickets.domain.departments import MOST_CATEGORIES_AT_PLACE, MOST_DEPARTMENTS, Department
from services.tickets.storage.directory import COLLECTION as DIRECTORY
from services.tickets.storage.documents import Document, ancestors

COLLECTION, REMOVED = "departments", "departments_removed"


class DepartmentRows:
    """The queries for departments, of one unit of work."""

    _db: Database[Document]
    _session: ClientSession | None

    def department(self, department_id: str) -> tuple[Department, int] | None:
        """With its revision."""
        row = self._db[COLLECTION].find_one({"_id": department_id}, session=self._session)
        return (_department(row), row["revision"]) if row else None

    def put_department(self, department: Department, revision: int) -> None:
        row = {
            "_id": department.id, "name": department.name, "kind": department.kind, "place_id": department.place_id,
            "area_path": department.area_path, "categories": list(department.categories),
            "contacts": list(department.contacts), "revision": revision,
        }  # fmt: skip
        self._db[COLLECTION].replace_one({"_id": department.id}, row, upsert=True, session=self._session)

    def remove_department(self, department_id: str) -> None:
        row = self._db[COLLECTION].find_one_and_delete({"_id": department_id}, session=self._session)
        if row is not None:
            kept = {"$set": {"revision": row["revision"]}}
            self._db[REMOVED].update_one({"_id": department_id}, kept, upsert=True, session=self._session)

    def last_revision(self, department_id: str) -> int:
        row = self._db[REMOVED].find_one({"_id": department_id}, session=self._session)
        return int(row["revision"]) if row else 0

    def find_departments(
        self, around: Sequence[str], after: str | None, limit: int, category: str | None = None
    ) -> list[Department]:
        """Those that stand in any of these areas, beneath them, or above them, in the order of their ids."""
        above = sorted({path for area in around for path in ancestors(area)})
        places: list[Document] = [{"area_path": {"$in": above}}]
        places += [{"area_path": mongo.beneath(area)} for area in around]
        query: dict[str, Any] = {"$or": places}
        if category is not None:
            query["categories"] = category
        if after is not None:
            query["_id"] = {"$gt": after}
        rows = self._db[COLLECTION].find(query, session=self._session).sort("_id", ASCENDING).limit(limit)
        return [_department(row) for row in rows]

    def hold_departments(self, area_path: str, most: int) -> list[Department]:
        self._db[DIRECTORY].update_one(
            {"_id": f"departments of {area_path}"}, {"$inc": {"changes": 1}}, upsert=True, session=self._session
        )
        rows = self._db[COLLECTION].find({"area_path": area_path}, session=self._session).limit(most)
        return [_department(row) for row in rows]

    def categories_of_departments(self, area_path: str) -> tuple[list[str], bool]:
        # Place by place, so that what stands at one crowds out nothing of another.
        found: list[str] = []
        is_all = True
        for path in ancestors(area_path):
            wanted = {"area_path": path}
            rows = self._db[COLLECTION].find(wanted, {"categories": 1}, session=self._session)
            there = [row["categories"] for row in rows.limit(MOST_DEPARTMENTS + 1)]
            own = list(dict.fromkeys(one for some in there[:MOST_DEPARTMENTS] for one in some))
            found += own[:MOST_CATEGORIES_AT_PLACE]
            is_all = is_all and len(there) <= MOST_DEPARTMENTS and len(own) <= MOST_CATEGORIES_AT_PLACE
        return found, is_all

    def is_of_departments(self, area_path: str, category: str) -> bool:
        query = {"area_path": {"$in": ancestors(area_path)}, "categories": category}
        return self._db[COLLECTION].find_one(query, {"_id": 1}, session=self._session) is not None


def department_indexes(db: Database[Document]) -> None:
    db[COLLECTION].create_index("area_path", name="area_path")


def _department(row: Document) -> Department:
    return Department(
        row["_id"], row["name"], row["kind"], row["place_id"], row["area_path"], tuple(row["categories"]),
        tuple(row["contacts"]),
    )  # fmt: skip
