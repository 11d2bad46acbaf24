"""Photos in MongoDB: a row for each in `attachments`, its sealed content in GridFS, bucket `photos`.

GridFS takes part in no transaction. The row is there before the content and goes after it, so that no content is ever
without a row: `arriving` (being uploaded), `waiting` (for a ticket), `attached`, `going` (its content goes).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from gridfs import GridFSBucket
from gridfs.errors import NoFile
from pymongo.database import Database

from services.chassis.unit import Unit
from services.tickets.domain.attachments import Photo

Document = dict[str, Any]
ROWS, BUCKET = "attachments", "photos"
SWEEP = "attachment"
"""Kind of the effect that removes what nobody attached."""
WAITS = timedelta(days=1)
"""How long an upload waits for its ticket *(ours)*."""


class Photos:
    """The photos of one unit of work. `put`, `content` and `remove_content` are outside of its transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._rows = unit.db[ROWS]

    def expect(self, photo: Photo, by: str | None) -> None:
        """Announce content that is about to be put; unless it is attached within a day, it is removed."""
        self._rows.insert_one(
            {"_id": photo.id, "state": "arriving", "uploaded_by": by, "uploaded_at": self._unit.now, "ticket_id": None,
             "size": photo.size, "width": photo.width, "height": photo.height, "digest": photo.digest},
            session=self._unit.session,
        )  # fmt: skip
        self._sweep_at(photo.id, self._unit.system_now + WAITS)

    def arrived(self, photo_id: str) -> bool:
        """The content is whole: it may be attached. False when it was swept away meanwhile."""
        return self._move({"_id": photo_id, "state": "arriving"}, {"state": "waiting"})

    def take(self, photo_id: str, ticket_id: str, by: str | None) -> Photo | None:
        """Give it to a ticket; None unless it waits and `by` may have it: the uploader, anybody if that was nobody.

        A sweep that runs at the same time writes to the same row, so that one of the two fails and looks again.
        """
        query = {"_id": photo_id, "state": "waiting", "uploaded_by": {"$in": [by, None]}}
        if not self._move(query, {"state": "attached", "ticket_id": ticket_id}):
            return None
        self._unit.timers.clear(_key(photo_id))
        row = self._row(photo_id)
        return Photo(row["_id"], row["size"], row["width"], row["height"], row["digest"])

    def ticket_of(self, photo_id: str) -> str | None:
        row = self._rows.find_one({"_id": photo_id, "state": "attached"}, session=self._unit.session)
        return str(row["ticket_id"]) if row else None

    def is_waiting(self, photo_id: str) -> bool:
        """Whether a ticket may yet take it: only its age can end that."""
        query = {"_id": photo_id, "state": {"$in": ["arriving", "waiting"]}}
        return self._rows.find_one(query, {"_id": 1}, session=self._unit.session) is not None

    def condemn(self, photo_id: str) -> bool:
        """Whether its content is to be removed: nobody attached it, or its ticket gave it up."""
        query = {"_id": photo_id, "state": {"$ne": "attached"}}
        return self._rows.update_one(query, {"$set": {"state": "going"}}, session=self._unit.session).matched_count > 0

    def give_up(self, photo_ids: Sequence[str]) -> None:
        """Have attached photos removed as soon as this is committed."""
        for photo_id in photo_ids:
            if self._move({"_id": photo_id, "state": "attached"}, {"state": "going", "uploaded_by": None}):
                self._sweep_at(photo_id, self._unit.system_now)

    def forget(self, photo_id: str) -> None:
        """Remove the row of what has no content any more."""
        self._rows.delete_one({"_id": photo_id, "state": "going"}, session=self._unit.session)

    def put(self, photo_id: str, sealed: bytes) -> None:
        _bucket(self._unit.db).upload_from_stream_with_id(photo_id, photo_id, sealed)

    def content(self, photo_id: str) -> bytes | None:
        """The sealed content; None when it is gone."""
        try:
            return bytes(_bucket(self._unit.db).open_download_stream(photo_id).read())
        except NoFile:
            return None

    def remove_content(self, photo_id: str) -> None:
        """All pieces of it, also when it never became whole; said again, it does no harm."""
        self._unit.db[f"{BUCKET}.files"].delete_one({"_id": photo_id})
        self._unit.db[f"{BUCKET}.chunks"].delete_many({"files_id": photo_id})

    def _row(self, photo_id: str) -> Document:
        row = self._rows.find_one({"_id": photo_id}, session=self._unit.session)
        if row is None:
            raise LookupError("a row that was written in this transaction")
        return row

    def _move(self, query: Document, changes: Document) -> bool:
        return self._rows.update_one(query, {"$set": changes}, session=self._unit.session).matched_count > 0

    def _sweep_at(self, photo_id: str, moment: datetime) -> None:
        ref = {"attachment_id": photo_id}
        self._unit.timers.set(_key(photo_id), SWEEP, moment, ref, basis="system", lane="effects")


def photo_indexes(db: Database[Document]) -> None:
    """What GridFS would make at the first upload, made before."""
    db[f"{BUCKET}.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)
    db[f"{BUCKET}.files"].create_index([("filename", 1), ("uploadDate", 1)])


def _key(photo_id: str) -> str:
    return f"attachment:{photo_id}"


def _bucket(db: Database[Document]) -> GridFSBucket:
    return GridFSBucket(db, BUCKET)
