"""Timers fire once, at their time or as soon as somebody is there to fire them, whoever is killed or paused."""

import functools
import signal
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.chassis import timer_rows
from services.chassis.clock import system_now
from services.chassis.timers import TIMER_BATCH
from tests.integration.chassis.conftest import Bench
from tests.integration.chassis.timers import PAST, set_effect, set_timers, units_of
from tests.support.eventually import eventually


def set_many(bench: Bench, kind: str, due_at: datetime, count: int, **ref: Any) -> None:
    """`count` timers a millisecond apart from `due_at` on."""
    due = [due_at + timedelta(milliseconds=n) for n in range(count)]
    rows = [timer_rows.row(f"{kind}-{n}", "test", at, ref) for n, at in enumerate(due)]
    units_of(bench).run(lambda unit: unit.timers.change(rows, []))


def in_order(bench: Bench) -> list[str]:
    """The keys of all firings, as they were recorded."""
    return [row["_id"] for row in bench.recorded["firings"].find().sort("$natural", 1)]


def fired_at_least(bench: Bench, count: int) -> bool:
    return len(bench.counts("firings")) >= count


def rows(bench: Bench) -> int:
    return bench.recorded["timers"].count_documents({})


def test_due_timers_fire_once_and_others_wait(bench: Bench) -> None:
    set_timers(bench, 120, system_now() + PAST)
    units_of(bench).run(lambda unit: unit.timers.set("later", "test", unit.now + timedelta(hours=1), {}))
    bench.start("timers")
    bench.start("timers")
    eventually(lambda: len(bench.counts("firings")) == 120)
    assert set(bench.counts("firings").values()) == {1}
    assert rows(bench) == 1


def test_a_timer_of_business_time_follows_the_stepped_clock(bench: Bench) -> None:
    units = units_of(bench)
    start = system_now() - timedelta(days=30)
    units.clock.step(start)
    units.run(lambda unit: unit.timers.set("business", "test", unit.now + timedelta(days=7), {}))
    units.run(lambda unit: unit.timers.set("system", "test", unit.system_now + PAST, {}, basis="system"))
    bench.start("timers")
    eventually(lambda: bench.counts("firings") == {"system": 1})
    units.clock.step(start + timedelta(days=7))
    eventually(lambda: bench.counts("firings") == {"system": 1, "business": 1})


def test_a_timer_that_fails_is_kept_and_does_not_hold_up_the_others(bench: Bench) -> None:
    set_timers(bench, 10, system_now() + PAST)
    units_of(bench).run(lambda unit: unit.timers.set("bad", "test", unit.now + PAST, {"raise": True}))
    bench.start("timers")
    eventually(lambda: len(bench.counts("firings")) == 10)
    set_back = {"_id": "bad", "attempts": {"$gte": 1}, "not_before": {"$gt": system_now()}}
    eventually(lambda: bench.recorded["timers"].find_one(set_back))
    assert "bad" not in bench.counts("firings")


def test_killed_while_firing_it_loses_and_doubles_nothing(bench: Bench) -> None:
    set_timers(bench, 2000, system_now() + PAST)
    for least in (100, 700):
        process = bench.start("timers")
        eventually(functools.partial(fired_at_least, bench, least))
        bench.processes.kill(process)
    bench.recorded["timers"].update_many({}, {"$set": {"lease_until": system_now()}})  # rather than wait a minute
    bench.start("timers")
    eventually(lambda: len(bench.counts("firings")) == 2000, within=60)
    assert set(bench.counts("firings").values()) == {1}
    assert rows(bench) == 0


def test_a_runner_paused_past_its_lease_changes_nothing_when_it_resumes(bench: Bench) -> None:
    set_timers(bench, 1500, system_now() + PAST)
    paused = bench.start("timers")
    eventually(lambda: fired_at_least(bench, 50))
    paused.signal(signal.SIGSTOP)
    try:
        bench.recorded["timers"].update_many({}, {"$set": {"lease_until": system_now()}})
        bench.start("timers")
        eventually(lambda: len(bench.counts("firings")) == 1500, within=60)
    finally:
        paused.signal(signal.SIGCONT)
    eventually(lambda: rows(bench) == 0)
    bench.processes.stop_all()
    assert set(bench.counts("firings").values()) == {1}


def test_an_effect_runs_again_after_its_process_was_killed_in_the_middle(bench: Bench) -> None:
    units_of(bench).run(
        lambda unit: unit.timers.set(
            "send", "test", unit.system_now + PAST, {"kill-once": True}, basis="system", lane="effects"
        )
    )
    doomed = bench.start("timers", wait=False)
    eventually(doomed.has_ended, within=30)
    bench.processes.kill(doomed)
    bench.recorded["timers"].update_many({}, {"$set": {"lease_until": system_now()}})
    bench.start("timers")
    eventually(lambda: bench.counts("firings") == {"send": 1})
    eventually(lambda: rows(bench) == 0)


def test_an_effect_that_hangs_or_times_out_does_not_hold_up_the_others(bench: Bench) -> None:
    set_effect(bench, "times-out", **{"time-out": True})
    set_effect(bench, "hangs", hang=True)
    runner = bench.start("timers")
    eventually(lambda: bench.recorded["timers"].count_documents({"lease": {"$ne": None}}) == 2)
    set_effect(bench, "good")
    eventually(lambda: bench.counts("firings") == {"good": 1})
    bench.processes.kill(runner)  # rather than wait for the one that hangs


def test_a_timer_that_never_gets_through_does_not_hold_up_its_batch(bench: Bench) -> None:
    set_timers(bench, 5, system_now() + PAST)
    units_of(bench).run(lambda unit: unit.timers.set("bad", "test", unit.now + 2 * PAST, {"contend": True}))
    bench.start("timers")
    fired = {f"timer-{number}": 1 for number in range(5)}
    eventually(lambda: fired.items() <= {r["_id"]: r.get("n") for r in bench.recorded["firings"].find()}.items(), 60)
    assert bench.recorded["timers"].count_documents({"_id": "bad", "attempts": 1}) == 1


def leased(changes: Any, count: int) -> list[str]:
    """The keys of the first `count` leases, in the order in which the runner took them."""
    keys: list[str] = []
    while len(keys) < count:
        change = changes.next()
        keys += [change["documentKey"]["_id"]] if change["updateDescription"]["updatedFields"].get("lease") else []
    return keys


def test_a_backlog_delays_neither_what_became_due_last_nor_what_has_waited_longest(bench: Bench) -> None:
    now = system_now()
    set_many(bench, "old", now - timedelta(hours=1), 5 * TIMER_BATCH)
    set_many(bench, "new", now + PAST, 20)
    # By the leases: of two batches that are fired at once the later one may well be the first to write.
    with bench.recorded["timers"].watch([{"$match": {"operationType": "update"}}]) as changes:
        bench.start("timers")
        eventually(lambda: rows(bench) == 0, within=60)
        first = set(leased(changes, TIMER_BATCH))
    assert {f"new-{n}" for n in range(20)} <= first
    assert {f"old-{n}" for n in range(20)} <= first
    assert set(bench.counts("firings").values()) == {1}


def test_of_a_batch_with_some_that_fail_all_others_fire_and_only_those_are_set_back(bench: Bench) -> None:
    set_many(bench, "good", system_now() + 3 * PAST, TIMER_BATCH - 3)
    set_many(bench, "bad", system_now() + 2 * PAST, 3, **{"raise": True})
    bench.start("timers")
    eventually(lambda: len(bench.counts("firings")) == TIMER_BATCH - 3, within=30)
    set_back = {"attempts": {"$gte": 1}, "not_before": {"$gt": system_now()}, "lease": None}
    eventually(lambda: bench.recorded["timers"].count_documents(set_back) == 3)
    assert set(bench.counts("firings").values()) == {1}
    assert {row["_id"] for row in bench.recorded["timers"].find()} == {"bad-0", "bad-1", "bad-2"}


def test_a_timer_that_is_set_again_while_it_fires_stays_for_its_next_moment(bench: Bench) -> None:
    set_many(bench, "again", system_now() + PAST, 5, again=True)
    set_many(bench, "once", system_now() + PAST, 5)
    bench.start("timers")
    eventually(lambda: len(bench.counts("firings")) == 10)
    eventually(lambda: rows(bench) == 5)
    for row in bench.recorded["timers"].find():
        assert row["_id"].startswith("again-")
        assert row["lease"] is None
        assert row["due_at"] > system_now()
    assert set(bench.counts("firings").values()) == {1}


def test_many_timers_are_set_and_cleared_together_or_not_at_all(bench: Bench) -> None:
    later = system_now() + timedelta(hours=1)
    set_many(bench, "kept", later, 3)

    def change(unit: Any) -> None:
        moved = timer_rows.row("kept-0", "test", later + timedelta(hours=1), {})
        unit.timers.change([moved, timer_rows.row("new", "test", later, {})], ["kept-1", "stranger"])
        if spoil:
            raise ValueError("spoilt")

    spoil = True
    with pytest.raises(ValueError, match="spoilt"):
        units_of(bench).run(change)
    assert {row["_id"] for row in bench.recorded["timers"].find()} == {"kept-0", "kept-1", "kept-2"}
    spoil = False
    units_of(bench).run(change)
    assert {row["_id"] for row in bench.recorded["timers"].find()} == {"kept-0", "kept-2", "new"}
    moved = bench.recorded["timers"].find_one({"_id": "kept-0"})
    assert moved is not None
    assert moved["due_at"] == later + timedelta(hours=1)
