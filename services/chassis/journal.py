"""What a restore must not undo: revoked keys, taken roles, new passwords, erasures, noted outside of every back-up.

A note is a row of the service's database, written in the transaction of its deed. A loop of the worker appends it to
`{service}.jsonl` in the journal's folder, which no restore touches. So whatever stands in the file and not in the
database was lost by a restore. Notes hold identities, roles and places, nothing personal.
"""

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.chassis.background import Loop
from services.chassis.ids import new_id
from services.chassis.unit import Unit

Document = dict[str, Any]
COLLECTION = "journal"
EVERY_SECONDS = 1.0
_BATCH = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Note:
    """One deed; `about` has its identities."""

    id: str
    at: datetime
    what: str
    about: Mapping[str, Any]


def note(unit: Unit, what: str, **about: Any) -> None:
    """Note a deed if, and only if, the unit commits."""
    unit.insert(COLLECTION, {"_id": new_id(), "at": unit.system_now, "what": what, "about": about, "unwritten": True})


def create_indexes(db: Database[Document]) -> None:
    db[COLLECTION].create_index(
        [("unwritten", ASCENDING), ("_id", ASCENDING)],
        name="unwritten",
        partialFilterExpression={"unwritten": True},
    )


class JournalKeeper:
    """Appends notes to the file. Replicas may append one twice, as one that was killed may: readers take it once."""

    def __init__(self, db: Database[Document], folder: Path, service: str) -> None:
        self._rows = db[COLLECTION]
        self._file = file_of(folder, service)
        self._loop = Loop("journal", self._step, EVERY_SECONDS)

    def start(self, container: Any) -> None:
        self._loop.start(container)

    def stop(self) -> None:
        self._loop.stop()

    def _step(self) -> bool:
        rows = list(self._rows.find({"unwritten": True}).sort("_id", ASCENDING).limit(_BATCH))
        if rows:
            append(self._file, rows)
            self._rows.update_many({"_id": {"$in": [row["_id"] for row in rows]}}, {"$unset": {"unwritten": ""}})
        return len(rows) == _BATCH


def file_of(folder: Path, service: str) -> Path:
    return folder / f"{service}.jsonl"


def append(file: Path, rows: Iterable[Document]) -> None:
    """Add rows to the file; they are on the disk when this returns. A line that was cut off before stays alone."""
    lines = [json.dumps({"id": row["_id"], "at": row["at"].isoformat(), "what": row["what"], "about": row["about"]})
             for row in rows]  # fmt: skip
    with open(file, "ab", opener=_private) as out:
        start = b"\n" if out.tell() and not _ends_whole(file) else b""
        out.write(start + "".join(f"{line}\n" for line in lines).encode())
        out.flush()
        os.fsync(out.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _ends_whole(file: Path) -> bool:
    with file.open("rb") as read:
        read.seek(-1, os.SEEK_END)
        return read.read(1) == b"\n"


def read(file: Path) -> list[Note]:
    """All notes of the file, each once, in the order in which they were written. No file: none."""
    found: dict[str, Note] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            noted = _note(line)
            if noted is not None:
                found.setdefault(noted.id, noted)
    return list(found.values())


def _note(line: str) -> Note | None:
    """None for a line that a power cut cut off: its row is still unwritten, and it comes again."""
    try:
        row = json.loads(line)
        return Note(row["id"], datetime.fromisoformat(row["at"]), row["what"], row["about"])
    except (ValueError, KeyError, TypeError):
        return None


def lost(db: Database[Document], notes: Sequence[Note]) -> list[Note]:
    """Those that the database does not know: it was restored from a back-up that is older."""
    known: set[str] = set()
    ids = [noted.id for noted in notes]
    for start in range(0, len(ids), 10_000):
        query = {"_id": {"$in": ids[start : start + 10_000]}}
        known |= {row["_id"] for row in db[COLLECTION].find(query, {"_id": 1})}
    return [noted for noted in notes if noted.id not in known]


def settle(notes: Iterable[Note], unit: Unit) -> None:
    """The deeds of these notes hold again, in the transaction that sees to it: they are lost no more."""
    rows = [{"_id": each.id, "at": each.at, "what": each.what, "about": dict(each.about), "settled_at": unit.system_now}
            for each in notes]  # fmt: skip
    if rows:
        unit.db[COLLECTION].insert_many(rows, session=unit.session)
