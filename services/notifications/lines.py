"""How many mails went to each address that nobody has confirmed, and which wait in line for it, in MongoDB.

`mails_counted` has one row per day and address, `mails_waiting` one per notice that waits. An address stands there as a
keyed digest, for some days.
"""

from datetime import date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.chassis.unit import Unit
from services.notifications.domain.notice import Notice
from services.notifications.domain.precedence import MOST_MAILS_A_DAY, PATIENCE, Rank

Document = dict[str, Any]
MAILS_COUNTED, MAILS_WAITING = "mails_counted", "mails_waiting"
_COUNTED_FOR, _WAITING_FOR = timedelta(days=2), max(PATIENCE.values()) + timedelta(days=2)


class Lines:
    """The part of a unit's store that bounds mails to an address."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._waiting, self._counted = unit.db[MAILS_WAITING], unit.db[MAILS_COUNTED]

    def mails_on(self, address_digest: str, day: date) -> int:
        row = self._counted.find_one({"_id": _of_day(address_digest, day)}, session=self._unit.session)
        return int(row["mails"]) if row else 0

    def count_mail(self, address_digest: str, day: date) -> None:
        counted = {"$inc": {"mails": 1}, "$setOnInsert": {"at": self._unit.system_now}}
        row = {"_id": _of_day(address_digest, day)}
        self._counted.update_one(row, counted, upsert=True, session=self._unit.session)

    def said_before(self, notice: Notice, since: datetime) -> bool:
        if notice.ticket_id is None:
            return False
        same = {name: getattr(notice, name) for name in ("ticket_id", "person_id", "template", "channel")}
        query = {**same, "$and": [{"recorded_at": {"$gte": since}}, _earlier(notice)]}
        return self._unit.db["notices"].find_one(query, {"_id": 1}, session=self._unit.session) is not None

    def line_up(self, notice: Notice, address_digest: str, rank: Rank) -> None:
        row = {
            "_id": notice.id, "address": address_digest, "rank": int(rank), "recorded_at": notice.recorded_at,
            "at": self._unit.system_now,
        }  # fmt: skip
        self._waiting.replace_one({"_id": notice.id}, row, upsert=True, session=self._unit.session)

    def leave_line(self, notice: Notice) -> None:
        self._waiting.delete_one({"_id": notice.id}, session=self._unit.session)

    def waiting_before(self, notice: Notice, address_digest: str, rank: Rank) -> int:
        first = [{"rank": {"$lt": int(rank)}}, {"rank": int(rank), **_earlier(notice)}]
        query = {"address": address_digest, "$or": first}
        return self._waiting.count_documents(query, limit=MOST_MAILS_A_DAY, session=self._unit.session)


def _earlier(notice: Notice) -> Document:
    """Recorded before it; of those recorded in the same moment, by identity."""
    at = notice.recorded_at
    return {"$or": [{"recorded_at": {"$lt": at}}, {"recorded_at": at, "_id": {"$lt": notice.id}}]}


def _of_day(address_digest: str, day: date) -> str:
    return f"{day.isoformat()}|{address_digest}"


def counted_mails(db: Database[Document]) -> None:
    db[MAILS_COUNTED].create_index("at", name="over", expireAfterSeconds=int(_COUNTED_FOR.total_seconds()))


def waiting_mails(db: Database[Document]) -> None:
    waiting = db[MAILS_WAITING]
    waiting.create_index([("address", ASCENDING), ("rank", ASCENDING), ("recorded_at", ASCENDING)], name="line")
    waiting.create_index("at", name="over", expireAfterSeconds=int(_WAITING_FOR.total_seconds()))
