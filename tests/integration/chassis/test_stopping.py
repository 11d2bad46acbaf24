"""Whoever is asked to end does so soon, whatever is in its hands; what it has not done is there for somebody else."""

from collections.abc import Callable

from services.chassis import wire
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually


def test_a_consumer_whose_batch_never_gets_through_ends_when_asked_and_gives_everything_back(
    bench: Bench, filed: Callable[..., NewEvent]
) -> None:
    bench.tickets.run(lambda unit: unit.emit(*(filed(number, "/contend/") for number in range(40))))
    consumer = bench.start("consumers")
    bench.publish(*(wire.message(row) for row in bench.tickets.db["outbox"].find()))
    eventually(lambda: bench.recorded["tried"].find_one({"_id": "contended"}))
    bench.processes.stop(consumer)
    assert bench.ready() == 40
    assert bench.counts() == {}
    assert bench.deferred("waiting") == []
