"""Patience with wrong passwords: what is counted, and who has to wait for which count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.domain.patience import (
    ADDRESS,
    ELSEWHERE,
    FORGOTTEN_AFTER,
    KNOWN,
    MOST_ADDED_BY_ADDRESS,
    STRANGE,
    Because,
    Failures,
    Rule,
    Standing,
    by_address,
)

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
RULES = (STRANGE, KNOWN, ELSEWHERE, ADDRESS)


def failures(count: int, now: datetime = NOW) -> Failures:
    return Failures(count, now, now)


@pytest.mark.parametrize("rule", RULES)
@given(count=st.integers(0, 300))
def test_the_more_failures_the_longer_the_wait_but_never_beyond_the_longest(rule: Rule, count: int) -> None:
    found, waits = Failures(), []
    for _ in range(count):
        found = found.plus(1, NOW)
        waits.append(found.wait(rule, NOW))
    assert waits == sorted(waits)
    assert waits[: rule.free] == [timedelta()] * min(count, rule.free)
    assert waits[rule.free : rule.free + 2] == [timedelta(seconds=2), timedelta(seconds=4)][: max(0, count - rule.free)]
    assert all(wait <= rule.longest for wait in waits)


def test_the_longest_waits_are_what_was_promised() -> None:
    assert [rule.free for rule in RULES] == [5, 20, 50, 200]
    assert [failures(300).wait(rule, NOW).total_seconds() for rule in RULES] == [300, 30, 300, 10]


def test_a_wait_ends_by_the_clock_that_began_it() -> None:
    found = failures(6)
    assert found.wait(STRANGE, NOW) == timedelta(seconds=2)
    assert not found.wait(STRANGE, NOW + timedelta(seconds=2))


def test_failures_are_forgotten_twelve_hours_after_the_first_however_many_came_since() -> None:
    found = failures(300)
    for hour in range(1, 12):
        found = found.plus(1, NOW + timedelta(hours=hour))
    assert found.wait(ADDRESS, found.last or NOW)
    later = NOW + FORGOTTEN_AFTER
    assert not found.wait(ADDRESS, later)
    assert found.plus(1, later) == failures(1, later)


def test_what_a_clock_that_was_ahead_has_counted_keeps_nobody_out() -> None:
    assert not Failures(300, NOW, NOW + timedelta(hours=1)).wait(STRANGE, NOW)
    ahead = failures(300, NOW + timedelta(days=2))
    assert not ahead.wait(STRANGE, NOW)
    assert ahead.plus(1, NOW) == failures(1)


def test_at_a_strange_address_the_longest_of_all_waits_holds() -> None:
    standing = Standing(False, failures(6), failures(52), failures(203))
    assert standing.wait(NOW) == (timedelta(seconds=8), Because.ADDRESS)
    assert replace(standing, address=Failures()).wait(NOW) == (timedelta(seconds=4), Because.ELSEWHERE)
    assert replace(standing, address=Failures(), elsewhere=Failures()).wait(NOW) == (
        timedelta(seconds=2),
        Because.HERE,
    )


def test_where_the_login_signed_in_lately_only_its_own_failures_there_make_it_wait() -> None:
    assert not Standing(True, failures(20), failures(9_999), failures(9_999)).wait(NOW)[0]
    assert Standing(True, failures(99), failures(9_999), failures(9_999)).wait(NOW) == (
        timedelta(seconds=30),
        Because.HERE,
    )


def test_one_address_drives_the_count_elsewhere_up_by_five_and_no_further() -> None:
    here, added = Failures(), 0
    for _ in range(30):
        added += Standing(here=here).added_elsewhere(NOW) or 0
        here = here.plus(1, NOW)
    assert added == MOST_ADDED_BY_ADDRESS
    assert not failures(added).wait(ELSEWHERE, NOW)


def test_how_many_failures_are_free_at_an_address_is_set_and_nought_is_no_bound() -> None:
    standing = Standing(address=failures(1_001))
    assert standing.wait(NOW, by_address(1_000)) == (timedelta(seconds=2), Because.ADDRESS)
    assert not standing.wait(NOW, by_address(1_001))[0]
    assert not standing.wait(NOW, by_address(0))[0]
