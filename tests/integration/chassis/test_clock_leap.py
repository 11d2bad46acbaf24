"""The machine's clock leaps: nothing is erased by its age until the clock is right, or somebody says that it is."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.clock import system_now
from services.chassis.clock_watch import COLLECTION, ClockWatch
from services.chassis.housekeeping import kept_rows, remove_old
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.integration.chassis.contact_data import blanked, let_pass, published
from tests.support.eventually import eventually, steadily
from tests.support.processes import ServiceProcess

Filed = Callable[..., NewEvent]
DAY = timedelta(days=1)
KEPT = kept_rows(retention_days=400)


def last_seen(db: Any, ago: timedelta) -> None:
    """As if the clock had last shown so much less: it has leapt, or everything was switched off for so long."""
    db[COLLECTION].update_one({"_id": "seen"}, {"$set": {"at": system_now() - ago}}, upsert=True)


def old_rows(db: Any, age: timedelta) -> None:
    """One row of each sort, so old."""
    then = system_now() - age
    event = {"_id": f"event {age}", "subject": f"{age}", "aggregate_id": f"{age}", "sequence": 1, "data": {}}
    db["outbox"].insert_one({**event, "published_at": then})
    db["inbox"].insert_one({"_id": f"queue|{age}", "at": then})
    db["idempotency"].insert_one({"_id": f"answer {age}", "created_at": then})


def kept(db: Any) -> dict[str, int]:
    return {each.collection: db[each.collection].count_documents({}) for each in KEPT}


def shown_leap(worker: ServiceProcess) -> timedelta:
    """As Prometheus is told."""
    found = re.search(
        r'^doorstep_clock_leap_seconds\{service="tickets"\} (\S+)$', worker.http.get("/metrics").text, re.M
    )
    assert found is not None
    return timedelta(seconds=float(found[1]))


def test_what_is_old_goes_after_its_time_and_what_is_not_or_not_yet_published_stays(bench: Bench, filed: Filed) -> None:
    db = bench.tickets.db
    old_rows(db, 401 * DAY)
    old_rows(db, 8 * DAY)
    bench.tickets.run(lambda unit: unit.emit(filed(1)))
    bench.start("timers", service="tickets")
    eventually(lambda: kept(db) == {"outbox": 2, "inbox": 1, "idempotency": 0})


def test_after_a_leap_nothing_goes_until_the_time_is_confirmed(bench: Bench) -> None:
    bench.processes.stop(published(bench, "anna"))
    db = bench.tickets.db
    let_pass(bench, "anna", days=8)
    old_rows(db, 401 * DAY)
    before = kept(db)
    last_seen(db, 4 * DAY)
    worker = bench.start("relay", service="tickets")
    eventually(lambda: "the system clock has leapt" in worker.log)
    steadily(lambda: kept(db) == before and not blanked(bench), during=2)
    assert 4 * DAY <= shown_leap(worker) < 4 * DAY + timedelta(minutes=5)
    bench.processes.stop(worker)
    assert (
        "tickets: the machine's clock is 4.0 days ahead of what was last seen"
        in bench.processes.cli("clock", "show").stdout
    )

    said = bench.processes.cli("clock", "accept", "--yes").stdout
    assert "tickets: the machine's clock is 4.0 days ahead of" in said
    assert "metrics" not in said
    worker = bench.start("relay", service="tickets")
    eventually(lambda: kept(db) == {**before, "outbox": before["outbox"] - 1, "inbox": 0, "idempotency": 0})
    eventually(lambda: blanked(bench) == {"anna"})
    assert shown_leap(worker) == timedelta()
    assert "believed already" in bench.processes.cli("clock", "accept", "--yes").stdout


def test_every_start_says_that_nothing_is_erased(bench: Bench) -> None:
    last_seen(bench.tickets.db, 4 * DAY)
    assert "tickets: the machine's clock is 4.0 days from what was last seen" in bench.processes.cli("prepare").stderr


@pytest.mark.parametrize(("away", "believed"), [(2.8 * DAY, True), (3.1 * DAY, False)])
def test_a_weekend_switched_off_is_believed_and_a_holiday_is_asked_about(
    bench: Bench, away: timedelta, believed: bool
) -> None:
    last_seen(bench.recorded, away)
    assert ClockWatch(bench.recorded).trusted() is believed
    assert bool(ClockWatch(bench.recorded).leap()) is not believed


def test_a_clock_that_is_set_right_again_is_believed_without_anybodys_word(bench: Bench) -> None:
    db = bench.recorded
    last_seen(db, 400 * DAY)
    old_rows(db, 401 * DAY)
    assert not remove_old(db, KEPT)
    assert kept(db) == {"outbox": 1, "inbox": 1, "idempotency": 1}
    last_seen(db, timedelta(minutes=1))
    assert not remove_old(db, KEPT)
    assert kept(db) == {"outbox": 0, "inbox": 0, "idempotency": 0}


def test_an_empty_battery_asks_nobody_once_the_clock_is_right_again(bench: Bench) -> None:
    """It boots in 1970, which nobody believes, and is set right a minute later."""
    watch, future = ClockWatch(bench.recorded), -365 * DAY
    last_seen(bench.recorded, future)
    assert not watch.trusted()
    assert watch.leap() < timedelta()
    last_seen(bench.recorded, timedelta(minutes=1))
    assert watch.trusted()


def test_a_wrong_time_that_was_confirmed_is_mended_by_confirming_the_right_one(bench: Bench) -> None:
    watch = ClockWatch(bench.recorded)
    last_seen(bench.recorded, -365 * DAY)
    assert "metrics: the machine's clock is 365.0 days behind" in bench.processes.cli("clock", "show").stdout
    bench.processes.cli("clock", "accept", "--yes")
    assert watch.trusted()
    seen = watch.seen_at()
    assert seen is not None
    assert seen <= system_now()


def test_a_long_backlog_goes_in_batches(bench: Bench) -> None:
    old = system_now() - 401 * DAY
    bench.recorded["inbox"].insert_many([{"_id": f"queue|{n}", "at": old} for n in range(2_500)])
    remove_old(bench.recorded, KEPT)
    assert kept(bench.recorded)["inbox"] == 0
