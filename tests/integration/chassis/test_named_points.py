"""A process dies exactly between two steps, and whoever comes after it finishes the work once.

That it died there is seen from outside: SIGKILL ended it, the file that armed the point is gone, and broker and
database stand as they do only between those two steps.
"""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.chassis import mongo, wire
from services.chassis.clock import BusinessClock, system_now
from services.chassis.unit import Units
from services.contracts.types import NewEvent
from tests.faults import points
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually

Filed = Callable[..., NewEvent]
EVENTS = 30


def dies_at(bench: Bench, point: str, role: str, folder: Path, service: str = "metrics") -> None:
    """Arm the point, start the process, and see it die there."""
    armed = points.arm(folder, point, service)
    module = ("tests.faults.launch", "--program", "tests.support.recorder", service)
    doomed = bench.processes.start(service, role, wait=False, module=module, FAULT_POINTS=str(folder))
    eventually(doomed.has_ended, within=40)
    assert doomed.exit_status() == -signal.SIGKILL, doomed.last_lines()
    assert not armed.exists()
    bench.processes.kill(doomed)


def emit(bench: Bench, filed: Filed) -> list[dict[str, Any]]:
    bench.tickets.run(lambda unit: unit.emit(*(filed(n) for n in range(EVENTS))))
    return list(bench.tickets.db["outbox"].find().sort("_id"))


def unpublished(bench: Bench) -> int:
    return bench.tickets.db["outbox"].count_documents({"unpublished": True})


def acknowledged(bench: Bench) -> int:
    return EVENTS - bench.ready()


@pytest.mark.parametrize(
    ("point", "reached"), [("relay-before-publish", 0), ("relay-before-confirm", EVENTS), ("relay-before-mark", EVENTS)]
)
def test_a_relay_that_dies_publishes_again_and_never_less(
    bench: Bench, filed: Filed, tmp_path: Path, point: str, reached: int
) -> None:
    emit(bench, filed)
    dies_at(bench, point, "relay", tmp_path, service="tickets")
    eventually(lambda: bench.ready() == reached)
    assert unpublished(bench) == EVENTS
    bench.tickets.db["relay_partitions"].update_many({}, {"$set": {"until": system_now()}})  # rather than wait 10 s
    bench.tickets.db["relays"].delete_many({})
    bench.start("relay", service="tickets")
    bench.start("consumers")
    eventually(lambda: unpublished(bench) == 0, within=40)
    eventually(lambda: len(bench.counts()) == EVENTS)
    bench.settle()
    assert set(bench.counts().values()) == {1}


def test_a_consumer_that_dies_before_its_commit_has_done_nothing(bench: Bench, filed: Filed, tmp_path: Path) -> None:
    bench.publish(*(wire.message(row) for row in emit(bench, filed)))
    dies_at(bench, "consumer-before-commit", "consumers", tmp_path)
    assert bench.counts() == {}
    eventually(lambda: acknowledged(bench) == 0)
    all_count_once(bench)


def test_a_consumer_that_dies_before_its_acknowledgement_gets_again_what_has_taken_effect(
    bench: Bench, filed: Filed, tmp_path: Path
) -> None:
    bench.publish(*(wire.message(row) for row in emit(bench, filed)))
    dies_at(bench, "consumer-before-ack", "consumers", tmp_path)
    assert len(bench.counts()) > 0
    eventually(lambda: acknowledged(bench) == 0)
    all_count_once(bench)


def test_a_consumer_that_dies_after_its_acknowledgement_has_lost_nothing(
    bench: Bench, filed: Filed, tmp_path: Path
) -> None:
    bench.publish(*(wire.message(row) for row in emit(bench, filed)))
    dies_at(bench, "consumer-after-ack", "consumers", tmp_path)
    done = len(bench.counts())
    assert done > 0
    eventually(lambda: acknowledged(bench) in (0, done))  # the broker may learn of the end before the last word
    all_count_once(bench)


def all_count_once(bench: Bench) -> None:
    bench.start("consumers")
    eventually(lambda: len(bench.counts()) == EVENTS, within=40)
    bench.settle()
    assert set(bench.counts().values()) == {1}
    assert bench.deferred("waiting") == bench.deferred("parked") == []


@pytest.mark.parametrize("point", ["timers-before-fire", "timers-before-commit"])
def test_a_timer_runner_that_dies_fires_nothing_and_its_heir_fires_all_once(
    bench: Bench, tmp_path: Path, point: str
) -> None:
    set_timers(bench)
    dies_at(bench, point, "timers", tmp_path)
    assert bench.counts("firings") == {}
    assert bench.recorded["timers"].count_documents({"lease_until": {"$gt": system_now()}}) == EVENTS
    bench.recorded["timers"].update_many({}, {"$set": {"lease_until": system_now()}})  # rather than wait for it
    bench.start("timers")
    eventually(lambda: len(bench.counts("firings")) == EVENTS, within=40)
    eventually(lambda: bench.recorded["timers"].count_documents({}) == 0)
    assert set(bench.counts("firings").values()) == {1}


def set_timers(bench: Bench) -> None:
    """All due by now."""
    client = bench.namespace.mongo
    clock = BusinessClock(mongo.shared_database(client, bench.namespace.prefix)["clock"])

    def work(unit: Any) -> None:
        for number in range(EVENTS):
            unit.timers.set(f"timer-{number}", "test", unit.now, {})

    Units(client, bench.recorded, "metrics", clock).run(work)
