"""Nobody publishes into half a topology: whoever finds something missing waits, says so, and goes on by itself."""

from collections.abc import Callable, Iterator
from typing import Any

import amqp
import pytest

from services.chassis import broker, topology
from services.chassis.prepare import prepare_broker
from services.contracts.queues import QUEUES
from services.contracts.topology import marker, queues, queues_from
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually, steadily
from tests.support.processes import ServiceProcess

LACKING = "metrics.notifications"
Filed = Callable[..., NewEvent]
TAKING = sorted(name for name in queues_from("tickets") if "ticket.filed" in QUEUES[name].modes)
"""Each of them gets every `ticket.filed`."""


def emit(bench: Bench, *events: NewEvent) -> None:
    bench.tickets.run(lambda unit: unit.emit(*events))


def unpublished(bench: Bench) -> int:
    return bench.tickets.db["outbox"].count_documents({"unpublished": True})


def waits_for(process: ServiceProcess) -> str:
    return str(process.http.get("/readyz").json()["checks"]["broker"])


def said(process: ServiceProcess, missing: str) -> bool:
    return f"waits for {missing} in the broker" in process.log


@pytest.fixture
def channel(bench: Bench) -> Iterator[Any]:
    """The administrator's, in the broker as it is just then."""
    connection = broker.connect(bench.namespace.amqp_url, "test")
    try:
        yield connection.channel()
    finally:
        broker.drop(connection)


def test_a_relay_and_a_consumer_wait_where_nothing_is_declared_and_go_on_once_all_is(
    bench: Bench, filed: Filed
) -> None:
    bench.empty_broker()
    relay = bench.start("relay", service="tickets", wait=False)
    consumer = bench.start("consumers", wait=False)
    emit(bench, filed(1))
    for process in (relay, consumer):
        eventually(lambda process=process: said(process, marker()))  # type: ignore[misc]
        eventually(lambda process=process: waits_for(process) == f"waits for {marker()} in the broker")  # type: ignore[misc]
    assert not bench.has_exchange("tickets.events"), "they declare nothing"
    prepare_broker(bench.namespace.amqp_url, 0)
    eventually(lambda: set(bench.counts().values()) == {1})
    eventually(lambda: waits_for(relay) == waits_for(consumer) == "ok")
    assert "background step failed" not in relay.log + consumer.log


@pytest.mark.parametrize("last", ["metrics.tickets", "the marker"])
def test_a_relay_publishes_nothing_while_one_queue_is_there_and_another_is_not(
    bench: Bench, filed: Filed, channel: Any, last: str
) -> None:
    """It would have the broker's confirm for an event that one consumer never gets."""
    if last == "the marker":
        channel.exchange_delete(marker())
    else:
        channel.queue_delete(last)
    relay = bench.start("relay", service="tickets", wait=False)
    emit(bench, filed(1))
    missing = marker() if last == "the marker" else last
    eventually(lambda: said(relay, missing))
    steadily(lambda: unpublished(bench) == 1, during=2)
    assert bench.ready("notifications.tickets") == 0
    bench.processes.cli("broker", "keep", "--once")
    eventually(lambda: unpublished(bench) == 0)
    assert {name: bench.ready(name) for name in TAKING} == dict.fromkeys(TAKING, 1)


@pytest.mark.parametrize("first", ["relay", "consumers", "keeper"])
def test_a_broker_that_is_emptied_under_traffic_gets_every_later_event_into_every_queue_whoever_comes_first(
    bench: Bench, filed: Filed, first: str
) -> None:
    relay = bench.start("relay", service="tickets")
    emit(bench, *(filed(n) for n in range(100)))
    eventually(lambda: unpublished(bench) == 0)
    if first == "consumers":
        bench.processes.stop(relay)
    bench.empty_broker(admitted=first != "keeper")
    emit(bench, *(filed(n) for n in range(100, 200)))
    if first == "keeper":
        bench.processes.cli("broker", "keep", "--once")
    else:
        waiting = relay if first == "relay" else bench.start("consumers", wait=False)
        eventually(lambda: said(waiting, marker()))
        half_of_it(bench)
        steadily(lambda: unpublished(bench) == 100, during=2)
        bench.processes.cli("broker", "keep", "--once")
    if first == "consumers":
        bench.start("relay", service="tickets")
        eventually(lambda: len(bench.counts()) == 100)
    eventually(lambda: unpublished(bench) == 0)
    others = [name for name in TAKING if name != "metrics.tickets" or first != "consumers"]
    assert {name: bench.ready(name) for name in others} == dict.fromkeys(others, 100)


def half_of_it(bench: Bench) -> None:
    """As far as a keeper came that was killed while it declared."""
    connection = broker.connect(bench.namespace.amqp_url, "test")
    try:
        channel = connection.channel()
        channel.exchange_declare("tickets.events", "topic", durable=True, auto_delete=False)
        channel.queue_declare("metrics.tickets", durable=True, auto_delete=False, arguments=dict(
            queues()["metrics.tickets"]
        ))  # fmt: skip
        channel.queue_bind("metrics.tickets", "tickets.events", "ticket.filed")
    finally:
        broker.drop(connection)


def test_processes_of_two_versions_publish_side_by_side_and_each_waits_for_its_own_keeper(
    bench: Bench, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def declare_as_the_other_version() -> str:
        with monkeypatch.context() as other:
            other.delitem(QUEUES, LACKING)
            prepare_broker(bench.namespace.amqp_url, 0)
            return marker()

    theirs = declare_as_the_other_version()
    assert theirs != marker()
    relay = bench.processes.start("tickets", "relay", wait=False, module=("tests.support.older", LACKING, "tickets"))
    emit(bench, filed(1))
    eventually(lambda: unpublished(bench) == 0)
    bench.empty_broker()
    bench.processes.cli("broker", "keep", "--once")
    emit(bench, filed(2))
    eventually(lambda: said(relay, theirs))
    eventually(lambda: waits_for(relay) == f"waits for {theirs} in the broker")
    assert unpublished(bench) == 1
    assert declare_as_the_other_version() == theirs
    eventually(lambda: unpublished(bench) == 0)
    assert waits_for(bench.start("relay", service="tickets")) == "ok"


def test_a_relay_that_waits_leaves_the_outbox_to_one_of_the_version_that_is_declared(
    bench: Bench, filed: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.delitem(QUEUES, LACKING)
        theirs = marker()
    older = bench.processes.start("tickets", "relay", wait=False, module=("tests.support.older", LACKING, "tickets"))
    emit(bench, *(filed(n) for n in range(100)))
    eventually(lambda: said(older, theirs))
    rows = bench.tickets.db
    eventually(lambda: rows["relay_partitions"].count_documents({"token": {"$ne": None}}) == 0)
    assert rows["relays"].count_documents({}) == 0
    bench.start("relay", service="tickets")
    eventually(lambda: unpublished(bench) == 0)
    assert waits_for(older) == f"waits for {theirs} in the broker"


def test_what_is_declared_is_looked_for_and_what_is_missing_is_named(bench: Bench, channel: Any) -> None:
    connection = broker.connect(bench.namespace.amqp_url, "test")
    try:
        topology.look(connection, queues())
        channel.queue_delete("accounts.dead")
        with pytest.raises(topology.Incomplete, match=r"waits for accounts\.dead in the broker"):
            topology.look(connection, queues())
        topology.look(connection, ["metrics.tickets"])  # the connection can be used on
        with pytest.raises(amqp.NotFound):
            channel.exchange_declare("doorstep.whole.of-nobody", "fanout", passive=True)
    finally:
        broker.drop(connection)
