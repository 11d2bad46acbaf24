"""Consumers with exactly-once effects: the worker of metrics on its queue of ticket events.

Held against stock nameko's event handler that does nothing, on the same bodies: it may lose what it was given and
count what it gets twice.
"""

import json
import signal
import time

import amqp

from bench import events
from bench.results import Aim, Result
from bench.stage import Shares, Stage, medians, resident_megabytes, wait_for
from services.chassis import wire
from tests.support.processes import ServiceProcess

ROUNDS = 5
EVENTS = 10_000
STOCK_EVENTS = 10_000
_TYPES = ("ticket.filed", "ticket.arrived", "ticket.resolved", "ticket.closed")
_QUEUE = "metrics.tickets"
_STOCK_QUEUE = "evt-bench-told--listener.on_told"


def measure(on: Stage) -> Result:
    worker = on.processes.start("metrics", "consumers")
    stock = on.processes.start("bench", "listener", module=("bench.baselines",))
    _consumed(on, worker, 1_000)
    rounds = []
    for _ in range(ROUNDS):
        ours, busy = _consumed(on, worker, EVENTS)
        theirs = _handled(on, stock)
        rounds.append({
            "consumed_per_second": ours, "stock_per_second": theirs, "ratio": ours / theirs,
            "consumer_processor": busy["consumer"], "mongod_processor": busy["mongod"],
            "consumer_resident_mb": resident_megabytes(worker.pid),
        })  # fmt: skip
    for process in (worker, stock):
        on.processes.stop(process)
    found = medians(rounds)
    rate = found["consumed_per_second"]
    return Result("consuming", found, rounds, [
        Aim("metrics' consumer, exactly once", rate, "events/s", found["stock_per_second"], rate, 4_000),
        Aim("any consumer, exactly once (metrics')", rate, "events/s", found["stock_per_second"], rate, 2_000),
    ])  # fmt: skip


def _consumed(on: Stage, worker: ServiceProcess, count: int) -> tuple[float, dict[str, float]]:
    """Events per second from the moment the consumer may begin until the last effect is committed."""
    inbox = on.namespace.mongo[f"{on.namespace.prefix}_metrics"]["inbox"]
    before = inbox.count_documents({})
    messages = events.wire_messages(events.ticket_rows(_TYPES, count))
    worker.signal(signal.SIGSTOP)
    events.fill(on.namespace.amqp_url, _QUEUE, messages)
    shares, begun = Shares({"consumer": worker.pid, "mongod": on.mongod}), time.monotonic()
    worker.signal(signal.SIGCONT)
    wait_for("all are consumed", lambda: inbox.estimated_document_count() >= before + count)
    rate, busy = count / (time.monotonic() - begun), shares.until_now()
    if inbox.count_documents({}) != before + count:
        raise RuntimeError("the inbox does not hold each event once")
    return rate, busy


def _handled(on: Stage, stock: ServiceProcess) -> float:
    def handled() -> int:
        return int(stock.http.get("/handled").text)

    body = json.dumps(wire.body(events.ticket_rows(_TYPES, len(_TYPES))[0]))
    before = handled()
    message = amqp.Message(body=body, content_type="application/json", content_encoding="utf-8", delivery_mode=2)
    stock.signal(signal.SIGSTOP)
    events.fill(on.namespace.amqp_url, _STOCK_QUEUE, [message] * STOCK_EVENTS)
    begun = time.monotonic()
    stock.signal(signal.SIGCONT)
    wait_for("stock nameko has handled all", lambda: handled() >= before + STOCK_EVENTS, every=0.1)
    return STOCK_EVENTS / (time.monotonic() - begun)
