"""The machine's clock was an hour ahead at boot and has been corrected: what that hour wrote down holds nothing up."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.chassis.clock import system_now
from services.chassis.leases import LEASE
from services.chassis.unit import Unit
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.integration.chassis.timers import set_effect, set_timers, units_of
from tests.support.eventually import eventually, steadily

Filed = Callable[..., NewEvent]
HOUR = timedelta(hours=1)


def all_published(bench: Bench) -> bool:
    return bench.tickets.db["outbox"].count_documents({"unpublished": True}) == 0


def test_events_go_out_although_a_relay_of_that_hour_holds_the_leases(bench: Bench, filed: Filed) -> None:
    db, ahead = bench.tickets.db, system_now() + HOUR
    partitions = [{"_id": n, "token": "ahead", "until": ahead + LEASE, "position": 0} for n in range(8)]
    db["relay_partitions"].insert_many(partitions)
    db["relays"].insert_one({"_id": "ahead", "seen_at": ahead})
    bench.tickets.run(lambda unit: unit.emit(*(filed(n) for n in range(40))))
    bench.start("relay", service="tickets")
    eventually(lambda: all_published(bench))


def test_a_lease_that_another_relay_has_just_taken_is_left_to_it(bench: Bench, filed: Filed) -> None:
    partitions = [{"_id": n, "token": "another", "until": system_now() + LEASE, "position": 0} for n in range(8)]
    bench.tickets.db["relay_partitions"].insert_many(partitions)
    bench.tickets.run(lambda unit: unit.emit(*(filed(n) for n in range(8))))
    bench.start("relay", service="tickets")
    steadily(lambda: bench.tickets.db["outbox"].count_documents({"unpublished": True}) == 8, during=2)
    eventually(lambda: all_published(bench), within=20)


def test_what_the_broker_returned_in_that_hour_is_sent_again_now(bench: Bench, filed: Filed) -> None:
    bench.tickets.run(lambda unit: unit.emit(filed(1)))
    bench.tickets.db["outbox"].update_many({}, {"$set": {"retry_at": system_now() + HOUR, "returned": 1}})
    bench.start("relay", service="tickets")
    eventually(lambda: all_published(bench))


@pytest.mark.parametrize("field", ["lease_until", "not_before"])
def test_timers_that_were_leased_or_put_off_in_that_hour_fire_now(bench: Bench, field: str) -> None:
    set_timers(bench, 10, system_now() - timedelta(seconds=1))
    set_effect(bench, "effect")
    bench.recorded["timers"].update_many({}, {"$set": {field: system_now() + HOUR, "lease": "ahead"}})
    bench.start("timers")
    eventually(lambda: len(bench.counts("firings")) == 11)
    assert set(bench.counts("firings").values()) == {1}


def test_a_wait_by_the_system_clock_begins_anew_and_is_no_longer_than_it_was_set_for(bench: Bench) -> None:
    def work(unit: Unit) -> None:
        for key, wait in (("now", timedelta()), ("in a day", timedelta(days=1))):
            unit.timers.set(key, "test", unit.system_now + wait, {}, basis="system", lane="effects")

    units_of(bench).run(work)
    as_if_ahead = [{"$set": {"due_at": {"$add": ["$due_at", int(HOUR.total_seconds() * 1000)]}}}]
    bench.recorded["timers"].update_many({}, as_if_ahead)
    bench.start("timers")
    eventually(lambda: bench.counts("firings") == {"now": 1})
    row = bench.recorded["timers"].find_one({"_id": "in a day"})
    assert row is not None
    assert timedelta(hours=23) < row["due_at"] - system_now() <= timedelta(days=1)


def test_a_deferred_event_of_that_hour_is_tried_again_now(bench: Bench, filed: Filed) -> None:
    bench.tickets.run(lambda unit: unit.emit(filed(1, "/raise-once/")))
    bench.start("relay", service="tickets")
    consumers = bench.start("consumers", DOORSTEP_RETRY_DELAYS="600")
    eventually(lambda: len(bench.deferred("waiting")) == 1)
    bench.processes.stop(consumers)
    ahead = system_now() + HOUR
    bench.recorded["deferred"].update_many({}, {"$set": {"due_at": ahead, "lease_until": ahead}})
    bench.start("consumers", DOORSTEP_RETRY_DELAYS="600")
    eventually(lambda: list(bench.counts().values()) == [1])
