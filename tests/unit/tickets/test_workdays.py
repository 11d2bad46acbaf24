"""The official calendars that come with the library."""

from datetime import date, timedelta

from chinese_calendar import is_workday

from services.tickets.workdays import published_years


def test_each_day_of_each_published_year_is_what_the_library_says_of_it() -> None:
    years = published_years()
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert {day for year in years.values() for day in year} == {day for day in days if is_workday(day)}
    assert all(day.year == year for year, working in years.items() for day in working)


def test_a_working_weekend_and_a_holiday_in_the_week_are_known() -> None:
    working = published_years()[2026]
    assert date(2026, 2, 28) in working  # a Saturday, for the Spring Festival
    assert date(2026, 10, 1) not in working  # a Thursday
