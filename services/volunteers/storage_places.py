"""Places that volunteers has heard of, in MongoDB, and the members there."""

from pymongo import UpdateOne

from services.chassis import holds, mongo
from services.chassis.unit import Unit
from services.contracts.areas import Whereabouts, may_move, moved, place_id_of

PLACES = "places"


class Places:
    """What the use cases read and write of places, within one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit, self._db, self._session = unit, unit.db, unit.session

    def place(self, place_id: str) -> Whereabouts | None:
        row = self._db[PLACES].find_one({"_id": place_id}, session=self._session)
        return Whereabouts(row["_id"], row["area_path"], row["sequence"], row["is_there"]) if row else None

    def is_known(self, area_path: str) -> bool:
        """Whether a place lies there now. If so, it stays there until the unit ends: whoever hears meanwhile that it
        has moved conflicts with this unit, and one of the two runs again."""
        wanted = {"_id": place_id_of(area_path), "area_path": area_path, "is_there": True}
        known = self._db[PLACES].find_one(wanted, {"_id": 1}, session=self._session) is not None
        if known and may_move(area_path):
            self._unit.before_commit(lambda unit: holds.hold(unit, [place_id_of(area_path)]))
        return known

    def keep_place(self, place: Whereabouts) -> None:
        row = {"_id": place.place_id, "area_path": place.area_path, "sequence": place.sequence,
               "is_there": place.is_there}  # fmt: skip
        before = self._db[PLACES].find_one_and_replace({"_id": place.place_id}, row, upsert=True, session=self._session)
        if before is not None and may_move(before["area_path"]):
            holds.change(self._unit, place.place_id)

    def move_members(self, from_path: str, to: str) -> None:
        beneath = {"area_path": mongo.beneath(from_path)}
        rows = self._db["members"].find(beneath, {"area_path": 1}, session=self._session)
        writes = [
            UpdateOne({"_id": row["_id"]}, {"$set": {"area_path": moved(row["area_path"], from_path, to)}})
            for row in rows
        ]
        if writes:
            self._db["members"].bulk_write(writes, ordered=False, session=self._session)
