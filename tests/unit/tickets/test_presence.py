"""Presence: what a file of quotas may say, when a stay ends, which days count and why not."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.tickets.domain.calendars import WorkingDays
from services.tickets.domain.hours import Hours, parse_day
from services.tickets.domain.policy import BadPolicy
from services.tickets.domain.presence import (
    ELSEWHERE,
    FORGOTTEN,
    MOST_STAYS_A_DAY,
    Stay,
    closing,
    entered_late,
    free_of,
    local_day,
)
from services.tickets.domain.presence_quotas import Quota, parse_quotas
from services.tickets.domain.presence_shares import Share, share
from services.tickets.domain.refused import Refused
from services.tickets.presences import shipped_quotas
from services.tickets.workdays import published_years
from tests.unit.tickets.stories import SHANGHAI, at

HOURS = Hours(week=(parse_day(["08:00-12:00", "14:00-18:00"]),) * 5 + ((),) * 2)
HALF_DAY = Quota("community", "working_day", 4 * 3600)
FOUR_DAYS = Quota("grid_worker", "week", 4 * 3600, 4)
WORKING = WorkingDays(published_years(), SHANGHAI).is_working
LONG_AFTER = date(2026, 12, 31)


def file(**more: Any) -> dict[str, Any]:
    quota = {"role": "community", "each": "working_day", "at_least": "4 h"}
    return {"name": "q", "version": 1, "title": "Q", "late_entry": "7 d", "quotas": [quota], **more}


def stay(from_at: datetime, until_at: datetime | None = None) -> Stay:
    closes_at, ends_at = closing(HOURS, from_at, SHANGHAI)
    return Stay("s", "st", "p", "community", local_day(from_at, SHANGHAI), from_at, closes_at, ends_at, from_at,
                until_at)  # fmt: skip


def hours(**by_day: float) -> dict[date, int]:
    """`d02=4` is four hours on 2 March 2026, a Monday."""
    return {date(2026, 3, int(name[1:])): int(many * 3600) for name, many in by_day.items()}


def of(quota: Quota, seconds: dict[date, int], first: int, last: int, today: date = LONG_AFTER) -> Share:
    return share(quota, seconds, date(2026, 3, first), date(2026, 3, last), today, WORKING)


def test_what_comes_with_the_program_says_what_the_reports_say() -> None:
    quotas = shipped_quotas()["presence/1"]
    daily, weekly = quotas.of("community"), quotas.of("grid_worker")
    assert daily is not None
    assert (daily.each, daily.at_least_seconds) == ("working_day", 4 * 3600)
    assert weekly is not None
    assert (weekly.each, weekly.days) == ("week", 4)
    assert quotas.of("street") is None


@pytest.mark.parametrize(
    ("quota", "field", "code"),
    [
        ({"role": "mayor"}, "quotas[0].role", "not-one-of"),
        ({"each": "month"}, "quotas[0].each", "not-one-of"),
        ({"at_least": "half"}, "quotas[0].at_least", "not-a-duration"),
        ({"at_least": "25 h"}, "quotas[0].at_least", "longer-than-a-day"),
        ({"days": 4}, "quotas[0].days", "only-for-a-week"),
        ({"each": "week"}, "quotas[0].days", "not-one-of"),
        ({"each": "week", "days": 8}, "quotas[0].days", "not-one-of"),
        ({"each": "week", "days": True}, "quotas[0].days", "not-one-of"),
        ({"hours": 4}, "quotas[0].hours", "unknown-field"),
    ],
)
def test_a_wrong_quota_is_refused_by_field(quota: dict[str, Any], field: str, code: str) -> None:
    whole = {"role": "community", "each": "working_day", "at_least": "4 h", **quota}
    with pytest.raises(BadPolicy) as refused:
        parse_quotas(file(quotas=[whole]))
    assert [(where, said.partition(":")[0]) for where, said in refused.value.errors] == [(field, code)]


def test_a_role_has_one_quota() -> None:
    one = {"role": "community", "each": "working_day", "at_least": "4 h"}
    with pytest.raises(BadPolicy) as refused:
        parse_quotas(file(quotas=[one, one]))
    assert refused.value.errors == [("quotas[1].role", "code-taken:community")]


def test_a_forgotten_check_out_ends_when_the_station_closed_once_the_day_is_over() -> None:
    forgotten = stay(at("2026-03-02 09:00"))
    assert forgotten.as_of(at("2026-03-02 23:59")).until_at is None
    ended = forgotten.as_of(at("2026-03-03 00:00"))
    assert (ended.until_at, ended.ended_by) == (at("2026-03-02 18:00"), FORGOTTEN)


def test_while_it_goes_on_it_counts_until_now_and_after_closing_until_closing() -> None:
    going_on = stay(at("2026-03-02 09:00"))
    assert going_on.seconds(at("2026-03-02 10:00")) == 3600
    assert going_on.seconds(at("2026-03-02 21:00")) == 9 * 3600 == going_on.seconds(at("2026-04-02 00:00"))


@pytest.mark.parametrize("begins", ["2026-03-02 18:00", "2026-03-07 09:00"])
def test_after_closing_and_on_a_day_that_is_closed_only_a_check_out_makes_it_count(begins: str) -> None:
    midnight = at(begins[:10] + " 00:00") + timedelta(days=1)
    assert closing(HOURS, at(begins), SHANGHAI) == closing(None, at(begins), SHANGHAI) == (at(begins), midnight)
    ended = stay(at(begins)).as_of(midnight)
    assert (ended.seconds(midnight), ended.ended_by) == (0, FORGOTTEN)
    assert stay(at(begins)).as_of(midnight - timedelta(seconds=1)).until_at is None, "there is still time to check out"
    assert stay(at(begins), at(begins) + timedelta(hours=2)).seconds(midnight) == 7200


@pytest.mark.parametrize(
    ("seen", "until", "ended_by"),
    [("17:59", "17:59", ELSEWHERE), ("18:00", "18:00", ELSEWHERE), ("18:01", "18:00", FORGOTTEN)],
)
def test_who_is_seen_elsewhere_after_closing_had_forgotten_to_check_out(seen: str, until: str, ended_by: str) -> None:
    left = stay(at("2026-03-02 09:00")).left_for_another(at(f"2026-03-02 {seen}"))
    assert (left.until_at, left.ended_by) == (at(f"2026-03-02 {until}"), ended_by)


def test_a_late_entry_is_past_recent_within_a_day_and_has_a_reason() -> None:
    week, now = 7 * 86_400, at("2026-03-09 09:00")

    def refused(begins: str, ends: str, reason: str | None = "no_network") -> str:
        with pytest.raises(Refused) as said:
            entered_late(stay(at(begins)), at(ends), reason, week, now)
        return said.value.slug

    assert entered_late(stay(at("2026-03-02 09:00")), at("2026-03-03 00:00"), "no_network", week, now).until_at
    assert refused("2026-03-09 08:00", "2026-03-09 09:03") == "occurred-in-future"
    ahead = entered_late(stay(at("2026-03-09 08:00")), at("2026-03-09 09:01"), "no_network", week, now)
    assert ahead.until_at == now, "by a clock a little ahead of ours"
    assert refused("2026-03-09 09:00", "2026-03-09 09:01") == "occurred-in-future"
    assert refused("2026-03-06 08:00", "2026-03-06 12:00", None) == "late-entry-needs-reason"
    assert refused("2026-03-02 08:59", "2026-03-02 12:00") == "late-entry-too-old"
    assert refused("2026-03-06 22:00", "2026-03-07 00:01") == "presence-over-midnight"


def test_nobody_is_at_two_stations_at_once_but_may_go_straight_to_the_next() -> None:
    first = stay(at("2026-03-02 09:00"), at("2026-03-02 11:00"))
    now = at("2026-03-02 20:00")

    def second(begins: str, ends: str) -> Stay:
        found = stay(at(f"2026-03-02 {begins}"), at(f"2026-03-02 {ends}"))
        return Stay(**{name: getattr(found, name) for name in Stay.__slots__} | {"id": "s2"})

    free_of(second("08:00", "09:00"), [first], now)
    free_of(second("11:00", "12:00"), [first], now)
    for begins, ends in (("08:00", "09:01"), ("10:59", "12:00"), ("09:30", "10:00"), ("08:00", "12:00")):
        with pytest.raises(Refused, match="presence-overlaps"):
            free_of(second(begins, ends), [first], now)


def test_a_person_has_so_many_presences_of_a_day_and_no_more() -> None:
    now, minute = at("2026-03-02 20:00"), timedelta(minutes=1)
    first = at("2026-03-02 09:00")
    others = [
        replace(stay(first + number * minute, first + (number + 1) * minute), id=f"s-{number}")
        for number in range(MOST_STAYS_A_DAY)
    ]
    more = replace(stay(at("2026-03-02 18:00"), at("2026-03-02 19:00")), id="more")
    free_of(more, others[1:], now)
    with pytest.raises(Refused, match="too-many-check-ins"):
        free_of(more, others, now)


def test_half_a_day_daily_asks_for_every_working_day_and_nothing_of_the_others() -> None:
    found = of(HALF_DAY, hours(d02=4, d03=3.99, d05=8, d07=8), 2, 8)
    assert [day.why for day in found.days] == [
        "counted", "too_short", "absent", "counted", "absent", "not_a_working_day", "not_a_working_day",
    ]  # fmt: skip
    assert (found.attained, found.due) == (2, 5)


def test_a_made_up_saturday_asks_too() -> None:
    saturday = date(2026, 2, 28)
    assert share(HALF_DAY, {}, saturday, saturday, LONG_AFTER, WORKING).due == 1


def test_today_is_not_judged() -> None:
    found = of(HALF_DAY, hours(d02=4, d03=4), 2, 4, today=date(2026, 3, 3))
    assert [day.why for day in found.days] == ["counted", "not_over", "not_over"]
    assert (found.attained, found.due) == (1, 1)


def test_four_days_a_week_count_each_day_that_was_long_enough_and_never_more_than_four() -> None:
    assert (of(FOUR_DAYS, hours(d02=4, d03=4, d07=4, d08=3), 2, 8).attained) == 3
    full = of(FOUR_DAYS, hours(d02=4, d03=4, d04=4, d05=4, d06=4), 2, 8)
    assert (full.attained, full.due) == (4, 4)


def test_a_week_belongs_whole_to_the_period_in_which_it_ends() -> None:
    seconds = hours(d02=4, d03=4, d04=4, d05=4)
    first, second = of(FOUR_DAYS, seconds, 1, 5), of(FOUR_DAYS, seconds, 6, 12)
    assert [(week.first.day, week.attained) for week in (*first.weeks, *second.weeks)] == [(23, 0), (2, 4)]
    assert [day.date.day for day in second.days] == [2, 3, 4, 5, 6, 7, 8]


def test_a_week_of_holidays_asks_for_no_more_days_than_it_works() -> None:
    october = share(FOUR_DAYS, {}, date(2026, 9, 28), date(2026, 10, 4), LONG_AFTER, WORKING)
    working = sum(WORKING(date(2026, 9, 28) + timedelta(days=n)) for n in range(7))
    assert 0 < working < 4
    assert october.due == working


def test_a_week_that_goes_on_is_not_judged() -> None:
    found = of(FOUR_DAYS, hours(d02=4), 2, 8, today=date(2026, 3, 8))
    assert ([week.why for week in found.weeks], found.due) == (["not_over"], 0)


def test_a_year_whose_calendar_is_not_loaded_is_said_and_counts_neither_way() -> None:
    later = date(2031, 1, 1)
    daily = share(HALF_DAY, {later: 9 * 3600}, later, later, date(2032, 1, 1), WORKING)
    assert ([day.why for day in daily.days], daily.due) == (["calendar_unknown"], 0)
    weekly = share(FOUR_DAYS, {}, later, later + timedelta(days=13), date(2032, 1, 1), WORKING)
    assert ({week.why for week in weekly.weeks}, weekly.due) == ({"calendar_unknown"}, 0)
