"""What erasing asks of MongoDB: whose time is over, and what is kept beside the tickets."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, ReturnDocument
from pymongo.database import Database

from services.chassis import outbox, timer_rows
from services.chassis.unit import Unit
from services.tickets.domain.attachments import ENDED
from services.tickets.domain.ticket import Ticket
from services.tickets.storage.appointments import holding
from services.tickets.storage.attachments import Photos
from services.tickets.storage.documents import person_list, ticket_entity

Document = dict[str, Any]
_SAID: Document = {"sealed": {"$type": "string"}}
"""Tickets that still hold what was said."""
PERSONAL = "personal"
"""Key and kind of the one effect that looks, from time to time, for what is to be erased."""


class Erasing:
    """The archive of one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db, self._session = unit.db, unit.session

    def due(self, ended_until: datetime, limit: int) -> list[Ticket]:
        query = {"personal_since": {"$lte": ended_until}}
        rows = self._db["tickets"].find(query, session=self._session).sort("personal_since", ASCENDING).limit(limit)
        return [ticket_entity(row) for row in rows]

    def of_person(self, person_id: str) -> list[Ticket]:
        """What somebody reported and what still holds something personal."""
        rows = self._db["tickets"].find(_personal_of(person_id), session=self._session)
        return [ticket_entity(row) for row in rows]

    def again(self, ticket_ids: Sequence[str]) -> list[Ticket]:
        """Those that still hold something personal."""
        query = {"_id": {"$in": list(ticket_ids)}, "sealed": {"$ne": None}}
        return [ticket_entity(row) for row in self._db["tickets"].find(query, session=self._session)]

    def counts(self, ended_until: datetime) -> tuple[int, int]:
        """How many ended tickets hold personal data, and of how many the time is over."""
        rows = self._db["tickets"]
        return (
            rows.count_documents({"personal_since": {"$type": "date"}}),
            rows.count_documents({"personal_since": {"$lte": ended_until}}),
        )

    def give_up_photos(self, attachment_ids: Sequence[str]) -> None:
        Photos(self._unit).give_up(attachment_ids)

    def blank_reveals(self, ticket_ids: Sequence[str]) -> None:
        """Who looked and when stays; why was free text."""
        query = {"ticket_id": {"$in": list(ticket_ids)}}
        self._db["reveals"].update_many(query, {"$set": {"reason": None}}, session=self._session)

    def is_still_reporter(self, person_id: str) -> bool:
        """Or booked an appointment with a telephone in it."""
        asked = {"tickets": _personal_of(person_id), "bookings": holding(person_id)}
        return any(self._db[name].find_one(query, {"_id": 1}, session=self._session) for name, query in asked.items())

    def forget_person(self, person_id: str) -> int | None:
        """Forget the telephone's digest and published contact data. The sequence of the statement that says so; None
        when nothing was ever stated."""
        self._db["people"].delete_many({"person_id": person_id}, session=self._session)
        stated = {"subject": outbox.subject("recipient.upserted", person_id), "sealed": True}
        blank = {"$set": {"data": None}, "$unset": {"sealed": ""}}
        self._db[outbox.COLLECTION].update_many(stated, blank, session=self._session)
        row = self._db["contacts"].find_one_and_update(
            {"_id": person_id}, {"$inc": {"sequence": 1}}, return_document=ReturnDocument.AFTER, session=self._session
        )
        return int(row["sequence"]) if row else None

    def record(self, row: Document) -> None:
        """One row of what was erased at whose wish."""
        self._db["erasures"].insert_one(row, session=self._session)


def retention_schema(db: Database[Document]) -> None:
    """Indexes; since when tickets of before hold what they hold; and the timer that looks after it."""
    db["tickets"].create_index("personal_since", name="personal_since", sparse=True)
    db["people"].create_index("person_id", name="person")
    ended = {"state": {"$in": sorted(ENDED)}, "personal_since": {"$exists": False}}
    db["tickets"].update_many(ended, [{"$set": {"personal_since": {"$max": "$history.at"}}}])
    first = timer_rows.row(PERSONAL, PERSONAL, datetime(2026, 1, 1, tzinfo=UTC), {}, basis="system", lane="effects")
    db[timer_rows.COLLECTION].update_one({"_id": PERSONAL}, {"$setOnInsert": first}, upsert=True)


def _personal_of(person_id: str) -> Document:
    return {"lists": person_list(person_id), "reporter_id": person_id, **_SAID}
