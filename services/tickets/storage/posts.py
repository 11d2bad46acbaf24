"""Duty posts and absences in MongoDB, and who answers at a level of the ladder.

`posts` holds one document a post, `absences` one an absence. Both leave a stamp in the directory when they change: what
is found here is known for other tickets too. What is known are candidates and periods; the instant is asked anew.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, UpdateMany
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.unit import Unit
from services.tickets.domain.absences import Absence, away_until
from services.tickets.domain.places import Place
from services.tickets.domain.posts import (
    BENEATH_LEVEL,
    DISABLED,
    NOT_STAFF,
    Candidate,
    Named,
    Post,
    Skipped,
    name_owner,
    roles_from,
)
from services.tickets.domain.transitions import STAFF, office_of
from services.tickets.storage.directory import Directory
from services.tickets.storage.documents import Document, ancestors

_ROLES_OF_LEVEL = {
    "grid": ("grid_worker", "grid_head"), "community": ("community",), "street": ("street",), "district": ("district",),
}  # fmt: skip


class PostRows:
    """The queries for posts and absences, of one unit of work."""

    _db: Database[Document]
    _session: ClientSession | None
    _directory: Directory
    _unit: Unit

    # Who answers

    def named(self, level: str, area_path: str, rated: Collection[str] = ()) -> Named:
        """Who answers at a level for a grid, at this instant: who holds the nearest post, else the narrowest grant."""
        found = self._directory.recall(("owners", level, area_path), lambda: self._candidates(level, area_path))
        return name_owner(found, self.away_until, rated)

    def owner_of(self, level: str, area_path: str, rated: Collection[str] = (), /) -> str | None:
        """None while nobody is there."""
        return self.named(level, area_path, rated).person_id

    def duty_of(self, level: str, area_path: str, rated: Collection[str] = (), /) -> Mapping[str, Any]:
        """For the history: by which post, who was skipped and why, or that nobody is there; else empty."""
        return self.named(level, area_path, rated).record(level)

    def away_until(self, person_id: str) -> datetime | None:
        """When somebody is back who is absent now."""
        periods = self._directory.recall(("absences", person_id), lambda: self._periods(person_id))
        return away_until(periods, self._unit.now)

    def _candidates(self, level: str, area_path: str) -> list[Candidate]:
        holders = self._holders(level, area_path)
        faults = self._faults(list(holders), [area_path], level)
        named = [Candidate(person_id, faults.get(person_id), post) for person_id, post in holders.items()]
        granted = (person_id for person_id in self._granted(level, area_path) if person_id not in holders)
        return [*named, *(Candidate(person_id) for person_id in granted)]

    def _holders(self, level: str, area_path: str) -> dict[str, str]:
        """Of the ladder's posts at the nearest area above the grid that has any with a holder: each with its post."""
        query = {"level": level, "area_path": {"$in": ancestors(area_path)}, "holders.0": {"$exists": True}}
        rows = list(self._db["posts"].find(query, session=self._session).sort("_id", ASCENDING))
        nearest = max((row["area_path"] for row in rows), key=len, default="")
        held: dict[str, str] = {}
        for row in rows:
            for person in row["holders"] if row["area_path"] == nearest else ():
                held.setdefault(person, row["_id"])
        return held

    def _granted(self, level: str, area_path: str) -> list[str]:
        roles = _ROLES_OF_LEVEL[level]
        ranked = sorted(
            (-len(grant["area_path"]), roles.index(grant["role"]), row["person_id"])
            for row in self._staff_over([area_path], roles)
            for grant in row["grants"]
            if grant["role"] in roles and area_path.startswith(grant["area_path"])
        )
        return list(dict.fromkeys(str(person_id) for _, _, person_id in ranked))

    def _periods(self, person_id: str) -> list[tuple[datetime, datetime]]:
        query = {"person_id": person_id, "until": {"$gt": self._unit.now}}
        return [(row["since"], row["until"]) for row in self._db["absences"].find(query, session=self._session)]

    def _faults(self, holders: Sequence[str], paths: Sequence[str], level: str | None) -> dict[str, str]:
        """What keeps holders from answering, whatever the time: disabled, or no role over any of the places with which
        one acts at the level. Without a level any role does. A program's account serves nowhere."""
        if not holders:
            return {}
        query = {"person_id": {"$in": list(holders)}, "kind": {"$ne": "service"}}
        rows = list(self._db["staff"].find(query, session=self._session))
        fit = _states(rows, paths, roles_from(level) if level else None)
        staff = _states(rows, paths, STAFF) if level else fit
        return {person: why for person in holders if (why := _fault(fit.get(person, set()), staff.get(person, set())))}

    def unfit(self, post: Post, paths: Sequence[str]) -> list[Skipped]:
        """Which holders cannot serve now, and why. One of the ladder needs a role of its level or above there, another
        any role."""
        faults = self._faults(post.holders, paths, post.level)
        found: list[Skipped] = []
        for person_id in post.holders:
            named = name_owner([Candidate(person_id, faults.get(person_id))], self.away_until)
            found += named.skipped
        return found

    def _staff_over(self, paths: Sequence[str], roles: Sequence[str], person_id: str | None = None) -> list[Document]:
        covering = [above for path in paths for above in ancestors(path)]
        query: Document = {
            "state": "active", "kind": "person",
            "grants": {"$elemMatch": {"role": {"$in": list(roles)}, "area_path": {"$in": covering}}},
        }  # fmt: skip
        if person_id is not None:
            query["person_id"] = person_id
        return list(self._db["staff"].find(query, session=self._session))

    def grants_of(self, person_id: str) -> list[tuple[str, str]]:
        """(role, area path) of who has an active account; empty for a stranger."""
        rows = self._db["staff"].find({"person_id": person_id, "state": "active"}, session=self._session)
        return [(grant["role"], grant["area_path"]) for row in rows for grant in row["grants"]]

    def is_program(self, person_id: str) -> bool:
        """Whether it is a program's account, which serves nowhere."""
        found = self._db["staff"].find_one({"person_id": person_id, "kind": "service"}, session=self._session)
        return found is not None

    def office_of(self, person_id: str, paths: Sequence[str]) -> str | None:
        """The highest level at which somebody serves over one of these places; None: at the grid, or nowhere."""
        return office_of(self.roles_over(person_id, paths))

    def roles_over(self, person_id: str, paths: Sequence[str]) -> list[str]:
        """What somebody is over one of these places."""
        held = self.grants_of(person_id)
        return [role for role, above in held if any(path.startswith(above) for path in paths)]

    # Posts

    def post(self, post_id: str) -> tuple[Post, int] | None:
        """With its revision."""
        row = self._db["posts"].find_one({"_id": post_id}, session=self._session)
        return (_post(row), row["revision"]) if row else None

    def put_post(self, post: Post, revision: int) -> None:
        self._directory.changed()
        self._db["posts"].replace_one(
            {"_id": post.id}, {**_post_document(post), "revision": revision}, upsert=True, session=self._session
        )

    def remove_post(self, post_id: str) -> None:
        self._directory.changed()
        self._db["posts"].delete_one({"_id": post_id}, session=self._session)

    def find_posts(self, under: Sequence[str], after: str | None, limit: int, duty: str | None = None) -> list[Post]:
        """Beneath any of these areas, in the order of their ids."""
        query: Document = {"$or": [{"area_path": mongo.beneath(path)} for path in under]}
        if duty is not None:
            query["duty"] = duty
        if after is not None:
            query["_id"] = {"$gt": after}
        rows = self._db["posts"].find(query, session=self._session).sort("_id", ASCENDING).limit(limit)
        return [_post(row) for row in rows]

    def posts_at(self, place_ids: Sequence[str]) -> list[Post]:
        rows = self._db["posts"].find({"place_id": {"$in": list(place_ids)}}, session=self._session)
        return [_post(row) for row in rows.sort("_id", ASCENDING)]

    # Absences

    def add_absence(self, absence: Absence) -> None:
        self._directory.changed()
        self._db["absences"].insert_one(_absence_document(absence), session=self._session)

    def put_absence(self, absence: Absence) -> None:
        self._directory.changed()
        self._db["absences"].replace_one({"_id": absence.id}, _absence_document(absence), session=self._session)

    def forget_absences(self, ended_until: datetime, most: int) -> int:
        """Of those that ended by then, remove so many for good, the oldest first. How many went."""
        past = self._db["absences"].find({"until": {"$lte": ended_until}}, {"_id": 1}, session=self._session)
        ids = [row["_id"] for row in past.sort("until", ASCENDING).limit(most)]
        self._db["absences"].delete_many({"_id": {"$in": ids}}, session=self._session)
        return len(ids)

    def past_absences(self, ended_until: datetime) -> int:
        """How many ended by then."""
        return self._db["absences"].count_documents({"until": {"$lte": ended_until}}, session=self._session)

    def open_absences(self, person_id: str, now: datetime) -> int:
        """How many of somebody's go on or are to come; none is added meanwhile, since each writes the same stamp."""
        query = {"person_id": person_id, "until": {"$gt": now}}
        return self._db["absences"].count_documents(query, session=self._session)

    def absence(self, absence_id: str) -> Absence | None:
        row = self._db["absences"].find_one({"_id": absence_id}, session=self._session)
        return _absence(row) if row else None

    def absences_of(self, person_id: str, after: str | None, limit: int) -> list[Absence]:
        """In the order in which they were recorded."""
        query: Document = {"person_id": person_id, **({"_id": {"$gt": after}} if after else {})}
        rows = self._db["absences"].find(query, session=self._session).sort("_id", ASCENDING).limit(limit)
        return [_absence(row) for row in rows]


def follow_moved(db: Database[Document], places: Sequence[Place], session: ClientSession | None) -> None:
    """Posts at places that lie elsewhere now lie there too."""
    ids = [place.id for place in places]
    held = {row["place_id"]: row["area_path"] for row in db["posts"].find({"place_id": {"$in": ids}}, session=session)}
    moves = [
        UpdateMany({"place_id": place.id}, {"$set": {"area_path": place.area_path}})
        for place in places
        if place.id in held and held[place.id] != place.area_path
    ]
    if moves:
        db["posts"].bulk_write(moves, ordered=False, session=session)


def forget_posts(db: Database[Document], place_ids: Sequence[str], session: ClientSession | None) -> None:
    """A post goes with its place: nobody could change or remove it any more."""
    db["posts"].delete_many({"place_id": {"$in": list(place_ids)}}, session=session)


def post_indexes(db: Database[Document]) -> None:
    db["posts"].create_index([("level", 1), ("area_path", 1)], name="ladder")
    db["posts"].create_index("area_path", name="area_path")
    db["posts"].create_index("place_id", name="place")
    db["absences"].create_index([("person_id", 1), ("until", 1)], name="away")
    db["absences"].create_index([("person_id", 1), ("_id", 1)], name="person")


def past_absence_index(db: Database[Document]) -> None:
    db["absences"].create_index("until", name="until")


def _states(
    rows: Iterable[Document], paths: Sequence[str], roles: frozenset[str] | None
) -> Mapping[str, Collection[str]]:
    """By person, the states of the accounts that have one of the roles (None: any) over one of the places."""
    states: dict[str, set[str]] = {}
    for row in rows:
        over = (g["role"] for g in row["grants"] if any(path.startswith(g["area_path"]) for path in paths))
        if any(roles is None or role in roles for role in over):
            states.setdefault(row["person_id"], set()).add(row["state"])
    return states


def _fault(fit: Collection[str], staff: Collection[str]) -> str | None:
    """From the states of the accounts that have a fitting role, and of those that have any there."""
    if "active" in fit:
        return None
    if "active" in staff:
        return BENEATH_LEVEL
    return DISABLED if staff else NOT_STAFF


def _post_document(post: Post) -> Document:
    return {
        "_id": post.id, "place_id": post.place_id, "code": post.code, "duty": post.duty, "name": post.name,
        "area_path": post.area_path, "holders": list(post.holders), "level": post.level, "period": post.period,
    }  # fmt: skip


def _post(row: Document) -> Post:
    return Post(
        row["place_id"], row["code"], row["duty"], row["name"], row["area_path"], tuple(row["holders"]), row["level"],
        row["period"],
    )  # fmt: skip


def _absence_document(absence: Absence) -> Document:
    return {
        "_id": absence.id, "person_id": absence.person_id, "since": absence.since, "until": absence.until,
        "reason": absence.reason, "by": absence.by, "areas": list(absence.areas),
        "recorded_at": absence.recorded_at, "ended_by": absence.ended_by,
    }  # fmt: skip


def _absence(row: Document) -> Absence:
    return Absence(
        row["_id"], row["person_id"], row["since"], row["until"], row["reason"], row["by"], tuple(row["areas"]),
        row.get("recorded_at"), row.get("ended_by"),
    )  # fmt: skip
