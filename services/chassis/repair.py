"""Making up for events that a queue has lost: what never took effect at its consumer is sent again.

Unlike a replay it is sent as for the first time, so that people are told what they should have been told. What is
older than news may be goes out as a replay does: it brings state, and tells nobody. The inbox drops what took effect
meanwhile, so that a repair may be repeated, and may run while everything else does.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.chassis import broker, inbox, topology, wire
from services.chassis.config import Settings
from services.chassis.context import Context
from services.chassis.publisher import Publisher
from services.chassis.replay import batches
from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Queue

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """What is to be made up for: events published in this time, by the system clock."""

    since: datetime
    until: datetime
    told_since: datetime
    """Events published earlier are no news any more: nobody is told of them."""


@dataclass(slots=True)
class Repaired:
    """How the events that one publisher sent to one queue are faring."""

    published: int = 0
    sent: int = 0
    """Had not taken effect, and were sent again; in a dry run, would have been."""
    untold: int = 0
    """Of those, how many tell nobody because they are too old."""
    blanked: int = 0
    """Had not taken effect and cannot be sent: their private body is no longer in the log."""


class Sender:
    """A connection for the time of a repair, which may look for long and send little."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._publisher = Publisher(connection)

    def send(self, queue: Queue, rows: list[Document], loss: Loss) -> None:
        """Send rows to a queue. Raises OSError when the broker does not take all of them."""
        outcome = self._publisher.publish(
            [("", queue.name, wire.message(row, replay=_is_old(row, loss))) for row in rows]
        )
        if len(outcome.confirmed) < len(rows) or outcome.returned:
            raise OSError(f"the broker did not take every event for {queue.name}")

    def keep_alive(self) -> None:
        with contextlib.suppress(TimeoutError):
            self._connection.drain_events(timeout=0.001)
        self._connection.heartbeat_tick()


@contextlib.contextmanager
def sending(settings: Settings) -> Iterator[Sender]:
    """To queues that are there: those that are missing are declared first. Raises OSError without a broker."""
    connection = broker.connect(settings.amqp_url, "repair")
    try:
        topology.declare(connection, settings.broker_settling_seconds)
        yield Sender(connection)
    finally:
        broker.drop(connection)


def routes() -> list[tuple[str, Queue]]:
    """Every (publisher, queue); contact data first, so that a notice finds its person's address."""
    every = [(publisher, queue) for queue in QUEUES.values() for publisher in queue.publishers]
    return sorted(every, key=lambda route: "recipient.upserted" not in route[1].modes)


def published(context: Context, queue: Queue, loss: Loss) -> Document:
    """Which rows of the log went to the queue in that time. What the relay has not published yet is left to it."""
    types = [name for name in queue.modes if context.settings.service in EVENT_TYPES[name].publishers]
    return {"published_at": {"$gte": loss.since, "$lt": loss.until}, "type": {"$in": types}}


def repair(
    log: Context,
    consumer: Context,
    queue: Queue,
    loss: Loss,
    sender: Sender | None,
    progress: Callable[[int], None],
) -> Repaired:
    """Send what `log` published and `consumer` has not applied to `queue`; without a sender only count it.

    Raises OSError when the broker does not take all of it.
    """
    result = Repaired()
    for rows in batches(log, published(log, queue, loss), "published_at"):
        applied = inbox.applied(consumer.db, queue.name, [row["_id"] for row in rows])
        missing = [row for row in rows if row["_id"] not in applied]
        whole = [row for row in missing if row["data"] is not None]
        result.published += len(rows)
        result.sent += len(whole)
        result.untold += sum(_is_old(row, loss) for row in whole)
        result.blanked += len(missing) - len(whole)
        if sender is not None and whole:
            sender.send(queue, whole, loss)
        if sender is not None:
            sender.keep_alive()
        progress(len(rows))
    return result


def _is_old(row: Document, loss: Loss) -> bool:
    return bool(row["published_at"] < loss.told_since)
