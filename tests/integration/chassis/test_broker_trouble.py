"""What happens to events while the broker, or the way to it, is in trouble."""

from collections.abc import Callable
from typing import Any

from services.chassis import broker, wire
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually
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
        url = bench.namespace.amqp_url.replace(f":{port}/", f":{line.port}/")
        bench.start("consumers", AMQP_URL=url)
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
