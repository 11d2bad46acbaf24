"""Events as their publishers would publish them, for tests of one consumer without the others.

Each event is also kept in its publisher's event log, marked as published, so that a recount finds it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import WriteConcern

from services.chassis import broker, outbox, wire
from services.chassis.clock import system_now
from services.chassis.publisher import Publisher
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import NewEvent
from tests.support.namespaces import Namespace

Document = dict[str, Any]
BATCH = 500
GRID = "/hequ/xikou/binhe/grid-012/"


@dataclass(frozen=True)
class Publishing:
    """Writes and sends events in one namespace; the queues must have been declared."""

    namespace: Namespace

    def write(self, type_name: str, aggregate_id: str, sequence: int = 1, publisher: str | None = None,
              occurred_at: datetime | None = None, area_path: str = GRID, **data: Any) -> Document:  # fmt: skip
        """A row of the publisher's event log: the type's example with `data` over it. Not sent yet."""
        event_type = EVENT_TYPES[type_name]
        source = publisher or event_type.publishers[0]
        body = {**event_type.example(), **data}
        new = NewEvent(type_name, aggregate_id, sequence, area_path, body, occurred_at)
        row = outbox.row(new, source, system_now())
        # Not waiting for the journal: a test writes hundreds of them.
        db = self.namespace.mongo.get_database(f"{self.namespace.prefix}_{source}", write_concern=WriteConcern(1))
        db["outbox"].insert_one({**row, "unpublished": False, "published_at": system_now()})
        return row

    def send(self, rows: Iterable[Document], *, replay: bool = False) -> None:
        """Publish rows, each confirmed by the broker and not returned. Sending a row again is a second delivery."""
        messages = [
            (EVENT_TYPES[row["type"]].exchange(row["source"]), row["type"], wire.message(row, replay)) for row in rows
        ]
        connection = broker.connect(self.namespace.amqp_url, "test publisher")
        try:
            publisher = Publisher(connection)
            for start in range(0, len(messages), BATCH):
                batch = messages[start : start + BATCH]
                outcome = publisher.publish(batch)
                assert len(outcome.confirmed) == len(batch), "the broker did not confirm every event"
                assert not outcome.returned, "no queue is bound for one of the events"
        finally:
            connection.close()
