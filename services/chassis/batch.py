"""How messages take effect: a batch in one transaction, in halves where it fails, down to the one that is to blame.

A redelivered message runs alone, after an attempt row was committed, so that one which kills its process is recognised
and put aside instead of looping. Whatever the outcome, a message is either applied or kept before it is acknowledged.
"""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.chassis import deferred as deferred_rows
from services.chassis import inbox, wire
from services.chassis.clock import system_now
from services.chassis.context import Context
from services.chassis.correlation import follow
from services.chassis.deferred import Deferred, Received
from services.chassis.observability import EVENTS_CONSUMED, EVENTS_DEFERRED, EVENTS_DUPLICATE, error_name, log_failure
from services.chassis.unit import RETRY_SECONDS, Unit, database_down
from services.contracts.types import Event, Queue

Handler = Callable[[Unit, Event], None]
ATTEMPTS = "attempts"
MAX_UNFINISHED = 3
"""A message is put aside when this many tries ended with the process."""
_CONFLICT_TRIES = 3
_BATCH_RETRY_SECONDS = 2.0
"""How long a batch is tried against others that write the same before its halves are."""
_BATCH = "events of the batch"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    message: Received
    redelivered: bool


class Stopped(Exception):
    """The process is to end. What was not applied is not acknowledged either: somebody else gets it."""


class Consumer:
    """Applies the messages of one queue with one handler."""

    def __init__(
        self, context: Context, queue: Queue, beat: Callable[[], None], stopping: Callable[[], bool] = lambda: False
    ) -> None:
        settings = context.settings
        self._context = context
        self._queue = queue
        self._deferred = Deferred(context.db, context.sealer, settings.retry_delays)
        self._beat = beat
        """Called between messages, to keep the connection alive."""
        self._stopping = stopping
        """Asked between messages, so that a long batch does not keep its process from ending."""

    def apply(self, deliveries: Sequence[Delivery], handler: Handler) -> None:
        """Bring every delivery to an end. Raises when the database is down, and Stopped; then nothing may be
        acknowledged."""
        readable = [(d, event) for d in deliveries if (event := self._read(d.message)) is not None]
        self._fresh([(d.message, event) for d, event in readable if not d.redelivered], handler)
        for delivery, event in readable:
            if delivery.redelivered:
                self._go_on()
                self._counted(delivery.message, event, handler)

    def _fresh(self, fresh: Sequence[tuple[Received, Event]], handler: Handler) -> None:
        self._go_on()
        if len(fresh) == 1:
            self._alone(*fresh[0], handler)
        elif fresh and not self._together([event for _, event in fresh], handler):
            half = len(fresh) // 2
            self._fresh(fresh[:half], handler)
            self._fresh(fresh[half:], handler)

    def _go_on(self) -> None:
        if self._stopping():
            raise Stopped
        self._beat()

    def retry(self, handler: Handler) -> bool:
        """Try one deferred message again. Returns whether there was one that was due."""
        claimed = self._deferred.claim(self._queue.name)
        if claimed is None:
            return False
        row, message = claimed
        try:
            event = self._decode(message)
            self._commit([event], handler, done=row["_id"])
        except wire.Undecodable as error:
            self._deferred.park(row["_id"], error.reason)
        except Exception as error:
            if database_down(error):
                self._deferred.postpone_untried(row)
                raise
            log_failure(log, "deferred event failed again", error, queue=self._queue.name, event_id=row["event_id"])
            self._deferred.postpone(row, _reason(error))
        return True

    def _read(self, message: Received) -> Event | None:
        try:
            return self._decode(message)
        except wire.NotYetKnown as error:
            self._set_aside(message, error.reason)
        except Exception as error:  # whatever it is, it must not come back for ever and hold up its neighbours
            self._set_aside(message, _reason(error), park=True)
        return None

    def _decode(self, message: Received) -> Event:
        event = wire.decode(message.content_type, message.headers, message.body)
        if event.type not in self._queue.modes:
            raise wire.NotYetKnown("unexpected-type")
        return event

    def _together(self, events: list[Event], handler: Handler) -> bool:
        try:
            self._commit(events, handler, retry_seconds=_BATCH_RETRY_SECONDS)
        except Exception as error:
            if database_down(error):
                raise
            about = {"queue": self._queue.name, "events": len(events), "error": error_name(error)}
            log.warning("batch failed, going on in halves", extra=about)
            return False
        return True

    def _alone(self, message: Received, event: Event, handler: Handler, attempt: str | None = None) -> None:
        for tries_left in reversed(range(_CONFLICT_TRIES)):
            try:
                self._commit([event], handler, attempt=attempt)
                return
            except DuplicateKeyError as error:  # another replica was quicker, unless it happens again and again
                if tries_left:
                    continue
                self._failed(message, event, error)
            except Exception as error:
                if database_down(error):
                    self._uncount(attempt)
                self._failed(message, event, error)
            break
        if attempt is not None:
            self._context.db[ATTEMPTS].delete_one({"_id": attempt})

    def _uncount(self, attempt: str | None) -> None:
        """The process lives: what ended the try was the database, not the message."""
        if attempt is not None:
            with contextlib.suppress(PyMongoError):
                self._context.db[ATTEMPTS].update_one({"_id": attempt}, {"$inc": {"started": -1}})

    def _counted(self, message: Received, event: Event, handler: Handler) -> None:
        """A redelivered message: it may have killed its process before."""
        row = self._context.db[ATTEMPTS].find_one_and_update(
            {"_id": message.key},
            {"$inc": {"started": 1}, "$set": {"at": system_now()}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        if row["started"] >= MAX_UNFINISHED:
            self._set_aside(message, "killed-its-process")
            self._context.db[ATTEMPTS].delete_one({"_id": message.key})
            return
        self._alone(message, event, handler, attempt=message.key)

    def _failed(self, message: Received, event: Event, error: Exception) -> None:
        if database_down(error):
            raise error
        log_failure(log, "event failed", error, queue=self._queue.name, event_id=event.id, type=event.type)
        self._set_aside(message, _reason(error))

    def _set_aside(self, message: Received, reason: str, *, park: bool = False) -> None:
        self._deferred.add(message, reason, park=park)
        EVENTS_DEFERRED.labels(self._queue.name, reason.split(":")[0]).inc()

    def _commit(
        self, events: list[Event], handler: Handler, *, attempt: str | None = None, done: str | None = None,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:  # fmt: skip
        """Apply the events that are new. What comes for the first time, and is no resend, is not looked for before."""
        run = self._context.units.run
        duplicates: set[str] | None = None
        if attempt is None and done is None and not any(event.replayed for event in events):
            with contextlib.suppress(inbox.Known):
                run(lambda unit: self._first_effects(unit, events, handler), retry_seconds)
                duplicates = set()
        if duplicates is None:
            duplicates = run(lambda unit: self._effects(unit, events, handler, attempt, done), retry_seconds)
        self._count(events, duplicates)

    def _first_effects(self, unit: Unit, events: list[Event], handler: Handler) -> None:
        inbox.record_new(unit, self._queue.name, [event.id for event in events])
        handle_all(unit, events, handler)

    def _effects(
        self, unit: Unit, events: list[Event], handler: Handler, attempt: str | None, done: str | None
    ) -> set[str]:
        duplicates = inbox.record(unit, self._queue.name, [event.id for event in events])
        new = {event.id: event for event in events if event.id not in duplicates}
        handle_all(unit, list(new.values()), handler)
        if attempt is not None:
            unit.db[ATTEMPTS].delete_one({"_id": attempt}, session=unit.session)
        if done is not None:
            deferred_rows.done(unit, done)
        return duplicates

    def _count(self, events: list[Event], duplicates: set[str]) -> None:
        applied = {event.id: event.type for event in events if event.id not in duplicates}
        for event_type, count in Counter(applied.values()).items():
            EVENTS_CONSUMED.labels(self._queue.name, event_type).inc(count)
        if repeated := len(events) - len(applied):
            EVENTS_DUPLICATE.labels(self._queue.name).inc(repeated)


def batch_of(unit: Unit) -> Sequence[Event]:
    """All events that take effect in this unit, for a store that reads ahead; none outside of a consumer."""
    events: Sequence[Event] = unit.scratch.get(_BATCH, ())
    return events


def handle_all(unit: Unit, events: Sequence[Event], handler: Handler) -> None:
    """Call the handler with each event, in the trace of each."""
    unit.scratch[_BATCH] = events
    for event in events:
        follow(event.traceparent)
        handler(unit, event)


def _reason(error: BaseException) -> str:
    if isinstance(error, (wire.Undecodable, wire.NotYetKnown)):
        return error.reason
    return f"failed:{error_name(error)}"


def create_indexes(db: Any) -> None:
    db[ATTEMPTS].create_index("at", name="retention", expireAfterSeconds=7 * 86_400)
