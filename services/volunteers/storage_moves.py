"""Members beneath places that move, in MongoDB; `place_moves` keeps the sequence of each place's latest move."""

from pymongo import UpdateOne

from services.chassis.unit import Unit
from services.contracts.areas import beneath_pattern, moved

MOVES = "place_moves"


class Moves:
    """What following a place reads and writes, within one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._db, self._session = unit.db, unit.session

    def last_move(self, place_id: str) -> int:
        row = self._db[MOVES].find_one({"_id": place_id}, session=self._session)
        return int(row["sequence"]) if row else 0

    def move_members(self, place_id: str, path: str, sequence: int) -> None:
        beneath = {"area_path": {"$regex": beneath_pattern(place_id, path)}}
        rows = self._db["members"].find(beneath, {"area_path": 1}, session=self._session)
        writes = [
            UpdateOne({"_id": row["_id"]}, {"$set": {"area_path": moved(row["area_path"], place_id, path)}})
            for row in rows
        ]
        if writes:
            self._db["members"].bulk_write(writes, ordered=False, session=self._session)
        row = {"_id": place_id, "sequence": sequence}
        self._db[MOVES].replace_one({"_id": place_id}, row, upsert=True, session=self._session)
