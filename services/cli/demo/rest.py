"""Waiting until the system has come to rest: all published, consumed, sent, and every due timer fired."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from services.chassis import deferred, inbox, outbox, timer_rows
from services.chassis.clock import BusinessClock, ClockRefused, to_milliseconds
from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Queue

Databases = Mapping[str, Database[dict[str, Any]]]
SOON = {"state": "waiting", "reason": None}
"""Notices under way; what is too much for an address today waits until tomorrow, and says so."""
REST_SECONDS = 150.0
"""Mail to somebody of whom nothing is known yet waits half a minute before it is given up."""
_CLOCK_IS_READ_SECONDS = 1.2
"""Processes read the stored business clock about once a second."""
_JUST_AHEAD = timedelta(seconds=1)
"""A running clock can only be stopped at a moment that it has not reached yet."""


class Restless(Exception):
    """The system did not come to rest; the message says what is still under way."""


def stop_clock(clock: BusinessClock) -> datetime:
    """Stop business time, so that nothing new becomes due while the figures are read. Returns where it stands."""
    while True:
        moment = to_milliseconds(clock.now() + _JUST_AHEAD)
        try:
            clock.step(moment)
        except ClockRefused:  # it has run past the moment meanwhile
            continue
        time.sleep(_CLOCK_IS_READ_SECONDS)
        return moment


def wait_for_rest(databases: Databases, now: datetime, within: float = REST_SECONDS) -> None:
    """Returns once nothing has been under way twice in a row. Raises Restless."""
    deadline = time.monotonic() + within
    quiet = 0
    while quiet < 2:
        under_way = unfinished(databases, now)
        quiet = 0 if under_way else quiet + 1
        if under_way and time.monotonic() > deadline:
            raise Restless(", ".join(f"{what}: {number}" for what, number in under_way.items()))
        time.sleep(0.5)


def unfinished(databases: Databases, now: datetime) -> dict[str, int]:
    """What is under way, and how much of it."""
    found: dict[str, int] = {}
    for service, db in databases.items():
        found[f"{service}: events not published"] = db[outbox.COLLECTION].count_documents({"unpublished": True})
        due = {"lane": "timers", "basis": "business", "due_at": {"$lte": now}}
        found[f"{service}: timers due"] = db[timer_rows.COLLECTION].count_documents(due)
    found["notices waiting"] = databases["notifications"]["notices"].count_documents(SOON)
    for queue in QUEUES.values():
        put_aside = databases[queue.consumer][deferred.COLLECTION].count_documents({"queue": queue.name})
        found[f"{queue.name}: events not consumed"] = due_to(queue, databases) - taken_by(queue, databases) - put_aside
    return {what: number for what, number in found.items() if number}


def due_to(queue: Queue, databases: Databases) -> int:
    """How many events of the logs a queue must have got."""
    return sum(
        databases[publisher][outbox.COLLECTION].count_documents({
            "type": {"$in": [name for name in queue.modes if publisher in EVENT_TYPES[name].publishers]}
        })
        for publisher in queue.publishers
    )  # fmt: skip


def taken_by(queue: Queue, databases: Databases) -> int:
    """How many events have taken effect at the queue's consumer, each once."""
    rows = databases[queue.consumer][inbox.COLLECTION]
    return rows.count_documents({"_id": {"$gte": f"{queue.name}|", "$lt": f"{queue.name}}}"}})
