"""Cases that other systems got wrong, one heading each. The long scan that overwrites newer state needs the real
database: tests/integration/tickets/test_long_scan.py."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain import actions, planning
from services.tickets.domain.calendars import StationHours, WorkingDays, advance, elapsed, next_open
from services.tickets.domain.explain import counted_seconds, segments
from services.tickets.domain.hours import Hours, parse_day
from services.tickets.domain.settle import next_moment
from services.tickets.workdays import published_years
from tests.unit.tickets.office import Choice, Office
from tests.unit.tickets.stories import OFFICE, REPORTER, ROUND_THE_CLOCK, SHANGHAI, Story, at, rules

ZONES = ["Asia/Shanghai", "Asia/Urumqi", "Asia/Kathmandu", "Pacific/Honolulu", "America/St_Johns"]
EVENING = Hours(tuple(parse_day(["20:00-24:00"]) for _ in range(7)))
NIGHT = Hours(tuple(parse_day(["00:00-01:30", "22:00-24:00"]) for _ in range(7)))
LEVELS = ["community", "street", "district"]


# Pause over a weekend


def test_a_pause_over_a_weekend_takes_out_the_opening_hours_in_it_and_not_the_weekend_a_second_time() -> None:
    story = Story("03-06 17:00", rules(OFFICE)).on_site("03-06 17:05", "complex")
    story.pause("03-06 17:30").resume("03-09 09:00")
    clock = story.clock("solution", "03-09 09:00")
    assert clock.due_at == at("03-09 15:00"), "half an hour on Friday, three to noon on Monday, half an hour after it"
    assert counted_seconds(clock, at("03-09 09:00")) == 1800


def test_a_pause_that_lies_within_a_weekend_changes_nothing() -> None:
    still, paused = (Story("03-06 17:00", rules(OFFICE)).on_site("03-06 17:05", "complex") for _ in range(2))
    paused.pause("03-07 10:00").resume("03-08 22:00")
    assert paused.clock("solution", "03-09 08:30").due_at == still.clock("solution", "03-09 08:30").due_at


def test_a_pause_over_a_weekend_moves_an_urgent_promise_by_all_of_its_length() -> None:
    story = Story("03-06 17:00", rules(OFFICE), urgent=True).on_site("03-06 17:05", "complex")
    story.pause("03-06 18:00").resume("03-09 09:00")
    assert story.clock("solution", "03-09 09:00").due_at == at("03-09 12:00")


# Paused straight to resolved


def test_paused_straight_to_resolved_counts_up_to_the_pause_and_is_met() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").pause("09:20").do("03-05 09:00", actions.resolve, None)
    clock = story.clock("solution", "03-06 09:00")
    assert (clock.state, counted_seconds(clock, at("03-06 09:00"))) == ("met", 1200)
    assert ("solution", 0, at("03-05 09:00")) in story.marks("met")
    assert story.marks("breached") == []


def test_paused_straight_to_resolved_forgives_nothing_that_was_broken_before() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").pause("09:30:01").do("03-05 09:00", actions.resolve, None)
    clock = story.clock("solution", "03-05 09:00")
    assert (clock.state, clock.breached_at) == ("breached", at("09:30"))


def test_the_pause_ends_with_the_resolution_and_does_not_go_on_in_the_next_round() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").pause("09:20").do("10:00", actions.resolve, None)
    story.do("11:00", lambda course, actor: actions.reopen(course, actor, story.rules, None, None), by=REPORTER)
    assert story.clock("arrival", "11:00", 2).due_at == at("11:10")


# Reclassified while paused


def test_reclassified_while_paused_it_still_waits_and_then_has_the_new_time() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").pause("09:10")
    story.do("11:00", planning.reclassify, "complex", None, False).wait("03-04 09:00")
    assert story.clock("solution", "03-04 09:00").state == "paused"
    assert story.marks("warned", "breached") == [("arrival", 50, at("09:05"))]
    assert story.resume("03-04 12:00").clock("solution", "03-04 12:00").due_at == at("03-04 15:50")


def test_lowered_while_paused_what_had_counted_before_the_pause_counts_against_the_shorter_time() -> None:
    story = Story("09:00").on_site("09:05", "complex").pause("09:20")
    story.do("11:00", planning.reclassify, "ordinary", "easy", True)
    assert story.resume("12:00").clock("solution", "12:00").due_at == at("12:10")


# Two pauses in one minute


def test_two_pauses_in_one_minute_both_count_to_the_second() -> None:
    story = Story("09:00").on_site("09:05", "ordinary")
    story.pause("09:10:00").resume("09:10:10").pause("09:10:20").resume("09:10:50")
    clock = story.clock("solution", "09:11")
    assert clock.due_at == at("09:30:40")
    assert [span.seconds for span in segments(clock, at("09:11")) if span.why == "paused"] == [10, 30]


def test_two_pauses_that_touch_count_as_the_time_they_cover() -> None:
    story = Story("09:00").on_site("09:05", "ordinary")
    story.pause("09:10:00").resume("09:10:30").pause("09:10:30").resume("09:11:00")
    assert story.clock("solution", "09:12").due_at == at("09:31")


def test_asked_to_pause_twice_it_pauses_once_from_the_first_time() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").pause("09:10:00").pause("09:10:30").resume("09:11:00")
    assert story.clock("solution", "09:12").due_at == at("09:31")


# A calendar open 24/7


@given(
    zone=st.sampled_from(ZONES), day=st.integers(0, 400), second=st.integers(0, 86399), seconds=st.integers(0, 10**6)
)
def test_at_a_station_that_is_open_24_7_every_second_counts_in_every_zone(
    zone: str, day: int, second: int, seconds: int
) -> None:
    calendar = StationHours(ROUND_THE_CLOCK, ZoneInfo(zone))
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, seconds=second)
    assert next_open(calendar, start) == start
    assert advance(calendar, start, seconds) == start + timedelta(seconds=seconds)
    assert elapsed(calendar, start, start + timedelta(seconds=seconds)) == seconds


def test_a_ticket_at_a_station_open_24_7_is_due_and_explained_as_by_the_wall_clock() -> None:
    story = Story("03-07 23:50", rules(ROUND_THE_CLOCK)).on_site("03-07 23:55", "complex")
    clock = story.clock("solution", "03-08 01:00")
    assert clock.due_at == at("03-08 03:50")
    assert [(span.why, span.seconds) for span in segments(clock, at("03-08 01:00"))] == [("counted", 4200)]


def test_open_until_23_59_is_not_open_24_7() -> None:
    nearly = StationHours(Hours(tuple(parse_day(["00:00-23:59"]) for _ in range(7))), SHANGHAI)
    assert elapsed(nearly, at("00:00"), at("03-03 00:00")) == 86340


# A clock that must stop on resolution


def test_every_clock_stops_on_resolution_and_counts_no_second_more() -> None:
    story = Story("09:00").wait("09:11").on_site("09:15", "complex").do("09:40", actions.resolve, None)
    for name, counted in (("arrival", 900), ("solution", 2400), ("community", 240)):
        clock = story.clock(name, "03-06 09:00")
        assert clock.finished_at is not None
        assert counted_seconds(clock, at("03-06 09:00")) == counted, name


def test_after_its_resolution_nothing_warns_breaches_or_lifts() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").do("09:14", actions.resolve, None)
    assert next_moment(story.ticket, story.rules, at("09:14")) == at("03-09 09:14:01"), "the end of silence"
    before = story.ticket
    for moment in ("09:15", "09:30:01", "15:00", "03-04 09:00", "03-09 09:14"):
        assert story.wait(moment).ticket == before


def test_resolved_at_the_very_second_it_is_met_and_a_second_later_it_is_not() -> None:
    for second, state in (("09:30:00", "met"), ("09:30:01", "breached")):
        story = Story("09:00").on_site("09:05", "ordinary").do(second, actions.resolve, None).wait("12:00")
        assert story.clock("solution", "12:00").state == state


def test_a_reopening_does_not_start_the_stopped_clocks_again() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").do("09:14", actions.resolve, None)
    story.do("09:20", lambda course, actor: actions.reopen(course, actor, story.rules, None, None), by=REPORTER)
    clock = story.wait("03-04 09:00").clock("solution", "03-04 09:00", 1)
    assert (clock.state, counted_seconds(clock, at("03-04 09:00"))) == ("met", 840)


# A deadline read in another time zone


@pytest.mark.parametrize(
    "text", ["2026-03-05T18:00:00+08:00", "2026-03-05T10:00:00+00:00", "2026-03-05T15:45:00+05:45"]
)  # fmt: skip
def test_a_deadline_given_in_any_time_zone_is_the_same_second(text: str) -> None:
    calendar = WorkingDays(published_years(), SHANGHAI)
    planned_for = planning.planned_date(at("10:00"), datetime.fromisoformat(text), None, calendar)
    for moment, state in (("03-05 18:00", "met"), ("03-05 18:00:01", "breached")):
        story = Story("09:00").on_site("09:05", "special").do("10:00", planning.plan, planned_for, None)
        story.do(moment, actions.resolve, None)
        assert story.clock("planned_date", "03-06 09:00").state == state


def test_a_deadline_is_published_with_its_offset_so_that_every_reader_finds_the_same_instant() -> None:
    office = Office("office", "Asia/Shanghai", at("09:00"))
    office.file()
    filed = next(event for event in office.shelf.events if event.type == "ticket.filed")
    (clock,) = filed.data["ticket"]["clocks"]
    due = datetime.fromisoformat(clock["due_at"])
    assert due.utcoffset() is not None
    assert due == at("09:10")


def test_a_day_ends_at_midnight_of_the_house_wherever_its_machine_stands() -> None:
    """Monday 02:00 in Shanghai is still Sunday in Honolulu and in UTC."""
    asked = at("03-02 02:00")
    for zone, end in (("Asia/Shanghai", "03-04 00:00"), ("UTC", "03-03 08:00"), ("Pacific/Honolulu", "03-03 18:00")):
        calendar = WorkingDays(published_years(), ZoneInfo(zone))
        assert planning.planned_date(asked, None, 1, calendar) == at(end), zone


# Escalation that fires on every scan, or skips a level


def test_a_scan_every_minute_for_three_days_lifts_each_level_once_in_order() -> None:
    office = Office("round the clock", now=at("09:00"))
    ticket_id = office.file()
    for _ in range(3 * 1440):
        office.now += timedelta(minutes=1)
        before = office.ticket(ticket_id)
        office.settle(ticket_id)
        after = office.ticket(ticket_id)
        assert len([s for s in after.history[len(before.history) :] if s.kind == "lifted"]) <= 1
    lifts = [(step.detail["from_level"], step.detail["to_level"]) for step in office.ticket(ticket_id).history
             if step.kind == "lifted"]  # fmt: skip
    assert lifts == list(pairwise(["grid", *LEVELS]))
    told = [event.data["to_level"] for event in office.shelf.events if event.type == "ticket.escalated"]
    assert told == LEVELS


@pytest.mark.parametrize("every", [timedelta(hours=1), timedelta(days=1), timedelta(days=9)])
def test_however_seldom_it_is_scanned_no_level_is_skipped_and_each_has_its_time(every: timedelta) -> None:
    office = Office("round the clock", now=at("09:00"))
    ticket_id = office.file()
    for _ in range(40):
        office.now += every
        office.settle(ticket_id)
    history = office.ticket(ticket_id).history
    lifts = [step for step in history if step.kind == "lifted"]
    assert [step.detail["to_level"] for step in lifts] == LEVELS
    times = {"community": timedelta(minutes=30), "street": timedelta(hours=4)}
    for here, above in pairwise(lifts):
        assert above.at - here.at > times[here.detail["to_level"]], "its time begins when it gets the ticket"


def test_scanned_a_hundred_times_within_a_second_everything_is_said_once() -> None:
    office = Office("round the clock", now=at("09:00"))
    ticket_id = office.file()
    office.now = at("09:10:01")
    for _ in range(100):
        office.settle(ticket_id)
    told = [event.type.removeprefix("ticket.") for event in office.shelf.events if "ticket" in event.data]
    assert told == [
        "filed", "clock_warned", "clock_warned", "clock_breached", "escalated",
    ]  # fmt: skip


def test_somebody_lifts_it_by_hand_in_the_second_of_the_breach_and_the_scan_adds_no_level() -> None:
    office = Office("round the clock", now=at("09:00"))
    ticket_id = office.file()
    office.now = at("09:10")
    assert office.attempt(ticket_id, "escalate", office.actor(ticket_id, "grid_head"), Choice()) is None
    office.now = at("09:10:01")
    office.settle(ticket_id)
    assert office.ticket(ticket_id).level == "community"


# 23:59 to 00:01 local


@pytest.mark.parametrize("zone", ZONES)
def test_from_23_59_to_00_01_two_minutes_count_where_the_night_is_open(zone: str) -> None:
    local = ZoneInfo(zone)
    calendar = StationHours(NIGHT, local)
    before, after = at("03-10 23:59", local), at("03-11 00:01", local)
    assert elapsed(calendar, before, after) == 120
    assert advance(calendar, before, 120) == after
    seconds = [elapsed(calendar, before, before + timedelta(seconds=n)) for n in range(121)]
    assert seconds == list(range(121)), "none is lost or counted twice at midnight"


@pytest.mark.parametrize("zone", ZONES)
def test_from_23_59_to_00_01_one_minute_counts_where_the_station_closes_at_midnight(zone: str) -> None:
    local = ZoneInfo(zone)
    calendar = StationHours(EVENING, local)
    before = at("03-10 23:59", local)
    assert elapsed(calendar, before, at("03-11 00:01", local)) == 60
    assert advance(calendar, before, 60) == at("03-11 00:00", local), "due at closing, not at the next opening"
    assert advance(calendar, before, 61) == at("03-11 20:00:01", local)


def test_from_23_59_to_00_01_a_working_day_ends_and_the_next_begins() -> None:
    calendar = WorkingDays(published_years(), SHANGHAI)
    assert elapsed(calendar, at("03-06 23:59"), at("03-07 00:01")) == 60, "Friday into Saturday"
    assert elapsed(calendar, at("03-08 23:59"), at("03-09 00:01")) == 60, "Sunday into Monday"
    assert calendar.end_of(at("03-06 23:59"), 1) == at("03-10 00:00")
    assert calendar.end_of(at("03-07 00:01"), 1) == at("03-10 00:00")
    assert calendar.end_of(at("03-09 00:01"), 1) == at("03-11 00:00")


def test_filed_at_23_59_and_at_00_01_two_tickets_have_the_numbers_of_two_days() -> None:
    office = Office("round the clock", now=at("23:59"))
    first = office.ticket(office.file()).number
    office.now = at("03-03 00:01")
    second = office.ticket(office.file()).number
    assert (first[:6], second[:6]) == ("260302", "260303")


def test_filed_at_23_59_where_the_night_is_closed_it_is_due_ten_minutes_after_the_next_opening() -> None:
    for filed in ("23:59", "03-03 00:00", "03-03 00:01"):
        assert Story(filed, rules(OFFICE)).clock("arrival", filed).due_at == at("03-03 08:40")
