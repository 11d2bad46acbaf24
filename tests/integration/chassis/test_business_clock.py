"""Business time is shared: whoever sets it, and however many at once, it never runs backwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from services.chassis.clock import BusinessClock, ClockRefused
from tests.support.namespaces import Namespace

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTERS, ROUNDS = 8, 60


def clock_of(namespace: Namespace) -> BusinessClock:
    """As each process has its own."""
    return BusinessClock(namespace.mongo[f"{namespace.prefix}_shared"]["clock"])


def test_of_several_who_step_it_at_once_none_steps_it_back(namespace: Namespace) -> None:
    together = Barrier(SETTERS)

    def step_on(setter: int) -> list[str]:
        clock, backwards = clock_of(namespace), []
        for number in range(ROUNDS):
            together.wait(timeout=30)
            to = START + timedelta(seconds=number * SETTERS + setter)
            try:
                clock.step(to)
            except ClockRefused:
                continue
            if (shown := clock_of(namespace).now()) < to:
                backwards.append(f"stepped to {to}, then it showed {shown}")
        return backwards

    with ThreadPoolExecutor(SETTERS) as hands:
        found = [line for lines in hands.map(step_on, range(SETTERS)) for line in lines]
    assert found == []
    assert clock_of(namespace).now() == START + timedelta(seconds=SETTERS * ROUNDS - 1), "the furthest step has won"


def test_a_step_back_is_refused_and_changes_nothing(namespace: Namespace) -> None:
    clock = clock_of(namespace)
    clock.step(START)
    clock.step(START)
    with pytest.raises(ClockRefused):
        clock.step(START - timedelta(milliseconds=1))
    with pytest.raises(ClockRefused):
        clock.run(START - timedelta(hours=1), 2)
    assert clock_of(namespace).now() == START


def test_from_running_to_stepped_nothing_of_the_rate_is_left(namespace: Namespace) -> None:
    clock = clock_of(namespace)
    clock.run(datetime(2020, 1, 1, tzinfo=UTC), 288)
    clock.step(START)
    stored = namespace.mongo[f"{namespace.prefix}_shared"]["clock"].find_one()
    assert stored == {"_id": "business", "mode": "stepped", "origin": START}
