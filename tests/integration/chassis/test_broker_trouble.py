"""What happens to events while the broker, or the way to it, is in trouble."""

from collections.abc import Callable
from typing import Any

import pytest

from services.chassis import broker, wire
from services.chassis.clock import system_now
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.alarm import memory_alarm
from tests.support.eventually import eventually, steadily
from tests.support.wire_tap import line_to

Filed = Callable[..., NewEvent]


def emit(bench: Bench, *events: NewEvent) -> list[dict[str, Any]]:
    """Commit the events and return their outbox rows."""
    bench.tickets.run(lambda unit: unit.emit(*events))
    return list(bench.tickets.db["outbox"].find().sort("_id"))


def unpublished(bench: Bench) -> int:
    return bench.tickets.db["outbox"].count_documents({"unpublished": True})


def test_a_reader_whose_line_goes_silent_connects_anew(bench: Bench, filed: Filed) -> None:
    port = bench.namespace.rabbit.ports.amqp
    with line_to(port) as line:
        bench.start("consumers", wait=True, **bench.namespace.amqp_through(line.port))
        rows = emit(bench, filed(1))
        line.go_silent()
        bench.publish(*(wire.message(row) for row in rows), queue="metrics.dead")
        eventually(lambda: len(bench.deferred("parked")) == 1, within=40)


def test_a_dropped_connection_gives_its_messages_back_at_once(bench: Bench, filed: Filed) -> None:
    bench.publish(*(wire.message(row) for row in emit(bench, filed(1))))
    connection = broker.connect(bench.namespace.amqp_url, "test")
    assert connection.channel().basic_get("metrics.tickets") is not None
    broker.drop(connection)
    eventually(lambda: bench.ready() == 1)


def test_a_blocked_broker_is_waited_for_and_gets_everything_once(bench: Bench, filed: Filed) -> None:
    bench.start("relay", service="tickets")
    emit(bench, filed(0))
    eventually(lambda: unpublished(bench) == 0)
    with memory_alarm(bench.namespace.rabbit):
        emit(bench, *(filed(n) for n in range(1, 300)))
        steadily(lambda: unpublished(bench) > 0, during=14)
    eventually(lambda: unpublished(bench) == 0, within=40)
    assert bench.ready() == 300


def test_a_relay_stops_in_time_while_the_broker_is_blocked(bench: Bench, filed: Filed) -> None:
    relay = bench.start("relay", service="tickets")
    emit(bench, filed(0))
    eventually(lambda: unpublished(bench) == 0)
    with memory_alarm(bench.namespace.rabbit):
        emit(bench, filed(1))
        steadily(lambda: unpublished(bench) > 0, during=2)
        bench.processes.stop(relay)
    assert unpublished(bench) == 1


def test_events_that_one_queue_refuses_are_kept_without_flooding_the_other_queues(bench: Bench, filed: Filed) -> None:
    vhost, rabbit = bench.namespace.vhost, bench.namespace.rabbit
    full = {"max-length": 10, "overflow": "reject-publish"}
    rabbit._put(
        f"policies/{vhost}/full",
        {"pattern": "^metrics.tickets$", "apply-to": "queues", "priority": 9, "definition": full},
    )
    eventually(lambda: rabbit.effective_policy(vhost, "metrics.tickets").get("max-length") == 10)
    bench.start("relay", service="tickets")
    emit(bench, *(filed(n) for n in range(20)))
    eventually(lambda: bench.ready("notifications.tickets") >= 20)  # only then the queue has told of being full
    emit(bench, *(filed(n) for n in range(20, 40)))
    eventually(lambda: bench.ready("notifications.tickets") >= 40)
    steadily(lambda: bench.ready("notifications.tickets") <= 100, during=6)
    assert unpublished(bench) > 0
    bench.start("consumers")
    eventually(lambda: len(bench.counts()) == 40, within=40)
    assert set(bench.counts().values()) == {1}


def test_an_event_that_cannot_be_sent_does_not_hold_up_the_others(bench: Bench, filed: Filed) -> None:
    first, _ = emit(bench, filed(1), filed(2))
    bench.tickets.db["outbox"].update_one({"_id": first["_id"]}, {"$set": {"type": "ticket.of_a_newer_program"}})
    bench.start("relay", service="tickets")
    eventually(lambda: unpublished(bench) == 1)
    assert bench.tickets.db["outbox"].count_documents({"_id": first["_id"], "returned": {"$gte": 1}}) == 1


def test_data_that_could_never_be_sent_fails_its_command(bench: Bench, filed: Filed) -> None:
    for data in ({"ticket": system_now()}, {"ticket": float("nan")}, {"ticket": "x" * 2_000_000}):
        event = NewEvent("ticket.filed", "ticket-1", 1, "/hequ/", data)
        with pytest.raises((TypeError, ValueError)):
            emit(bench, event)
    assert bench.tickets.db["outbox"].count_documents({}) == 0
