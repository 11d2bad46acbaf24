"""A clock that a telephone has a little ahead makes nothing happen in the future."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.tickets.domain.refused import Refused
from services.tickets.domain.told_times import happened, happened_on, is_late

NOW = datetime(2026, 3, 9, 15, 59, 30, tzinfo=UTC)
"""Half a minute to midnight in Shanghai."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("ahead", [1, 119, 120])
def test_what_is_a_little_ahead_happens_now(ahead: int) -> None:
    assert happened(NOW + timedelta(seconds=ahead), NOW) == NOW


def test_what_is_past_stays_and_what_is_far_ahead_is_refused() -> None:
    assert happened(NOW - timedelta(seconds=1), NOW) == NOW - timedelta(seconds=1)
    with pytest.raises(Refused, match="occurred-in-future"):
        happened(NOW + timedelta(seconds=121), NOW)


def test_a_day_that_begins_within_the_tolerance_is_today() -> None:
    assert happened_on(date(2026, 3, 10), NOW, SHANGHAI) == happened_on(None, NOW, SHANGHAI) == date(2026, 3, 9)
    assert happened_on(date(2026, 3, 8), NOW, SHANGHAI) == date(2026, 3, 8)
    for day, now in ((date(2026, 3, 10), NOW - timedelta(minutes=2)), (date(2026, 3, 11), NOW)):
        with pytest.raises(Refused, match="occurred-in-future"):
            happened_on(day, now, SHANGHAI)


def test_a_slow_line_is_no_late_entry() -> None:
    assert [is_late(NOW - timedelta(seconds=seconds), NOW) for seconds in (0, 1, 120, 121)] == [False] * 3 + [True]
