"""An outside consumer stays away: its queue keeps the newest within its bound, and nobody else notices."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from services.contracts.types import NewEvent
from tests.faults.faults.outside import BODY_BYTES, MEGABYTE, NAME, Flood, Outside
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually

EVENTS = 30_000
MEGABYTES = 1
MAX_BYTES = MEGABYTES * MEGABYTE


@pytest.fixture
def outside(bench: Bench) -> Iterator[Outside]:
    def run(*arguments: str) -> str:
        return bench.processes.cli(*arguments).stdout

    bench.processes.prepare()
    yield Outside.admitted(run, bench.namespace, MEGABYTES, EVENTS)
    run("consumer", "revoke", NAME, "--yes")


def test_whoever_comes_back_finds_the_newest_in_order_and_sees_the_gap(
    bench: Bench, outside: Outside, filed: Callable[..., NewEvent]
) -> None:
    bench.start("consumers")
    bench.start("relay", service="tickets")
    flood = Flood(outside)
    flood.run()
    assert (flood.confirmed, flood.broken) == (EVENTS, 0)
    assert outside.state()["durable"]
    assert outside.alarms() == []

    bench.tickets.run(lambda unit: unit.emit(*(filed(n) for n in range(50))))
    eventually(lambda: len(bench.counts()) == 50)  # the others' events pass

    eventually(lambda: 0 < outside.state().get("message_bytes", 0) <= MAX_BYTES, within=30)
    found = outside.come_back()
    assert found[-1] == EVENTS
    assert all(other == one + 1 for one, other in pairwise(found))
    assert found[0] > 1, "nothing was dropped"
    assert 0 < len(found) <= MAX_BYTES // BODY_BYTES


def test_a_flood_goes_on_where_the_broker_was_emptied_and_its_queue_is_there_again(
    bench: Bench, outside: Outside
) -> None:
    bench.processes.cli("broker", "keep", "--once")
    bench.empty_broker()
    with bench.processes.keeper():
        flood = Flood(outside)
        flood.run()
        assert flood.confirmed == EVENTS
        assert outside.come_back()[-1] == EVENTS
