"""From the outbox to an effect: once, whatever is delivered twice, late, out of order or killed in between."""

import functools
from collections.abc import Callable
from typing import Any

import pytest

from services.chassis import wire
from services.chassis.clock import system_now
from services.chassis.prepare import prepare_broker
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually

Filed = Callable[..., NewEvent]


def emit(bench: Bench, *events: NewEvent) -> list[dict[str, Any]]:
    """Commit the events and return their outbox rows."""
    bench.tickets.run(lambda unit: unit.emit(*events))
    return list(bench.tickets.db["outbox"].find().sort("_id"))


def test_what_is_committed_is_published_and_takes_effect_once(bench: Bench, filed: Filed) -> None:
    bench.start("consumers")
    bench.start("relay", service="tickets")
    rows = emit(bench, *(filed(n) for n in range(200)))
    eventually(lambda: len(bench.counts()) == 200)
    assert set(bench.counts()) == {row["_id"] for row in rows}
    assert set(bench.counts().values()) == {1}
    eventually(lambda: bench.tickets.db["outbox"].count_documents({"unpublished": True}) == 0)
    positions = [(r["partition"], r["position"]) for r in bench.tickets.db["outbox"].find()]
    assert len(set(positions)) == 200
    for partition in {p for p, _ in positions}:  # the feed's order has no gap
        own = sorted(position for p, position in positions if p == partition)
        assert own == list(range(1, len(own) + 1))


def test_what_is_not_committed_is_never_published(bench: Bench, filed: Filed) -> None:
    def fail(unit: Any) -> None:
        unit.emit(filed(1))
        raise ValueError("the command fails after emitting")

    with pytest.raises(ValueError, match="after emitting"):
        bench.tickets.run(fail)
    assert bench.tickets.db["outbox"].count_documents({}) == 0


def test_an_event_delivered_again_and_again_counts_once(bench: Bench, filed: Filed) -> None:
    messages = [wire.message(row) for row in emit(bench, *(filed(n) for n in range(20)))]
    bench.publish(*messages, *messages)
    bench.start("consumers")
    eventually(lambda: len(bench.counts()) == 20)
    bench.publish(*reversed(messages), *messages)
    bench.settle()
    assert set(bench.counts().values()) == {1}
    assert bench.deferred("parked") == []


def test_two_replicas_share_a_queue_and_count_once(bench: Bench, filed: Filed) -> None:
    messages = [wire.message(row) for row in emit(bench, *(filed(n) for n in range(300)))]
    bench.start("consumers")
    bench.start("consumers")
    bench.publish(*messages, *messages)
    eventually(lambda: len(bench.counts()) == 300)
    bench.settle()
    assert set(bench.counts().values()) == {1}


def test_two_relays_share_the_outbox_and_take_over_from_a_dead_one(bench: Bench, filed: Filed) -> None:
    bench.start("consumers")
    bench.start("relay", service="tickets")
    doomed = bench.start("relay", service="tickets")
    emit(bench, *(filed(n) for n in range(50)))
    eventually(lambda: len(bench.counts()) == 50)
    bench.processes.kill(doomed)
    emit(bench, *(filed(n) for n in range(50, 100)))
    eventually(lambda: len(bench.counts()) == 100, within=30)
    assert set(bench.counts().values()) == {1}


def test_a_message_that_kills_its_process_ends_parked_and_its_neighbours_pass(bench: Bench, filed: Filed) -> None:
    rows = emit(bench, *(filed(n) for n in range(10)), filed(10, "/kill/"), *(filed(n) for n in range(11, 20)))
    poison = next(row["_id"] for row in rows if row["area_path"] == "/kill/")
    bench.publish(*(wire.message(row) for row in rows))

    def parked() -> bool:
        for process in [p for p in bench.processes.running if p.has_ended()]:
            bench.processes.kill(process)
            bench.recorded["deferred"].update_many({}, {"$set": {"lease_until": system_now()}})  # the dead one's
        if not bench.processes.running:
            bench.start("consumers", wait=False, RETRY_DELAYS="1")
        return [row["event_id"] for row in bench.deferred("parked")] == [poison]

    eventually(parked, within=160)
    assert len(bench.counts()) == 19
    assert set(bench.counts().values()) == {1}
    assert poison not in bench.counts()


def test_broken_messages_end_parked_each_with_its_reason_and_their_neighbours_pass(bench: Bench, filed: Filed) -> None:
    rows = emit(bench, *(filed(n) for n in range(6)))
    good = [wire.message(row) for row in rows]
    broken: dict[str, dict[str, Any]] = {
        "bad-json": {"body": b"{"},
        "bad-utf8": {"body": b'{"ticket": "\xff"}'},
        "wrong-content-type": {"content_type": "text/plain"},
        "bad-nameko-header": {"headers": {"nameko.call_id_stack": "not a list"}},
        "unknown-major": {"headers": {"cloudEvents_dataschema": "/api/asyncapi.json#/ticket.filed/9.0"}},
        "bad-headers": {"headers": {"cloudEvents_time": "yesterday"}},
        "unknown-type": {"headers": {"cloudEvents_type": "ticket.vanished"}},
        "invalid-data": {"body": b'{"ticket": {}}'},
    }
    messages = []
    for number, changes in enumerate(broken.values()):
        message = wire.message({**rows[0], "_id": f"broken-{number}"})
        message.body = changes.get("body", message.body)
        message.properties["content_type"] = changes.get("content_type", "application/json")
        message.properties["application_headers"].update(changes.get("headers", {}))
        messages += [message, good[number % len(good)]]
    bench.start("consumers")
    bench.publish(*messages, *good)
    eventually(lambda: len(bench.deferred("parked")) == len(broken))
    eventually(lambda: len(bench.counts()) == len(rows))
    assert {row["reason"] for row in bench.deferred("parked")} == set(broken)
    assert set(bench.counts()) == {row["_id"] for row in rows}


def test_a_handler_that_fails_once_is_tried_again_and_one_that_always_fails_is_parked(
    bench: Bench, filed: Filed
) -> None:
    rows = emit(bench, filed(1, "/raise-once/"), filed(2, "/raise/"), filed(3))
    process = bench.start("consumers")
    bench.publish(*(wire.message(row) for row in rows))
    eventually(lambda: len(bench.deferred("parked")) == 1, within=30)
    assert bench.deferred("parked")[0]["event_id"] == rows[1]["_id"]
    assert bench.deferred("waiting") == []
    assert bench.counts() == {rows[0]["_id"]: 1, rows[2]["_id"]: 1}
    assert "13800000000" not in process.log
    assert b"example" not in bench.deferred("parked")[0]["body"]  # sealed


def test_a_consumer_killed_in_the_middle_of_a_flood_loses_and_doubles_nothing(bench: Bench, filed: Filed) -> None:
    messages = [wire.message(row) for row in emit(bench, *(filed(n) for n in range(1500)))]
    bench.publish(*messages)
    for seen in (100, 500, 900):
        process = bench.start("consumers")
        eventually(functools.partial(lambda least: len(bench.counts()) >= least, seen))
        bench.processes.kill(process)
    bench.start("consumers")

    def all_counted() -> bool:
        assert len(bench.counts()) == 1500
        return True

    eventually(all_counted, within=120)  # each kill may leave a transaction open for 15 seconds (ADR 3)
    bench.settle()
    assert set(bench.counts().values()) == {1}
    assert bench.deferred("parked") == []


def test_an_event_that_nobody_can_receive_is_kept_and_published_once_the_queues_are_back(
    bench: Bench, filed: Filed
) -> None:
    bench.start("relay", service="tickets")
    emit(bench, filed(1))
    eventually(lambda: bench.tickets.db["outbox"].count_documents({"unpublished": True}) == 0)
    bench.delete_queues()
    emit(bench, filed(2))
    kept = {"unpublished": True, "returned": {"$gt": 0}}
    eventually(lambda: bench.tickets.db["outbox"].count_documents(kept) == 1)
    prepare_broker(bench.namespace.amqp_url, 0)
    bench.tickets.db["outbox"].update_many({}, {"$set": {"retry_at": system_now()}})  # rather than wait for it
    bench.start("consumers")
    eventually(lambda: len(bench.counts()) == 1, within=60)
    assert bench.tickets.db["outbox"].count_documents({"unpublished": True}) == 0
