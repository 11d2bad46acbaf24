"""Has the machine's clock leapt? What is erased by its age must not be erased because of a wrong clock.

Each service keeps in its own database the latest system time that it has believed. A time that is further from it than
a machine may well have been switched off is not believed: nothing is erased until the clock is set right, or an
operator confirms by `doorstep clock accept` that the time is right (ADR 22). Business time has no part in it: a
demonstration or a replay may step as it likes.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.chassis.clock import system_now

Document = dict[str, Any]
COLLECTION = "system_clock"
LONGEST_ABSENCE = timedelta(days=3)
"""*(ours)* A machine that is switched off over a weekend says nothing; after a longer absence an operator looks."""
_ID = "seen"
log = logging.getLogger(__name__)


class ClockLeapt(Exception):
    """The system clock is further from what was last seen than may be believed; nothing was erased."""


class ClockWatch:
    """The system clock as one service has seen it."""

    def __init__(self, db: Database[Document]) -> None:
        self._rows = db[COLLECTION]

    def trusted(self) -> bool:
        """Whether the present time may be believed; if so, it is the latest time seen from now on."""
        while True:
            now = system_now()
            near = {"$gte": now - LONGEST_ABSENCE, "$lte": now + LONGEST_ABSENCE}
            seen = self._rows.update_one({"_id": _ID, "at": near}, {"$max": {"at": now}})
            if seen.matched_count:
                return True
            if self.seen_at() is not None:
                return False
            try:
                self._rows.insert_one({"_id": _ID, "at": now})
            except DuplicateKeyError:
                continue  # a neighbour has begun to watch at the same moment

    def check(self) -> None:
        """Raise ClockLeapt unless the present time may be believed. To be called before what is old is erased."""
        if not self.trusted():
            raise ClockLeapt

    def leap(self) -> timedelta:
        """How far the clock is ahead of what was last seen, if that is not believed; negative: it has gone back.

        Changes nothing.
        """
        at, now = self.seen_at(), system_now()
        return now - at if at is not None and abs(now - at) > LONGEST_ABSENCE else timedelta()

    def seen_at(self) -> datetime | None:
        """The latest time that was believed; None before the first."""
        row = self._rows.find_one({"_id": _ID})
        return row["at"] if row else None

    def accept(self) -> None:
        """The present time is right: an operator says so."""
        self._rows.update_one({"_id": _ID}, {"$set": {"at": system_now()}}, upsert=True)


def say_if_it_leapt(watch: ClockWatch) -> bool:
    """Look at the clock, and log when it is not believed. Returns whether it is."""
    if watch.trusted():
        return True
    log.error(
        "the system clock has leapt: nothing is erased until it is right or `doorstep clock accept` confirms it",
        extra={"days": round(watch.leap() / timedelta(days=1), 1)},
    )
    return False
