"""Accidents of the relay while several batches are on their way at once."""

import signal
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.chassis import broker
from services.chassis.clock import system_now
from services.chassis.leases import LEASE, LeaseLost
from services.chassis.marking import mark_published
from services.chassis.outbox import PARTITIONS
from services.chassis.prepare import prepare_broker
from services.chassis.relay import BATCH, UNCONFIRMED
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually, steadily
from tests.support.processes import ServiceProcess
from tests.support.wire_tap import Line, line_to

Filed = Callable[..., NewEvent]
IN_FLIGHT = BATCH * UNCONFIRMED
EVENTS = IN_FLIGHT + BATCH


@pytest.fixture
def line(bench: Bench) -> Iterator[Line]:
    with line_to(bench.namespace.rabbit.ports.amqp) as line:
        yield line


def emit(bench: Bench, *events: NewEvent) -> None:
    bench.tickets.run(lambda unit: unit.emit(*events))


def unpublished(bench: Bench) -> int:
    return bench.tickets.db["outbox"].count_documents({"unpublished": True})


def relay_with_batches_in_flight(bench: Bench, line: Line, filed: Filed) -> ServiceProcess:
    """The broker has two batches, its confirms are held back on the line, and a third batch is not sent yet."""
    relay = bench.start("relay", service="tickets", wait=True, **bench.namespace.amqp_through(line.port))
    emit(bench, filed(EVENTS))
    eventually(lambda: unpublished(bench) == 0)
    line.hold_answers()
    emit(bench, *(filed(n) for n in range(EVENTS)))
    eventually(lambda: bench.ready() == 1 + IN_FLIGHT)
    assert unpublished(bench) == EVENTS
    return relay


def every_event_takes_effect_once(bench: Bench) -> None:
    eventually(lambda: unpublished(bench) == 0, within=60)
    bench.start("consumers")
    eventually(lambda: len(bench.counts()) == 1 + EVENTS, within=60)
    bench.settle()
    assert set(bench.counts().values()) == {1}


def places_have_no_gap(bench: Bench) -> bool:
    places = defaultdict(list)
    for row in bench.tickets.db["outbox"].find({"position": {"$exists": True}}):
        places[row["partition"]].append(row["position"])
    return all(sorted(of_one) == list(range(1, len(of_one) + 1)) for of_one in places.values())


def test_a_line_that_goes_dead_under_two_batches_loses_neither(bench: Bench, filed: Filed, line: Line) -> None:
    relay_with_batches_in_flight(bench, line, filed)
    line.go_silent()
    line.release_answers()
    steadily(lambda: unpublished(bench) == EVENTS, during=3)
    every_event_takes_effect_once(bench)
    assert places_have_no_gap(bench)


def test_a_relay_killed_with_two_batches_in_flight_loses_neither(bench: Bench, filed: Filed, line: Line) -> None:
    bench.processes.kill(relay_with_batches_in_flight(bench, line, filed))
    bench.start("relay", service="tickets")
    every_event_takes_effect_once(bench)
    assert places_have_no_gap(bench)


def test_a_relay_that_lost_its_leases_marks_none_of_the_batches_in_flight(
    bench: Bench, filed: Filed, line: Line
) -> None:
    relay_with_batches_in_flight(bench, line, filed)
    leases = bench.tickets.db["relay_partitions"]
    leases.update_many({}, {"$set": {"token": "another relay", "until": system_now() + LEASE}})
    line.release_answers()
    steadily(lambda: unpublished(bench) == EVENTS, during=3)
    assert sum(partition["position"] for partition in leases.find()) == 1
    leases.update_many({}, {"$set": {"token": None, "until": system_now()}})
    every_event_takes_effect_once(bench)
    assert places_have_no_gap(bench)


def test_a_relay_asked_to_stop_marks_what_is_in_flight(bench: Bench, filed: Filed, line: Line) -> None:
    relay = relay_with_batches_in_flight(bench, line, filed)
    relay.signal(signal.SIGTERM)
    line.release_answers()
    eventually(relay.has_ended)
    bench.processes.stop(relay)
    assert unpublished(bench) <= EVENTS - IN_FLIGHT
    assert bench.ready() == 1 + EVENTS - unpublished(bench)  # so that nothing is sent twice


def test_an_event_returned_in_the_first_batch_does_not_send_the_next_ones_again(bench: Bench, filed: Filed) -> None:
    bench.start("relay", service="tickets")
    emit(bench, filed(EVENTS))
    eventually(lambda: unpublished(bench) == 0)
    bench.delete_queue("notifications.recipients")  # only now: a relay that connects waits for what is missing
    contact = {"person_id": "anna", "sealed": "gAAAAA"}
    emit(bench, NewEvent("recipient.upserted", "anna", 1, "/hequ/", contact), *(filed(n) for n in range(EVENTS)))
    eventually(lambda: bench.tickets.db["outbox"].count_documents({"returned": {"$gt": 0}}) == 1)
    prepare_broker(bench.namespace.amqp_url, 0)
    bench.tickets.db["outbox"].update_many({}, {"$set": {"retry_at": system_now()}})  # rather than wait for it
    eventually(lambda: unpublished(bench) == 0, within=60)
    assert bench.ready("notifications.recipients") == 1
    assert bench.ready() == 1 + EVENTS


def test_the_events_of_an_aggregate_reach_a_queue_and_the_feed_in_their_order(bench: Bench, filed: Filed) -> None:
    emit(bench, *(filed(n, sequence=s) for s in range(1, 31) for n in range(EVENTS // 30)))
    bench.start("relay", service="tickets")
    eventually(lambda: unpublished(bench) == 0, within=30)
    in_queue, in_feed = defaultdict(list), defaultdict(list)
    for headers in _taken(bench):
        in_queue[headers["cloudEvents_subject"]].append(headers["sequence"])
    for row in bench.tickets.db["outbox"].find().sort([("partition", 1), ("position", 1)]):
        in_feed[row["subject"]].append(row["sequence"])
    assert len(in_queue) == len(in_feed) == EVENTS // 30
    assert all(order == list(range(1, 31)) for order in (*in_queue.values(), *in_feed.values()))


def _taken(bench: Bench) -> list[dict[str, Any]]:
    """Headers of all that waits in the queue, in its order."""
    connection = broker.connect(bench.namespace.amqp_url, "test")
    try:
        channel = connection.channel()
        found = []
        while (message := channel.basic_get("metrics.tickets", no_ack=True)) is not None:
            found.append(message.headers)
        return found
    finally:
        connection.close()


def test_a_row_that_has_its_place_in_the_feed_gets_no_second_one(bench: Bench, filed: Filed) -> None:
    """A relay that was paused has lost its partitions to another, which gave them back before it noticed."""
    emit(bench, *(filed(n) for n in range(20)))
    log, leases = bench.tickets.db["outbox"], bench.tickets.db["relay_partitions"]
    leases.insert_many([{"_id": n, "token": "mine", "position": 0} for n in range(PARTITIONS)])
    rows = list(log.find().sort("_id", 1))
    bench.tickets.run(lambda unit: mark_published(unit, "mine", rows[:5], ()))
    with pytest.raises(LeaseLost):
        bench.tickets.run(lambda unit: mark_published(unit, "mine", rows, ()))
    assert unpublished(bench) == 15
    bench.tickets.run(lambda unit: mark_published(unit, "mine", rows[5:], ()))
    assert places_have_no_gap(bench)
