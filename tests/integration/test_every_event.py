"""Every type of event, to every service that consumes it: twice, out of order and late, and it counts once."""

import random
from typing import Any

import pytest

from services.chassis import broker, outbox, wire
from services.chassis.clock import system_now
from services.chassis.publisher import Publisher
from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import NewEvent
from tests.support.eventually import eventually
from tests.support.processes import Processes

CONSUMERS = sorted({queue.consumer for queue in QUEUES.values()})


def rows_of(consumer: str) -> dict[str, list[dict[str, Any]]]:
    """Outbox rows of every event that `consumer` takes, by queue: one per type and publisher, of one aggregate each."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for queue in (q for q in QUEUES.values() if q.consumer == consumer):
        rows[queue.name] = [
            outbox.row(
                NewEvent(name, f"every-{name}", 1, "/hequ/", EVENT_TYPES[name].example()), publisher, system_now()
            )
            for name in queue.modes
            for publisher in queue.publishers
            if publisher in EVENT_TYPES[name].publishers
        ]
    return rows


def publish(amqp_url: str, rows: dict[str, list[dict[str, Any]]], seed: int) -> None:
    """Each event once more, all of a queue in a random order."""
    connection = broker.connect(amqp_url, "test")
    try:
        for queue, events in rows.items():
            shuffled = random.Random(seed).sample(events, len(events))
            Publisher(connection).publish([("", queue, wire.message(row)) for row in shuffled])
    finally:
        connection.close()


OF_AN_UNKNOWN_TICKET = {"claim.won", "claim.withdrawn", "claim.revoked"}
"""tickets owns the tickets: a claim of one that it does not know is wrong for good, and parked for a person."""


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_every_event_twice_out_of_order_and_late_takes_effect_once(consumer: str, processes: Processes) -> None:
    namespace = processes.namespace
    db = namespace.mongo[f"{namespace.prefix}_{consumer}"]
    rows = rows_of(consumer)
    wrong = OF_AN_UNKNOWN_TICKET if consumer == "tickets" else set()
    taken = {f"{queue}|{row['_id']}" for queue, events in rows.items() for row in events if row["type"] not in wrong}
    refused = {row["_id"] for events in rows.values() for row in events if row["type"] in wrong}

    def settled() -> bool:
        applied = {row["_id"] for row in db["inbox"].find()}
        parked = {row["event_id"] for row in db["deferred"].find({"state": "parked"})}
        waiting = db["deferred"].count_documents({"state": "waiting"})
        due = db["timers"].count_documents({"basis": "system", "due_at": {"$lte": system_now()}})
        return applied == taken and parked == refused and not waiting and not due

    processes.prepare()
    publish(namespace.amqp_url, rows, seed=1)
    publish(namespace.amqp_url, rows, seed=2)
    worker = processes.start(consumer, "worker")
    eventually(settled, within=90)  # what is wrong for good is tried several times first
    events_of_its_own = db["outbox"].count_documents({})
    publish(namespace.amqp_url, rows, seed=3)  # late: long after the effect
    eventually(lambda: duplicates(worker.http.get("/metrics").text) >= 2 * len(taken))
    assert settled()
    assert db["outbox"].count_documents({}) == events_of_its_own


def duplicates(metrics: str) -> float:
    """Deliveries that the worker recognised as repetitions."""
    lines = (line for line in metrics.splitlines() if line.startswith("doorstep_events_duplicate_total"))
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
