"""Consumers with exactly-once effects: the workers of metrics, volunteers and notifications on their ticket events.

Held against two event handlers that do nothing, on the same bodies: stock nameko's and FastStream's. They may lose
what they were given and count what they get twice.
"""

import json
import signal
import time
from collections.abc import Sequence

import amqp

from bench import events
from bench.results import Aim, Result
from bench.stage import Stage, medians, processor_seconds, resident_megabytes, wait_for
from services.chassis import wire
from tests.support.processes import ServiceProcess

ROUNDS = 3
EVENTS = 10_000
_METRICS = ("ticket.filed", "ticket.arrived", "ticket.resolved", "ticket.closed")
CONSUMERS = {
    "metrics.tickets": (_METRICS, EVENTS),
    "volunteers.tickets": (("ticket.offered", "ticket.assigned", "ticket.resolved", "ticket.closed"), 4_000),
    "notifications.tickets": (("ticket.filed", "ticket.assigned", "ticket.resolved", "ticket.closed"), 4_000),
}
"""Queue: the types that it is given, all of which concern its service, and how many events a round."""
_STOCK_QUEUE = "evt-bench-told--listener.on_told"
_FASTSTREAM_QUEUE = "bench.faststream"


def measure(on: Stage) -> Result:
    ours = {queue: on.processes.start(queue.partition(".")[0], "consumers") for queue in CONSUMERS}
    stock = on.processes.start("bench", "listener", module=("bench.baselines",))
    fast = on.processes.start("bench", "listener", module=("bench.faststream_listener",))
    _round(on, ours, stock, fast, part=10)
    rounds = [_round(on, ours, stock, fast) for _ in range(ROUNDS)]
    for process in (*ours.values(), stock, fast):
        on.processes.stop(process)
    found = medians(rounds)
    metrics, faststream = found["metrics_tickets_per_second"], found["faststream_per_second"]
    slowest = min(found[f"{_name(queue)}_per_second"] for queue in CONSUMERS)
    return Result("consuming", found, rounds, [
        Aim("metrics' consumer, exactly once (stock nameko, no-op)", metrics, "events/s", found["stock_per_second"],
            metrics, 4_000),
        Aim("metrics' consumer, exactly once, of FastStream's no-op", metrics, "events/s", faststream,
            metrics / faststream, 1),
        Aim("slowest consumer, exactly once (FastStream, no-op)", slowest, "events/s", faststream, slowest, 2_000),
    ])  # fmt: skip


def _round(
    on: Stage, ours: dict[str, ServiceProcess], stock: ServiceProcess, fast: ServiceProcess, part: int = 1
) -> dict[str, float]:
    """All take turns; `part` is by how much fewer events than usual."""
    found: dict[str, float] = {}
    for queue, worker in ours.items():
        types, count = CONSUMERS[queue]
        found.update(_consumed(on, worker, queue, types, count // part))
    found["stock_per_second"] = _handled(on, stock, _STOCK_QUEUE, EVENTS // part)
    found["faststream_per_second"] = _handled(on, fast, _FASTSTREAM_QUEUE, EVENTS // part)
    return found


def _name(queue: str) -> str:
    return queue.replace(".", "_")


def _consumed(on: Stage, worker: ServiceProcess, queue: str, types: Sequence[str], count: int) -> dict[str, float]:
    """From the moment the consumer may begin until the last effect is committed."""
    inbox = on.namespace.mongo[f"{on.namespace.prefix}_{queue.partition('.')[0]}"]["inbox"]
    before = inbox.count_documents({})
    messages = events.wire_messages(events.ticket_rows(types, count))
    worker.signal(signal.SIGSTOP)
    events.fill(on.namespace.amqp_url, queue, messages)
    spent, database = processor_seconds(worker.pid), processor_seconds(on.mongod)
    begun = time.monotonic()
    worker.signal(signal.SIGCONT)
    # The estimate costs the database nothing, but counts what is not yet committed.
    wait_for("all are in the inbox", lambda: inbox.estimated_document_count() >= before + count)
    wait_for("all are committed, each once", lambda: inbox.count_documents({}) == before + count, within=15, every=0.01)
    taken = time.monotonic() - begun
    return {
        f"{_name(queue)}_per_second": count / taken,
        f"{_name(queue)}_processor_microseconds": (processor_seconds(worker.pid) - spent) / count * 1e6,
        f"{_name(queue)}_mongod_microseconds": (processor_seconds(on.mongod) - database) / count * 1e6,
        f"{_name(queue)}_resident_mb": resident_megabytes(worker.pid),
    }


def _handled(on: Stage, listener: ServiceProcess, queue: str, count: int) -> float:
    def handled() -> int:
        return int(listener.http.get("/handled").text)

    body = json.dumps(wire.body(events.ticket_rows(_METRICS, len(_METRICS))[0]))
    before = handled()
    message = amqp.Message(body=body, content_type="application/json", content_encoding="utf-8", delivery_mode=2)
    listener.signal(signal.SIGSTOP)
    events.fill(on.namespace.amqp_url, queue, [message] * count)
    begun = time.monotonic()
    listener.signal(signal.SIGCONT)
    wait_for(f"{queue} is handled", lambda: handled() >= before + count, every=0.1)
    return count / (time.monotonic() - begun)
