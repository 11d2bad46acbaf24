"""The relay: publishes what stands unpublished in the outbox, and marks it only after the broker's confirm.

Killed at any point it publishes again, never less: consumers keep an inbox. A row that the broker returns as unroutable
is marked where `contracts` says that nobody of ours consumes it, and otherwise kept, counted and tried again.
"""

import contextlib
import logging
from collections import Counter, deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider

from services.chassis import broker, outbox, topology, wire
from services.chassis.background import Loop, NotYet
from services.chassis.blanking import Blanking
from services.chassis.clock import system_now
from services.chassis.context import CONFIG_KEY, Context
from services.chassis.leases import LeaseLost, PartitionLeases
from services.chassis.marking import mark_published, put_off
from services.chassis.observability import EVENTS_PUBLISHED, log_failure
from services.chassis.outbox import RETURNED_RETRY
from services.chassis.outbox_wake import OutboxWake
from services.chassis.publisher import Flight, Outcome, Publisher
from services.contracts.queues import is_consumed
from services.contracts.registry import EVENT_TYPES
from services.contracts.topology import queues_from

Document = dict[str, Any]
BATCH = 500
UNCONFIRMED = 2
"""Batches that may await the broker's confirms; one more may be being marked."""
IDLE_SECONDS = 0.5
REFUSED_RETRY = timedelta(seconds=5)
log = logging.getLogger(__name__)


class Relay(DependencyProvider):
    """Runs in processes with the role `relay`."""

    context: Context

    def setup(self) -> None:
        self.context = self.container.config[CONFIG_KEY]
        self._leases = PartitionLeases(self.context.db)
        self._connection: Any = None
        self._publisher: Publisher | None = None
        self._wake = OutboxWake(self.context.db)
        self._in_flight: deque[tuple[list[Document], Flight]] = deque()
        self._marking: Any = None
        self._undeclared = self._waiting = False
        self._blanking = Blanking(self.context.db, self.context.settings.contact_repair_days)
        self._loop = Loop("relay", self._step, 0.0)

    def start(self) -> None:
        if self.context.runs("relay"):
            self._wake.start(self.container)
            self._loop.start(self.container)
            self._blanking.start(self.container)

    def stop(self) -> None:
        if not self.context.runs("relay"):
            return
        self._wake.stop()
        self._loop.stop()
        self._disconnect()
        with contextlib.suppress(Exception):  # the leases end by themselves when the database is down
            self._leases.release()
        self._blanking.stop()

    def get_dependency(self, worker_ctx: Any) -> "Relay":
        return self

    def _step(self) -> bool:
        self._wake.clear()
        try:
            if self._waiting:
                self._open()
                self._waiting = False
            found = self._pass()
        except NotYet:
            if not self._waiting:  # a relay that need not wait, of another version, publishes what this one held
                self._waiting = True
                self._leases.release()
            raise
        except LeaseLost:
            self._leases.held = frozenset()
            log.warning("relay lost a lease; another replica publishes these again")
            return True
        if not found:
            self._keep_alive()
            self._wake.wait(IDLE_SECONDS)
        return True

    def _pass(self) -> bool:
        """Publish what stands unpublished now. Returns whether there was any.

        While a batch awaits its confirms, the next one is read, made and sent, and the one before it is marked. The
        next pass begins when all are marked, so that no row is in flight twice. A pass is short enough for leases.
        """
        batches = outbox.unpublished(self.context.db, self._leases.refresh(), system_now(), BATCH)
        self._undeclared = False
        found = False
        try:
            with contextlib.closing(batches):
                for rows in batches:
                    found = True
                    self._send(rows)
                    if len(self._in_flight) >= UNCONFIRMED:
                        self._wake.pause()
                        self._settle_oldest()
                    if self._undeclared or self._loop.stopping or self._leases.due:
                        break
            while self._in_flight:
                self._settle_oldest()
            self._end_marking()
        except Exception:
            self._abandon()
            raise
        if self._undeclared:
            self._disconnect()  # before connecting again it waits until what is missing is there
        return found

    def _send(self, rows: Sequence[Document]) -> None:
        messages = [(row, _message(row)) for row in rows]
        if unsendable := [row for row, message in messages if message is None]:
            log.error("events cannot be sent by this program and are kept", extra={"rows": len(unsendable)})
            put_off(self.context.db, unsendable, RETURNED_RETRY)
        sendable = [row for row, message in messages if message is not None]
        flight = self._open().send([message for _, message in messages if message is not None])
        self._in_flight.append((sendable, flight))

    def _settle_oldest(self) -> None:
        """Wait for the broker's word on the oldest batch in flight, then have it marked beside the next ones.

        Batches are marked in their order: the feed shows an aggregate's events as they were sent.
        """
        rows, flight = self._in_flight.popleft()
        outcome = self._open().wait(flight)
        self._end_marking()
        self._marking = eventlet.spawn(self._settled, rows, outcome)

    def _end_marking(self) -> None:
        """Wait until the batch that is being marked is done; raises what its marking raised."""
        marking, self._marking = self._marking, None
        error = marking.wait() if marking is not None else None
        if error is not None:
            raise error

    def _abandon(self) -> None:
        """Forget what is in flight: its rows stand unpublished, the next pass sends them again."""
        self._disconnect()
        self._in_flight.clear()
        try:
            self._end_marking()
        except Exception as error:
            log_failure(log, "a batch could not be marked and is published again", error)

    def _settled(self, rows: Sequence[Document], outcome: Outcome) -> Exception | None:
        """Returns what went wrong: eventlet prints what a greenlet raises beside the log."""
        try:
            self._settle(rows, outcome)
        except Exception as error:
            return error
        return None

    def _settle(self, rows: Sequence[Document], outcome: Outcome) -> None:
        """Mark what was confirmed; the token of the lease is checked in the same transaction."""
        done = [row for i, row in enumerate(rows) if i in outcome.confirmed and not _lost(row, i, outcome)]
        kept = [row for i, row in enumerate(rows) if i in outcome.confirmed and _lost(row, i, outcome)]
        refused = [row for i, row in enumerate(rows) if i not in outcome.confirmed]
        unrouted = [row["_id"] for i, row in enumerate(rows) if i in outcome.returned and not is_consumed(row["type"])]
        self.context.units.run(lambda unit: mark_published(unit, self._leases.token, done, unrouted))
        for name, count in Counter(row["type"] for row in done).items():
            EVENTS_PUBLISHED.labels(self.context.settings.service, name).inc(count)
        if kept:
            self._undeclared = True
            log.error("events came back unroutable and are kept", extra={"rows": len(kept)})
            put_off(self.context.db, kept, RETURNED_RETRY)
        if refused:
            log.error("the broker refused events; they are kept", extra={"rows": len(refused)})
            put_off(self.context.db, refused, REFUSED_RETRY)

    def _open(self) -> Publisher:
        if self._publisher is None:
            settings = self.context.settings
            self._connection = broker.connect(settings.amqp_url, f"{settings.service} relay")
            try:
                topology.look(self._connection, queues_from(settings.service))
            except Exception:
                self._disconnect()
                raise
            self._publisher = Publisher(self._connection, patient=lambda: not self._loop.stopping)
        return self._publisher

    def _keep_alive(self) -> None:
        """Answer the broker's heartbeats while there is nothing to publish."""
        if self._connection is None:
            return
        try:
            self._connection.heartbeat_tick()
            with contextlib.suppress(TimeoutError):
                self._connection.drain_events(timeout=0.001)
        except Exception:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection, self._publisher = self._connection, None, None
        broker.drop(connection)


def _message(row: Document) -> tuple[str, str, Any] | None:
    """(exchange, routing key, message) of a row; None for one that this program cannot send, such as an older one
    that does not know the type yet."""
    try:
        return EVENT_TYPES[row["type"]].exchange(row["source"]), row["type"], wire.message(row)
    except Exception as error:
        log_failure(log, "an event cannot be sent", error, event_id=row["_id"])
        return None


def _lost(row: Document, index: int, outcome: Outcome) -> bool:
    """Whether the broker had no queue for a row that somebody of ours is waiting for."""
    return index in outcome.returned and is_consumed(row["type"])
