"""The line to the broker passes nothing in one direction, and nobody is told; what was held back arrives late."""

from collections.abc import Callable, Iterator

import pytest

from services.contracts.types import NewEvent
from tests.faults.line import Direction, Lines
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually, steadily


@pytest.fixture
def lines(bench: Bench) -> Iterator[Lines]:
    lines = Lines(bench.namespace.rabbit.ports.amqp)
    try:
        yield lines
    finally:
        lines.heal()
        bench.processes.stop_all()
        lines.close()


@pytest.mark.parametrize("direction", ["to-broker", "from-broker"])
def test_events_that_were_given_up_and_sent_again_take_effect_once_when_the_first_ones_arrive_as_well(
    bench: Bench, filed: Callable[..., NewEvent], lines: Lines, direction: Direction
) -> None:
    through = bench.namespace.amqp_through(lines.port)
    bench.start("relay", service="tickets", wait=True, **through)
    bench.start("consumers", wait=True, **through)

    def emit(first: int, count: int) -> None:
        bench.tickets.run(lambda unit: unit.emit(*(filed(n) for n in range(first, first + count))))

    emit(0, 50)
    eventually(lambda: len(bench.counts()) == 50, within=40)
    lines.go_silent(direction)
    emit(50, 50)
    unpublished = {"unpublished": True}
    steadily(lambda: bench.tickets.db["outbox"].count_documents(unpublished) == 50, during=13)  # it gives up after 10
    lines.heal()
    eventually(lambda: bench.tickets.db["outbox"].count_documents(unpublished) == 0, within=60)
    eventually(lambda: len(bench.counts()) == 100, within=60)
    eventually(lambda: bench.ready() == 0)
    assert set(bench.counts().values()) == {1}
