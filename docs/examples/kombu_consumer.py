"""A plain AMQP consumer that keeps the newest state of every ticket.

    pip install kombu
    AMQP_URL=amqp://… SOURCE=outside.hotline DATABASE=tickets.db python kombu_consumer.py

`doorstep consumer add hotline --types ticket.filed,ticket.resolved,ticket.closed` gives the URL.

Effect first, acknowledgement after. Whatever goes wrong ends the program before the acknowledgement: run it under a
supervisor that starts it again, and the broker delivers again.
"""

import os
import sqlite3
from typing import Any

from kombu import Connection, Exchange, Message, Queue, binding
from kombu.mixins import ConsumerMixin

SOURCE = os.environ["SOURCE"]
TYPES = ("ticket.filed", "ticket.resolved", "ticket.closed")
EVENTS = Exchange(f"{SOURCE}.events", "topic", durable=True)
QUEUE = Queue(
    f"{SOURCE}.tickets",
    bindings=[binding(EVENTS, routing_key=name) for name in TYPES],
    durable=True,
    queue_arguments={"x-queue-type": "quorum"},  # can never be changed later
)


class Tickets(ConsumerMixin):
    """Mode `latest`: each event carries the whole state, so that only the highest sequence counts."""

    def __init__(self, connection: Connection, db: sqlite3.Connection) -> None:
        self.connection = connection
        self.db = db

    def get_consumers(self, consumer: Any, channel: Any) -> list[Any]:
        return [consumer([QUEUE], callbacks=[self.on_event], accept=["json"], prefetch_count=50)]

    def on_event(self, body: dict[str, Any], message: Message) -> None:
        ticket, sequence = body["ticket"], message.headers["sequence"]
        with self.db:  # one transaction
            self.db.execute(
                "INSERT INTO tickets VALUES (?, ?, ?, ?) ON CONFLICT (ticket_id) DO UPDATE SET "
                "sequence = excluded.sequence, number = excluded.number, state = excluded.state "
                "WHERE excluded.sequence > sequence",  # a repetition or a latecomer changes nothing
                (ticket["ticket_id"], sequence, ticket["number"], ticket["state"]),
            )
        message.ack()


if __name__ == "__main__":
    db = sqlite3.connect(os.environ["DATABASE"])
    db.execute("CREATE TABLE IF NOT EXISTS tickets (ticket_id TEXT PRIMARY KEY, sequence INTEGER, number, state)")
    with Connection(os.environ["AMQP_URL"], heartbeat=30) as connection:
        Tickets(connection, db).run()
