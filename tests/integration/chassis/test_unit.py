"""A unit of work commits all or nothing, and holds its own against others that want the same document."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.chassis.clock import ClockRefused, system_now
from services.chassis.prepare import create_chassis_indexes
from services.chassis.unit import Unit
from tests.integration.chassis.conftest import Bench


def increment(unit: Unit) -> int:
    row = unit.db["counter"].find_one({"_id": 1}, session=unit.session) or {"n": 0}
    unit.db["counter"].update_one({"_id": 1}, {"$set": {"n": row["n"] + 1}}, upsert=True, session=unit.session)
    return int(row["n"])


def test_twenty_at_once_on_one_document_all_count(bench: Bench) -> None:
    with ThreadPoolExecutor(10) as pool:
        seen = list(pool.map(bench.tickets.run, [increment] * 20))
    assert sorted(seen) == list(range(20))


def test_a_refused_command_leaves_nothing_behind(bench: Bench) -> None:
    def refuse(unit: Unit) -> None:
        increment(unit)
        unit.timers.set("t", "test", unit.now, {})
        raise PermissionError

    with pytest.raises(PermissionError):
        bench.tickets.run(refuse)
    assert bench.tickets.db["counter"].count_documents({}) == 0
    assert bench.tickets.db["timers"].count_documents({}) == 0


def test_what_is_to_happen_after_the_commit_happens_only_then(bench: Bench) -> None:
    done: list[str] = []

    def fail(unit: Unit) -> None:
        unit.after_commit(lambda: done.append("failed"))
        raise PermissionError

    with pytest.raises(PermissionError):
        bench.tickets.run(fail)
    bench.tickets.run(lambda unit: unit.after_commit(lambda: done.append("committed")))
    assert done == ["committed"]


def test_business_time_is_refused_to_run_backwards_or_ahead(bench: Bench) -> None:
    clock = bench.tickets.clock
    yesterday = system_now() - timedelta(days=1)
    clock.step(yesterday)
    assert clock.now() == yesterday
    with pytest.raises(ClockRefused):
        clock.step(yesterday - timedelta(seconds=1))
    with pytest.raises(ClockRefused):
        clock.run(system_now() + timedelta(days=1), 10)
    with pytest.raises(ClockRefused):
        clock.run(yesterday, 1000)
    clock.run(yesterday, 288)
    assert yesterday <= clock.now() < system_now()


def test_how_long_the_event_log_is_kept_may_be_changed_later(bench: Bench) -> None:
    for days in (400, 30, 30, 500):
        create_chassis_indexes(bench.recorded, days)
        for collection, name in (("outbox", "retention"), ("inbox", "retention")):
            index = bench.recorded[collection].index_information()[name]
            assert index["expireAfterSeconds"] == days * 86_400
