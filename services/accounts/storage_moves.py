"""Accounts beneath places that move, in MongoDB; `place_moves` keeps the sequence of each place's latest move."""

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne

from services.accounts.domain.account import Account
from services.accounts.storage import account_entity, account_row
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.contracts.areas import beneath_pattern
from services.contracts.types import NewEvent

Document = dict[str, Any]
MOVES = "place_moves"
_FOLLOWED = ("area_path", "grants", "revision")


class Moves:
    """What following a place reads and writes, within one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit, self._session = unit, unit.session

    def last_move(self, place_id: str) -> int:
        row = self._unit.db[MOVES].find_one({"_id": place_id}, session=self._session)
        return int(row["sequence"]) if row else 0

    def keep_move(self, place_id: str, sequence: int) -> None:
        self._unit.db[MOVES].replace_one(
            {"_id": place_id}, {"_id": place_id, "sequence": sequence}, upsert=True, session=self._session
        )

    def beneath_place(self, place_id: str, path: str) -> list[Account]:
        """Reads every account; a place moves seldom enough."""
        beneath = {"$regex": beneath_pattern(place_id, path)}
        wanted = {"$or": [{"area_path": beneath}, {"grants.area_path": beneath}]}
        return [account_entity(row) for row in self._unit.db["accounts"].find(wanted, session=self._session)]

    def keep_moved(self, place_id: str, path: str, accounts: Sequence[Account]) -> None:
        if not accounts:
            return
        rows = [(account.account_id, account_row(account)) for account in accounts]
        writes = [UpdateOne({"_id": id}, {"$set": {name: row[name] for name in _FOLLOWED}}) for id, row in rows]
        self._unit.db["accounts"].bulk_write(writes, ordered=False, session=self._session)
        detail = {"place": place_id, "path": path, "accounts": [id for id, _ in rows]}
        row = {"_id": new_id(), "at": self._unit.system_now, "actor": "tree", "action": "place-moved",
               "account_id": None, "detail": detail}  # fmt: skip
        self._unit.db["audit"].insert_one(row, session=self._session)

    def emit(self, *events: NewEvent) -> None:
        self._unit.emit(*events)
