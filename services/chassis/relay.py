"""The relay: publishes what stands unpublished in the outbox, and marks it only after the broker's confirm.

Killed at any point it publishes again, never less: consumers keep an inbox. A row that the broker returns as unroutable
is marked where `contracts` says that nobody of ours consumes it, and otherwise kept, counted and tried again.
"""

import contextlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from nameko.extensions import DependencyProvider
from pymongo import UpdateOne

from services.chassis import broker, outbox, wire
from services.chassis.background import Loop
from services.chassis.clock import system_now
from services.chassis.context import CONFIG_KEY, Context
from services.chassis.leases import LeaseLost, PartitionLeases, advance
from services.chassis.observability import EVENTS_PUBLISHED, log_failure
from services.chassis.outbox_wake import OutboxWake
from services.chassis.publisher import Outcome, Publisher
from services.chassis.unit import Unit
from services.contracts.queues import is_consumed
from services.contracts.registry import EVENT_TYPES

Document = dict[str, Any]
BATCH = 500
IDLE_SECONDS = 0.5
RETURNED_RETRY = timedelta(seconds=30)
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
        self._loop = Loop("relay", self._step, 0.0)

    def start(self) -> None:
        if self.context.runs("relay"):
            self._wake.start(self.container)
            self._loop.start(self.container)

    def stop(self) -> None:
        if not self.context.runs("relay"):
            return
        self._wake.stop()
        self._loop.stop()
        self._disconnect()
        with contextlib.suppress(Exception):  # the leases end by themselves when the database is down
            self._leases.release()

    def get_dependency(self, worker_ctx: Any) -> "Relay":
        return self

    def _step(self) -> bool:
        self._wake.clear()
        rows = outbox.unpublished(self.context.db, self._leases.refresh(), system_now(), BATCH)
        if not rows:
            self._keep_alive()
            self._wake.wait(IDLE_SECONDS)
            return True
        messages = [(row, _message(row)) for row in rows]
        sendable = [(row, message) for row, message in messages if message is not None]
        if unsendable := [row for row, message in messages if message is None]:
            log.error("events cannot be sent by this program and are kept", extra={"rows": len(unsendable)})
            self._put_off(unsendable, RETURNED_RETRY)
        try:
            outcome = self._open().publish([message for _, message in sendable])
        except Exception:
            self._disconnect()
            raise
        self._settle([row for row, _ in sendable], outcome)
        return True

    def _settle(self, rows: Sequence[Document], outcome: Outcome) -> None:
        """Mark what was confirmed; the token of the lease is checked in the same transaction."""
        done = [row for i, row in enumerate(rows) if i in outcome.confirmed and not _lost(row, i, outcome)]
        kept = [row for i, row in enumerate(rows) if i in outcome.confirmed and _lost(row, i, outcome)]
        refused = [row for i, row in enumerate(rows) if i not in outcome.confirmed]
        unrouted = {row["_id"] for i, row in enumerate(rows) if i in outcome.returned}
        try:
            self.context.units.run(lambda unit: self._mark(unit, done, unrouted))
        except LeaseLost:
            self._leases.held = frozenset()
            log.warning("relay lost a lease; another replica publishes these again", extra={"rows": len(done)})
            return
        for row in done:
            EVENTS_PUBLISHED.labels(self.context.settings.service, row["type"]).inc()
        if kept:
            log.error("events came back unroutable and are kept", extra={"rows": len(kept)})
            self._put_off(kept, RETURNED_RETRY)
            self._disconnect()  # connecting again declares what is missing
        if refused:
            log.error("the broker refused events; they are kept", extra={"rows": len(refused)})
            self._put_off(refused, REFUSED_RETRY)

    def _put_off(self, rows: Sequence[Document], pause: timedelta) -> None:
        """Try these again later, so that they neither spin nor hold up the others."""
        later = {"$set": {"retry_at": system_now() + pause}, "$inc": {"returned": 1}}
        self.context.db[outbox.COLLECTION].bulk_write(
            [UpdateOne({"_id": row["_id"], "unpublished": True}, later) for row in rows]
        )

    def _mark(self, unit: Unit, rows: Sequence[Document], unrouted: set[str]) -> None:
        by_partition: dict[int, list[Document]] = defaultdict(list)
        for row in rows:
            by_partition[row["partition"]].append(row)
        updates = []
        for partition, members in sorted(by_partition.items()):
            position = advance(unit.db, unit.session, partition, self._leases.token, len(members))
            for row in members:
                position += 1
                updates.append(UpdateOne({"_id": row["_id"]}, _published(row, position, unrouted, unit.system_now)))
        if updates:
            unit.db[outbox.COLLECTION].bulk_write(updates, session=unit.session, ordered=False)

    def _open(self) -> Publisher:
        if self._publisher is None:
            settings = self.context.settings
            self._connection = broker.connect(settings.amqp_url, f"{settings.service} relay")
            with self._connection.channel() as channel:
                broker.declare(channel)
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


def _published(row: Document, position: int, unrouted: set[str], now: Any) -> Document:
    values: Document = {"published_at": now, "position": position}
    if row["_id"] in unrouted:
        values["unrouted"] = True
    if EVENT_TYPES[row["type"]].private:
        values["data"] = None
    return {"$set": values, "$unset": {"unpublished": "", "retry_at": ""}}
