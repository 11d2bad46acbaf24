"""Blanks the sealed bodies of private events in the event log, a grace after they were published.

Until then a replay can send them again to a queue that the broker has lost; afterwards the log holds no contact data.
"""

from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from services.chassis.background import Loop
from services.chassis.clock import system_now
from services.chassis.clock_watch import ClockWatch
from services.chassis.outbox import COLLECTION

Document = dict[str, Any]
EVERY_SECONDS = 60.0


class Blanking:
    """A sweep a minute, beside the relay: a blocked broker must not keep contact data longer than was promised.

    Replicas may sweep at once, and a sweep that was killed is finished by the next: each row is blanked by itself.
    """

    def __init__(self, db: Database[Document], grace_days: int) -> None:
        self._db = db
        self._grace = timedelta(days=grace_days)
        self._watch = ClockWatch(db)
        self._loop = Loop("blanking", self._step, EVERY_SECONDS)

    def start(self, container: Any) -> None:
        self._loop.start(container)

    def stop(self) -> None:
        self._loop.stop()

    def _step(self) -> bool:
        if self._watch.trusted():
            blank(self._db, system_now() - self._grace)
        return False


def blank(db: Database[Document], published_until: datetime) -> int:
    """Blank what was published at or before then. Returns how many bodies."""
    due = {"sealed": True, "published_at": {"$lte": published_until}}
    return db[COLLECTION].update_many(due, {"$set": {"data": None}, "$unset": {"sealed": ""}}).modified_count
