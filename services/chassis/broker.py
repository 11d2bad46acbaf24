"""Connections to RabbitMQ that cannot hang: heartbeats, time-outs for every read and write."""

from typing import Any

from kombu.connection import Connection

from services.contracts.queues import DEAD_LETTER_EXCHANGE, QUEUES, arguments, bindings, dead_letter_queue
from services.contracts.registry import EVENT_TYPES, PUBLISHERS

HEARTBEAT_SECONDS = 30
TIMEOUT_SECONDS = 10.0


def connect(url: str, name: str) -> Any:
    """An open connection with `name` shown in the broker's management. Raises OSError when there is no broker."""
    connection = Connection(
        url,
        heartbeat=HEARTBEAT_SECONDS,
        connect_timeout=TIMEOUT_SECONDS,
        transport_options={
            "read_timeout": TIMEOUT_SECONDS,
            "write_timeout": TIMEOUT_SECONDS,
            "client_properties": {"connection_name": name},
        },
    )
    connection.connect()
    return connection


def declare(channel: Any) -> None:
    """Declare every exchange, queue and binding of `contracts`; harmless when they are there."""
    for publisher in PUBLISHERS:
        channel.exchange_declare(f"{publisher}.events", "topic", durable=True, auto_delete=False)
    for event_type in EVENT_TYPES.values():
        if event_type.private:
            for publisher in event_type.publishers:
                channel.exchange_declare(event_type.exchange(publisher), "topic", durable=True, auto_delete=False)
    channel.exchange_declare(DEAD_LETTER_EXCHANGE, "direct", durable=True, auto_delete=False)
    for consumer in sorted({queue.consumer for queue in QUEUES.values()}):
        dead = dead_letter_queue(consumer)
        channel.queue_declare(dead, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(dead, DEAD_LETTER_EXCHANGE, dead)
    for queue in QUEUES.values():
        channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=arguments(queue))
        for exchange, routing_key in bindings(queue):
            channel.queue_bind(queue.name, exchange, routing_key)
