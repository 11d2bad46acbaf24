"""Which share of a quota was attained: the days that counted, those that did not, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.tickets.domain.calendars import CalendarUnknown
from services.tickets.domain.presence_quotas import WEEK, Quota

COUNTED = "counted"
WHYS = (COUNTED, "too_short", "absent", "not_a_working_day", "calendar_unknown", "not_over", "no_quota")
IsWorking = Callable[[date], bool]
"""Raises CalendarUnknown for a day of a year whose official calendar is not loaded."""


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    seconds: int
    why: str


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday. Asked for are no more days than the week has working days."""

    first: date
    attained: int
    due: int
    why: str
    """counted: it is part of the share; calendar_unknown: it is not."""


@dataclass(frozen=True, slots=True)
class Share:
    """`attained` of `due`: days of a quota for each working day, and of one for each week too."""

    days: tuple[Day, ...]
    weeks: tuple[Week, ...]
    attained: int
    due: int


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def share(
    quota: Quota | None, seconds: Mapping[date, int], first: date, last: date, today: date, is_working: IsWorking
) -> Share:
    """Of the days from `first` to `last`. What is not over (today, this week) is not judged.

    A week belongs to the period in which it ends, whole, so that periods which follow each other add up.
    """
    if quota is None:
        days = tuple(Day(day, seconds.get(day, 0), "no_quota") for day in _between(first, last))
        return Share(days, (), 0, 0)
    if quota.each == WEEK:
        return _by_week(quota, seconds, first, last, today, is_working)
    days = tuple(_working(quota, day, seconds.get(day, 0), today, is_working) for day in _between(first, last))
    attained = sum(day.why == COUNTED for day in days)
    return Share(days, (), attained, attained + sum(day.why in ("too_short", "absent") for day in days))


def _working(quota: Quota, day: date, seconds: int, today: date, is_working: IsWorking) -> Day:
    try:
        if not is_working(day):
            return Day(day, seconds, "not_a_working_day")
    except CalendarUnknown:
        return Day(day, seconds, "calendar_unknown")
    return _any(quota, day, seconds, today)


def _any(quota: Quota, day: date, seconds: int, today: date) -> Day:
    if day >= today:
        return Day(day, seconds, "not_over")
    return Day(day, seconds, COUNTED if seconds >= quota.at_least_seconds else "too_short" if seconds else "absent")


def _by_week(
    quota: Quota, seconds: Mapping[date, int], first: date, last: date, today: date, is_working: IsWorking
) -> Share:
    days: list[Day] = []
    weeks: list[Week] = []
    start = monday(first)
    while start + timedelta(days=6) <= last:
        of_week = [_any(quota, day, seconds.get(day, 0), today) for day in _between(start, start + timedelta(days=6))]
        days += of_week
        weeks.append(_week(quota, start, of_week, today, is_working))
        start += timedelta(days=7)
    counted = [week for week in weeks if week.why == COUNTED]
    return Share(tuple(days), tuple(weeks), sum(week.attained for week in counted), sum(week.due for week in counted))


def _week(quota: Quota, start: date, days: list[Day], today: date, is_working: IsWorking) -> Week:
    present = sum(day.why == COUNTED for day in days)
    if days[-1].date >= today:
        return Week(start, present, quota.days, "not_over")
    try:
        due = min(quota.days, sum(is_working(day.date) for day in days))
    except CalendarUnknown:
        return Week(start, present, quota.days, "calendar_unknown")
    return Week(start, min(present, due), due, COUNTED)


def _between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
