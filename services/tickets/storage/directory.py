"""What this process knows of places and posts, without asking the database again for each ticket.

Whoever changes a place or an account writes a new stamp in the same transaction, and a transaction that uses what is
known here reads that stamp first. Both see one snapshot: an answer found under the stamp is the one that the database
would give, whoever changed what in which process. A change that leaves no stamp (by an operator in the database, by a
worker of an older version) is seen after a minute, since nothing is known for longer.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from services.chassis.ids import new_id
from services.chassis.unit import Unit

T = TypeVar("T")
COLLECTION = "directory"
LONGEST_SECONDS = 60.0
_MOST = 5_000
_STAMP = {"_id": "stamp"}
_KEY = "tickets directory"


@dataclass(slots=True)
class _Known:
    stamp: str | None
    since: float
    answers: dict[Hashable, Any] = field(default_factory=dict)

    def holds(self, stamp: str | None) -> bool:
        return self.stamp == stamp and time.monotonic() - self.since < LONGEST_SECONDS


class Directory:
    """The directory as one unit of work sees it."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def recall(self, key: Hashable, read: Callable[[], T]) -> T:
        """What `read` would return; it is not called while that is known."""
        answers = self._answers()
        if key in answers:
            found: T = answers[key]
            return found
        if len(answers) >= _MOST:
            answers.clear()
        answers[key] = fresh = read()
        return fresh

    def changed(self) -> None:
        """To be called with every change of a place or an account; the stamp is written once a unit."""
        unit = self._unit
        unit.shared[_KEY] = {}
        if _KEY not in unit.scratch:
            unit.scratch[_KEY] = True
            unit.before_commit(_stamp)

    def _answers(self) -> dict[Hashable, Any]:
        unit = self._unit
        if unit.session is None:
            return {}  # outside of a transaction two reads need not see the same
        if _KEY not in unit.shared:
            row = unit.db[COLLECTION].find_one(_STAMP, session=unit.session)
            stamp = row["stamp"] if row else None
            known = unit.remembered.get(_KEY)
            if known is None or not known.holds(stamp):
                known = unit.remembered[_KEY] = _Known(stamp, time.monotonic())
            unit.shared[_KEY] = known.answers
        answers: dict[Hashable, Any] = unit.shared[_KEY]
        return answers


def _stamp(unit: Unit) -> None:
    # An identity, not a count: a stamp that was rolled back never comes again with other contents.
    unit.db[COLLECTION].update_one(_STAMP, {"$set": {"stamp": new_id()}}, upsert=True, session=unit.session)
