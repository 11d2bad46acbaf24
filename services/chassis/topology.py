"""Declaring what has to stand in the broker, and looking whether it does.

`doorstep prepare` and the keeper declare. Everybody else only looks, with passive declares, which need no right, and
waits: a relay that published while one queue is there and another is not would have the broker's confirm for an event
that somebody never gets.

RabbitMQ 3.10 answers the declaration of a quorum queue up to a second before it has the queue's registration on its
disk (Ra's directory is a DETS table that saves itself once half a second brought nothing new). When the node is killed
within that second, the queue is started anew without a leader: what was confirmed into it is gone, and nothing that is
routed to it is ever confirmed, which holds up every relay. So a queue that was just declared waits for its bindings
until that is over; one without bindings that does not answer is made again (`doorstep prepare`, the keeper).
"""

import time
from collections.abc import Iterable
from typing import Any

import amqp

from services.chassis.background import NotYet
from services.chassis.context import Context
from services.contracts import topology


class Incomplete(NotYet):
    """Something is missing in the broker; its name is the text."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"waits for {missing} in the broker")
        self.missing = missing


def declare(connection: Any, settling_seconds: float) -> None:
    """Declare every exchange, queue and binding of `contracts`, and last of all the marker; harmless when they are
    there. Markers of other versions of the program stay: to their processes all is whole as it was."""
    channel = connection.channel()
    whole = is_whole(connection)
    if not whole:
        channel.exchange_delete(topology.marker())  # a queue that is made again has no bindings yet
    for name, kind in topology.exchanges().items():
        channel.exchange_declare(name, kind, durable=True, auto_delete=False)
    for name, arguments in topology.queues().items():
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=dict(arguments))
    if not whole:
        time.sleep(settling_seconds)
    for queue, exchange, routing_key in topology.bound():
        channel.queue_bind(queue, exchange, routing_key, nowait=True)
    # The broker answers this one only after all the others.
    channel.exchange_declare(topology.marker(), "fanout", durable=True, auto_delete=False)
    channel.close()


def is_whole(connection: Any) -> bool:
    try:
        look(connection, topology.queues())
    except Incomplete:
        return False
    return True


def look(connection: Any, queues: Iterable[str]) -> None:
    """Return when all is declared and these queues are there. Raises Incomplete naming the first that is missing."""
    name = topology.marker()
    channel = connection.channel()
    try:
        channel.exchange_declare(name, "fanout", passive=True)
        for name in queues:
            channel.queue_declare(name, passive=True)
    except amqp.NotFound:
        raise Incomplete(name) from None  # and the broker has closed the channel
    channel.close()


def needed(context: Context) -> list[str]:
    """The queues without which a process of these roles waits."""
    service = context.settings.service
    read = topology.queues_of(service) if context.runs("consumers") else []
    return [*read, *(topology.queues_from(service) if context.runs("relay") else [])]
