"""Events for measuring, and what publishes them when no relay does."""

from collections.abc import Sequence
from typing import Any

import amqp

from services.chassis import broker, outbox, wire
from services.chassis.clock import system_now
from services.chassis.correlation import follow
from services.chassis.ids import new_id
from services.contracts.registry import EVENT_TYPES
from services.contracts.tickets import example_ticket
from services.contracts.types import NewEvent

Document = dict[str, Any]
IN_FLIGHT = 500
_GRIDS = tuple(f"/hequ/xikou/binhe/grid-{number}/" for number in range(1, 5))


def ticket_rows(types: Sequence[str], count: int) -> list[Document]:
    """Outbox rows, not yet published, of tickets in four grids; each ticket has one event of each type."""
    now = system_now()
    rows = []
    for number in range(count // len(types)):
        ticket_id, area_path = new_id(), _GRIDS[number % len(_GRIDS)]
        ticket = {**example_ticket(), "ticket_id": ticket_id, "area_path": area_path}
        follow(None)  # every event has a trace, since it comes of a request or of a timer
        for sequence, name in enumerate(types, 1):
            data = {**EVENT_TYPES[name].example(), "ticket": ticket}
            rows.append(outbox.row(NewEvent(name, ticket_id, sequence, area_path, data), "tickets", now))
    return rows


def publish(connection: Any, exchange: str, routing_key: str, messages: Sequence[amqp.Message]) -> None:
    """Pipelined confirms: at most IN_FLIGHT messages without the broker's word. Returns when all are confirmed."""
    channel = connection.channel()
    channel.confirm_select()
    confirmed = 0

    def on_ack(tag: int, multiple: bool) -> None:
        nonlocal confirmed
        confirmed = tag if multiple else confirmed + 1

    channel.events["basic_ack"].add(on_ack)
    for sent, message in enumerate(messages, 1):
        channel.basic_publish(message, exchange=exchange, routing_key=routing_key, mandatory=True)
        while sent - confirmed >= IN_FLIGHT:
            connection.drain_events(timeout=10)
    while confirmed < len(messages):
        connection.drain_events(timeout=10)
    channel.close()


def fill(amqp_url: str, queue: str, messages: Sequence[amqp.Message]) -> None:
    """Put messages into one queue and no other."""
    connection = broker.connect(amqp_url, "bench")
    try:
        publish(connection, "", queue, messages)
    finally:
        connection.close()


def wire_messages(rows: Sequence[Document]) -> list[amqp.Message]:
    return [wire.message(row) for row in rows]
