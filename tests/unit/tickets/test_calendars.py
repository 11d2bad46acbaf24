"""Calendars count whole seconds, and say why they did not."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.calendars import (
    Calendar,
    StationHours,
    Wall,
    WorkingDays,
    advance,
    elapsed,
    next_open,
    spans,
)
from services.tickets.domain.hours import BadHours, Hours, from_plain, parse_day, to_plain
from services.tickets.domain.refused import Refused
from services.tickets.workdays import published_years
from tests.unit.tickets.stories import OFFICE, ROUND_THE_CLOCK, SHANGHAI, at, hours_except

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Asia/Urumqi", "UTC", "Asia/Kathmandu", "America/St_Johns")]
LATE = Hours(tuple(parse_day(["22:00-24:00", "00:00-01:30", "09:00-09:01"]) for _ in range(7)))
moments = st.integers(0, 180 * 86400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


def calendars() -> st.SearchStrategy[Calendar]:
    stations = st.builds(StationHours, st.sampled_from([OFFICE, ROUND_THE_CLOCK, LATE]), st.sampled_from(ZONES))
    return st.one_of(st.just(Wall()), stations, st.just(WorkingDays(published_years(), SHANGHAI)))


@given(calendars(), moments, st.integers(0, 10 * 86400))
def test_after_advancing_by_n_seconds_exactly_n_have_elapsed(calendar: Calendar, start: datetime, n: int) -> None:
    assert elapsed(calendar, start, advance(calendar, start, n)) == n


@given(calendars(), moments, st.integers(1, 10 * 86400))
def test_one_second_earlier_not_all_have_elapsed(calendar: Calendar, start: datetime, n: int) -> None:
    assert elapsed(calendar, start, advance(calendar, start, n) - timedelta(seconds=1)) == n - 1


@given(calendars(), moments, st.integers(0, 20 * 86400), st.integers(0, 20 * 86400))
def test_a_time_cut_in_two_counts_the_same(calendar: Calendar, start: datetime, first: int, second: int) -> None:
    middle = start + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    assert elapsed(calendar, start, end) == elapsed(calendar, start, middle) + elapsed(calendar, middle, end)


@given(calendars(), moments, st.integers(0, 20 * 86400))
def test_the_explanation_covers_all_of_the_time_without_a_gap(calendar: Calendar, start: datetime, n: int) -> None:
    end, cursor = start + timedelta(seconds=n), start
    for span in spans(calendar, start, end):
        assert (span.start, span.end > span.start) == (cursor, True)
        cursor = span.end
    assert cursor == end


def test_two_minutes_around_midnight_count_at_a_station_that_never_closes() -> None:
    calendar = StationHours(ROUND_THE_CLOCK, SHANGHAI)
    assert elapsed(calendar, at("23:59"), at("03-03 00:01")) == 120
    assert advance(calendar, at("23:59"), 120) == at("03-03 00:01")


def test_only_the_minute_before_midnight_counts_at_a_station_that_closes_then() -> None:
    calendar = StationHours(Hours(tuple(parse_day(["20:00-24:00"]) for _ in range(7))), SHANGHAI)
    assert elapsed(calendar, at("23:59"), at("03-03 00:01")) == 60


def test_outside_opening_hours_nothing_counts() -> None:
    calendar = StationHours(OFFICE, SHANGHAI)
    assert elapsed(calendar, at("12:00"), at("14:30")) == 0
    assert next_open(calendar, at("12:00")) == at("14:30")
    assert next_open(calendar, at("03-06 18:00")) == at("03-09 08:30"), "Friday evening to Monday"


def test_a_time_that_ends_with_the_day_is_due_at_closing_not_at_the_next_opening() -> None:
    assert advance(StationHours(OFFICE, SHANGHAI), at("17:50"), 600) == at("18:00")


def test_a_holiday_is_closed_and_says_why() -> None:
    calendar = StationHours(hours_except("2026-03-03", reason="庙会"), SHANGHAI)
    shut = [span for span in spans(calendar, at("17:00"), at("03-04 09:00")) if not span.counts]
    assert ("station-exception", "庙会") in [(span.why, span.note) for span in shut]
    assert elapsed(calendar, at("18:00"), at("03-04 08:30")) == 0


def test_an_exception_can_open_a_sunday() -> None:
    calendar = StationHours(hours_except("2026-03-08", "09:00-10:00"), SHANGHAI)
    assert elapsed(calendar, at("03-08 00:00"), at("03-08 23:00")) == 3600


def test_the_same_hours_are_other_instants_in_another_time_zone() -> None:
    assert next_open(StationHours(OFFICE, ZoneInfo("Asia/Urumqi")), at("07:00")) == at("10:30")


def test_where_clocks_are_turned_forward_a_day_has_23_hours() -> None:
    zone = ZoneInfo("America/St_Johns")
    calendar = StationHours(ROUND_THE_CLOCK, zone)
    assert elapsed(calendar, at("2026-03-08 00:00", zone), at("2026-03-09 00:00", zone)) == 23 * 3600


def test_a_station_that_never_opens_is_refused_instead_of_waited_for() -> None:
    with pytest.raises(Refused, match="calendar-never-opens"):
        advance(StationHours(Hours(tuple(() for _ in range(7))), SHANGHAI), at("09:00"), 1)


def test_a_working_saturday_counts_and_a_holiday_in_the_week_does_not() -> None:
    calendar = WorkingDays(published_years(), SHANGHAI)
    assert calendar.is_working(date(2026, 2, 14)), "调休: Saturday before the Spring Festival of 2026"
    assert not calendar.is_working(date(2026, 2, 17)), "the Spring Festival itself"


def test_five_working_days_end_with_the_fifth_day() -> None:
    calendar = WorkingDays(published_years(), SHANGHAI)
    assert calendar.end_of(at("03-02 16:00"), 5) == at("03-10 00:00"), "Tuesday to Monday, the weekend not counted"


def test_a_year_without_an_official_calendar_is_unknown_and_never_guessed() -> None:
    calendar = WorkingDays(published_years(), SHANGHAI)
    with pytest.raises(Refused) as refused:
        calendar.end_of(at("2026-12-30 10:00"), 5)
    assert (refused.value.slug, refused.value.params) == ("calendar-year-unknown", {"year": 2027})


def test_a_known_year_can_be_counted_to_its_last_second() -> None:
    calendar = WorkingDays(published_years(), SHANGHAI)
    assert elapsed(calendar, at("2026-12-31 00:00"), at("2027-01-01 00:00")) == 86400
    assert advance(calendar, at("2026-12-31 00:00"), 86400) == at("2027-01-01 00:00")


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (["8:30-12:00"], "format"),
        (["08:30 - 12:00"], "format"),
        (["24:30-24:40"], "order"),
        (["12:00-08:30"], "order"),
        (["09:00-09:00"], "order"),
        (["09:00-24:01"], "order"),
        (["09:00-12:00", "11:59-13:00"], "overlap"),
    ],
)
def test_hours_that_cannot_be_meant_are_named(texts: list[str], fault: str) -> None:
    with pytest.raises(BadHours) as bad:
        parse_day(texts)
    assert bad.value.args[0] == fault


def test_hours_survive_being_pinned_to_a_ticket() -> None:
    hours = hours_except("2026-03-08", "09:00-10:00", reason="红色周末")
    assert from_plain(to_plain(hours)) == hours
