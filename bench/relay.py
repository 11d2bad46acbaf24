"""The relay: events that stand in the outbox, published to a quorum queue, confirmed, and marked.

Held against pipelined confirms of the same messages, ready made, to the same queue by bare py-amqp, and against
`dispatch` of stock nameko, which waits for the confirm of each.
"""

import json
import signal
import time
from typing import Any

import httpx

from bench import events
from bench.results import Aim, Result
from bench.stage import Shares, Stage, medians, resident_megabytes, wait_for
from services.chassis import broker, wire
from tests.support.processes import ServiceProcess

ROUNDS = 5
EVENTS = 10_000
DISPATCHED = 1_500
TYPE, _EXCHANGE, QUEUE = "ticket.reclassified", "tickets.events", "metrics.tickets"
"""A type that goes to one queue only."""


def measure(on: Stage) -> Result:
    relay = on.processes.start("tickets", "relay")
    stock = on.processes.start("bench", "service", module=("bench.baselines",), MONGO_URL=on.namespace.mongo_url)
    _bind_stock_queue(on)
    relayed(on, relay, 1_000)
    rounds = [_round(on, relay, stock) for _ in range(ROUNDS)]
    for process in (relay, stock):
        on.processes.stop(process)
    found = medians(rounds)
    return Result("relay", found, rounds, [
        Aim("relay, of pipelined confirms", found["relayed_per_second"], "events/s", found["pipelined_per_second"],
            found["of_pipelined"], 0.5),
        Aim("relay, of stock nameko's dispatch", found["relayed_per_second"], "events/s",
            found["dispatched_per_second"], found["of_dispatched"], 8.0),
    ])  # fmt: skip


def _round(on: Stage, relay: ServiceProcess, stock: ServiceProcess) -> dict[str, float]:
    ours, busy = relayed(on, relay, EVENTS)
    pipelined = _pipelined(on)
    dispatched = _dispatched(on, stock)
    purge(on, "bench.told", QUEUE)
    return {
        "relayed_per_second": ours, "pipelined_per_second": pipelined, "dispatched_per_second": dispatched,
        "of_pipelined": ours / pipelined, "of_dispatched": ours / dispatched,
        "relay_processor": busy["relay"], "mongod_processor": busy["mongod"],
        "relay_resident_mb": resident_megabytes(relay.pid),
    }  # fmt: skip


def relayed(on: Stage, relay: ServiceProcess, count: int) -> tuple[float, dict[str, float]]:
    """Events per second from the moment the relay may begin until the last is marked, and who was how busy."""
    outbox = on.namespace.mongo[f"{on.namespace.prefix}_tickets"]["outbox"]
    rows = events.ticket_rows([TYPE], count)
    relay.signal(signal.SIGSTOP)  # for far less than its leases last
    outbox.insert_many(rows)
    shares, begun = Shares({"relay": relay.pid, "mongod": on.mongod}), time.monotonic()
    relay.signal(signal.SIGCONT)
    waiting = {"unpublished": True, "partition": {"$gte": 0}}
    wait_for("all are published", lambda: outbox.find_one(waiting, {"_id": 1}, hint="unpublished") is None)
    return count / (time.monotonic() - begun), shares.until_now()


def _pipelined(on: Stage) -> float:
    messages = events.wire_messages(events.ticket_rows([TYPE], EVENTS))
    connection = broker.connect(on.namespace.amqp_url, "bench")
    begun = time.monotonic()
    events.publish(connection, _EXCHANGE, TYPE, messages)
    rate = EVENTS / (time.monotonic() - begun)
    connection.close()
    return rate


def _dispatched(on: Stage, stock: ServiceProcess) -> float:
    body: Any = wire.body(events.ticket_rows([TYPE], 1)[0])
    answer = httpx.post(f"{stock.url}/dispatch/{DISPATCHED}", content=json.dumps(body), timeout=60, trust_env=False)
    answer.raise_for_status()
    return DISPATCHED / float(answer.text)


def _bind_stock_queue(on: Stage) -> None:
    """A quorum queue for what stock nameko dispatches, so that its confirms cost what ours cost."""
    connection = broker.connect(on.namespace.amqp_url, "bench")
    with connection.channel() as channel:
        channel.exchange_declare("bench.events", "topic", durable=True, auto_delete=False)
        channel.queue_declare("bench.told", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        channel.queue_bind("bench.told", "bench.events", "told")
    connection.close()


def purge(on: Stage, *queues: str) -> None:
    connection = broker.connect(on.namespace.amqp_url, "bench")
    with connection.channel() as channel:
        for queue in queues:
            channel.queue_purge(queue)
    connection.close()
