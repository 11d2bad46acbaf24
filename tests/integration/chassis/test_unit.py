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


def test_an_index_by_which_the_database_removed_rows_itself_is_replaced(bench: Bench) -> None:
    for collection, field in (("outbox", "published_at"), ("inbox", "at"), ("idempotency", "created_at")):
        rows = bench.recorded[collection]
        before = next(name for name, index in rows.index_information().items() if index["key"][0][0] == field)
        rows.drop_index(before)
        rows.create_index(field, name="retention", expireAfterSeconds=86_400)
        for _ in range(2):
            create_chassis_indexes(bench.recorded)
            indexes = [index for index in rows.index_information().values() if index["key"] == [(field, 1)]]
            assert [index.get("expireAfterSeconds") for index in indexes] == [None]
