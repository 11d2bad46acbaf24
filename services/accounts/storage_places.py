"""Places that accounts has heard of, in MongoDB, and the accounts there."""

from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import UpdateOne

from services.accounts.domain.account import Account
from services.accounts.storage import account_entity, account_row
from services.chassis import holds, mongo
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.contracts.areas import Whereabouts, may_move, place_id_of
from services.contracts.types import NewEvent

Document = dict[str, Any]
PLACES = "places"
_FOLLOWED = ("area_path", "grants", "revision", "tokens_from")


class Places:
    """What the use cases read and write of places, within one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit, self._session = unit, unit.session
        self._rows = unit.db[PLACES]

    def place(self, place_id: str) -> Whereabouts | None:
        row = self._rows.find_one({"_id": place_id}, session=self._session)
        return Whereabouts(row["_id"], row["area_path"], row["sequence"], row["is_there"]) if row else None

    def unknown(self, area_paths: Iterable[str]) -> list[str]:
        """Those at which no place lies now. The others stay where they are until the unit ends: whoever hears meanwhile
        that one has moved conflicts with this unit, and one of the two runs again."""
        wanted = set(area_paths)
        ids = [place_id_of(path) for path in wanted]
        rows = self._rows.find({"_id": {"$in": ids}, "is_there": True}, session=self._session)
        known = {row["area_path"] for row in rows} & wanted
        if held := [place_id_of(path) for path in known if may_move(path)]:
            self._unit.before_commit(lambda unit: holds.hold(unit, held))
        return sorted(wanted - known)

    def keep_place(self, place: Whereabouts) -> None:
        row = {"_id": place.place_id, "area_path": place.area_path, "sequence": place.sequence,
               "is_there": place.is_there}  # fmt: skip
        before = self._rows.find_one_and_replace({"_id": place.place_id}, row, upsert=True, session=self._session)
        if before is not None and may_move(before["area_path"]):
            holds.change(self._unit, place.place_id)

    def beneath(self, area_path: str) -> list[Account]:
        """Reads every account; a place moves seldom enough."""
        beneath = {"area_path": mongo.beneath(area_path)}
        wanted = {"$or": [beneath, {"grants": {"$elemMatch": beneath}}]}
        return [account_entity(row) for row in self._unit.db["accounts"].find(wanted, session=self._session)]

    def keep_moved(self, place: Whereabouts, accounts: Sequence[Account]) -> None:
        if not accounts:
            return
        rows = [(account.account_id, account_row(account)) for account in accounts]
        writes = [UpdateOne({"_id": id}, {"$set": {name: row[name] for name in _FOLLOWED}}) for id, row in rows]
        self._unit.db["accounts"].bulk_write(writes, ordered=False, session=self._session)
        about = {"at": self._unit.system_now, "actor": "tree", "action": "place-moved",
                 "detail": {"place": place.place_id, "path": place.area_path}}  # fmt: skip
        trail = [{"_id": new_id(), "account_id": id, **about} for id, _ in rows]
        self._unit.db["audit"].insert_many(trail, ordered=False, session=self._session)

    def emit(self, *events: NewEvent) -> None:
        self._unit.emit(*events)
