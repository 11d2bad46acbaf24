"""Timers and effects that are set in the database of the recorder."""

from datetime import datetime, timedelta

from services.chassis import mongo, timer_rows
from services.chassis.clock import BusinessClock
from services.chassis.unit import Units
from tests.integration.chassis.conftest import Bench

PAST = timedelta(seconds=-1)


def units_of(bench: Bench) -> Units:
    """Units on the recorder's own database."""
    client = bench.namespace.mongo
    clock = BusinessClock(mongo.shared_database(client, bench.namespace.prefix)["clock"])
    return Units(client, bench.recorded, "metrics", clock)


def set_timers(bench: Bench, count: int, due_at: datetime) -> None:
    rows = [timer_rows.row(f"timer-{number}", "test", due_at, {}) for number in range(count)]
    units_of(bench).run(lambda unit: unit.timers.change(rows, []))


def set_effect(bench: Bench, key: str, **ref: bool) -> None:
    units_of(bench).run(
        lambda unit: unit.timers.set(key, "test", unit.system_now + PAST, ref, basis="system", lane="effects")
    )
