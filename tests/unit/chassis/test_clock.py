"""Business time: real unless started otherwise, fast until it meets real time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.chassis.clock import reading, system_now, to_milliseconds

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def running(rate: float, behind: timedelta) -> dict[str, object]:
    return {"mode": "running", "origin": NOON - behind, "system_origin": NOON, "rate": rate}


def test_without_a_stored_clock_it_is_real_time() -> None:
    assert reading(None, NOON) == NOON


def test_a_stepped_clock_stands_still() -> None:
    stored = {"mode": "stepped", "origin": NOON - timedelta(days=30)}
    assert reading(stored, NOON + timedelta(hours=5)) == NOON - timedelta(days=30)


def test_a_day_at_288_times_takes_five_minutes_and_ends_at_real_time() -> None:
    stored = running(288.0, timedelta(days=1))
    after_a_minute = reading(stored, NOON + timedelta(minutes=1))
    assert after_a_minute == NOON - timedelta(days=1) + timedelta(minutes=288)
    later = NOON + timedelta(minutes=6)
    assert reading(stored, later) == later


@given(
    rate=st.floats(1, 288),
    behind=st.timedeltas(timedelta(0), timedelta(days=2)),
    moments=st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), min_size=2),
)
def test_it_never_runs_backwards_nor_ahead_of_real_time(
    rate: float, behind: timedelta, moments: list[timedelta]
) -> None:
    stored = running(rate, behind)
    systems = [to_milliseconds(NOON + moment) for moment in sorted(moments)]
    readings = [reading(stored, system) for system in systems]
    assert readings == sorted(readings)
    assert all(shown <= system for shown, system in zip(readings, systems, strict=True))


def test_times_are_kept_in_whole_milliseconds() -> None:
    assert system_now().microsecond % 1000 == 0
    assert to_milliseconds(NOON + timedelta(microseconds=1999)).microsecond == 1000
