"""What has to stand in the broker before anybody publishes or consumes: exchanges, queues, bindings, and the marker
that says that all of it is there.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from services.contracts.queues import DEAD_LETTER_EXCHANGE, QUEUES, arguments, bindings, dead_letter_queue
from services.contracts.registry import EVENT_TYPES, PUBLISHERS


def exchanges() -> Mapping[str, str]:
    """The kind of every exchange."""
    private = {t.exchange(publisher) for t in EVENT_TYPES.values() if t.private for publisher in t.publishers}
    topics = {f"{publisher}.events" for publisher in PUBLISHERS} | private
    return {**dict.fromkeys(sorted(topics), "topic"), DEAD_LETTER_EXCHANGE: "direct"}


def queues() -> Mapping[str, Mapping[str, Any]]:
    """The arguments of every queue, those of the dead first."""
    dead = sorted({dead_letter_queue(queue.consumer) for queue in QUEUES.values()})
    own = {queue.name: arguments(queue) for queue in QUEUES.values()}
    return {**{name: {"x-queue-type": "quorum"} for name in dead}, **own}


def bound() -> Iterator[tuple[str, str, str]]:
    """(queue, exchange, routing key) of every binding."""
    for consumer in sorted({queue.consumer for queue in QUEUES.values()}):
        dead = dead_letter_queue(consumer)
        yield dead, DEAD_LETTER_EXCHANGE, dead
    for queue in QUEUES.values():
        for exchange, routing_key in bindings(queue):
            yield queue.name, exchange, routing_key


def marker() -> str:
    """The exchange that is declared last of all, so that where it is, everything is. Programs whose contracts differ in
    a queue or a binding have different ones."""
    everything = [sorted(exchanges().items()), sorted(queues().items()), sorted(bound())]
    digest = hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()
    return f"doorstep.whole.{digest[:16]}"


def exchanges_of(service: str) -> list[str]:
    """Those on which a service publishes."""
    own = {t.exchange(service) for t in EVENT_TYPES.values() if service in t.publishers}
    return sorted(own)


def queues_from(service: str) -> list[str]:
    """Those that take what a service publishes."""
    return sorted(queue.name for queue in QUEUES.values() if service in queue.publishers)


def queues_of(service: str) -> list[str]:
    """Those that a service reads: its own, and where its dead letters wait."""
    own = sorted(queue.name for queue in QUEUES.values() if queue.consumer == service)
    return [*own, dead_letter_queue(service)] if own else []
