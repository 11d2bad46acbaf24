"""1341 as a fold: on site in 10 minutes, ordinary in 30, complex in 4 hours, grave ones planned within a day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain import actions, planning, withdrawing
from services.tickets.domain.explain import segments
from services.tickets.domain.settle import fired, next_moment
from services.tickets.domain.transitions import Actor
from tests.unit.tickets.stories import OFFICE, REPORTER, ROUND_THE_CLOCK, Story, at, rules


def test_the_arrival_is_due_ten_minutes_after_filing() -> None:
    assert Story("09:00", rules(OFFICE)).clock("arrival", "09:01").due_at == at("09:10")


def test_arriving_at_the_very_second_is_in_time() -> None:
    clock = Story("09:00", rules(OFFICE)).on_site("09:10", "ordinary").clock("arrival", "09:20")
    assert (clock.state, clock.finished_at) == ("met", at("09:10"))


def test_arriving_a_second_later_is_late_and_dated_at_the_due_time() -> None:
    clock = Story("09:00", rules(OFFICE)).on_site("09:10:01", "ordinary").clock("arrival", "09:20")
    assert (clock.state, clock.breached_at) == ("breached", at("09:10"))


def test_filed_outside_opening_hours_it_runs_from_the_next_opening() -> None:
    assert Story("03-06 20:00", rules(OFFICE)).clock("arrival", "03-06 21:00").due_at == at("03-09 08:40")


def test_an_urgent_one_runs_day_and_night() -> None:
    assert Story("03-06 20:00", rules(OFFICE), urgent=True).clock("arrival", "03-06 20:01").due_at == at("03-06 20:10")


def test_across_midnight_at_a_station_that_never_closes() -> None:
    assert Story("23:59", rules(ROUND_THE_CLOCK)).clock("arrival", "23:59:30").due_at == at("03-03 00:09")


def test_in_another_time_zone_the_station_opens_at_another_instant() -> None:
    story = Story("07:00", rules(OFFICE, zone=ZoneInfo("Asia/Urumqi")))
    assert story.clock("arrival", "07:00").due_at == at("10:40")


def test_the_solution_is_promised_from_arrival_on_but_counts_from_filing() -> None:
    story = Story("09:00", rules(OFFICE))
    assert not story.has_clock("solution", "09:05")
    clock = story.on_site("09:08", "ordinary").clock("solution", "09:08")
    assert (clock.opened_at, clock.due_at) == (at("09:08"), at("09:30"))


def test_a_complex_one_has_four_opening_hours() -> None:
    clock = Story("11:00", rules(OFFICE)).on_site("11:05", "complex").clock("solution", "11:05")
    assert clock.due_at == at("17:30"), "one hour before the noon break, three after it"


def test_a_grave_one_is_planned_within_a_day_of_the_calendar() -> None:
    clock = Story("09:00", rules(OFFICE)).on_site("09:05", "special").clock("plan", "09:05")
    assert clock.due_at == at("03-03 09:00")


def test_the_day_for_a_plan_begins_when_the_station_opens() -> None:
    clock = Story("20:00", rules(OFFICE)).on_site("03-03 08:35", "major").clock("plan", "03-03 08:35")
    assert clock.due_at == at("03-04 08:30")
    assert [s.why for s in segments(clock, at("03-03 09:00"))] == ["before-opening", "counted"]


CADRE = Actor("cadre", frozenset({"community"}))


def test_then_the_planned_date_is_the_promise() -> None:
    story = Story("09:00").on_site("09:05", "special").do("10:00", planning.plan, at("03-05 18:00"), None)
    assert story.clock("plan", "10:00").state == "met"
    assert story.clock("planned_date", "10:00").due_at == at("03-05 18:00")
    story.do("03-05 18:00", actions.resolve, None)
    assert story.clock("planned_date", "03-06 09:00").state == "met"


def test_a_moved_plan_moves_the_promise_and_is_counted() -> None:
    story = Story("09:00").on_site("09:05", "special").do("10:00", planning.plan, at("03-05 18:00"), None)
    story.do("03-04 09:00", planning.move_plan, at("03-09 18:00"), "rain", by=CADRE)
    assert story.clock("planned_date", "03-04 09:00").due_at == at("03-09 18:00")
    assert story.ticket.plan_moves == 1


def test_a_plan_moved_after_its_date_has_passed_stays_broken() -> None:
    story = Story("09:00").on_site("09:05", "special").do("10:00", planning.plan, at("03-05 18:00"), None)
    story.do("03-06 09:00", planning.move_plan, at("03-09 18:00"), "rain", by=CADRE)
    story.do("03-09 09:00", actions.resolve, None)
    clock = story.clock("planned_date", "03-10 09:00")
    assert (clock.state, clock.breached_at) == ("breached", at("03-05 18:00"))


def test_raised_in_time_the_new_severity_gives_more_time() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").do("09:20", planning.reclassify, "complex", None, False)
    assert story.clock("solution", "09:20").due_at == at("13:00")


def test_raised_too_late_the_broken_promise_stays_broken() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").do("09:40", planning.reclassify, "complex", None, False)
    story.do("10:00", actions.resolve, None)
    clock = story.clock("solution", "10:00")
    assert (clock.state, clock.breached_at) == ("breached", at("09:30"))


def test_of_two_broken_promises_the_first_dates_the_breach() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").do("09:40", planning.reclassify, "complex", None, False)
    story.wait("13:01")
    assert story.clock("solution", "14:00").breached_at == at("09:30")
    assert [mark for mark in story.marks("breached") if mark[0] == "solution"] == [("solution", 100, at("09:30"))]


def test_raised_to_grave_the_solution_is_waived_and_a_plan_promised() -> None:
    story = Story("09:00").on_site("09:05", "complex").do("09:20", planning.reclassify, "major", None, False)
    assert story.clock("solution", "09:20").state == "waived"
    assert story.clock("plan", "09:20").due_at == at("03-03 09:00"), "counted from filing"


def test_while_paused_nothing_is_due() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").pause("09:10").wait("03-05 09:00")
    clock = story.clock("solution", "03-05 09:00")
    assert (clock.state, clock.due_at) == ("paused", None)
    assert next_moment(story.ticket, story.rules, at("03-05 09:00")) is None


def test_a_pause_of_no_length_changes_nothing() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").pause("09:10").resume("09:10")
    assert story.clock("solution", "09:11").due_at == at("09:30")


def test_the_explanation_names_what_did_not_count() -> None:
    story = Story("11:50", rules(OFFICE)).on_site("11:55", "ordinary").pause("14:40").resume("14:45")
    parts = [(s.why, s.seconds) for s in segments(story.clock("solution", "14:50"), at("14:50"))]
    assert parts == [("counted", 600), ("station-closed", 9000), ("counted", 600), ("paused", 300), ("counted", 300)]


def test_reopening_starts_a_new_round_and_keeps_the_first_as_it_was() -> None:
    story = Story("09:00").on_site("09:20", "ordinary").do("09:25", actions.resolve, None)
    story.do("10:00", lambda course, actor: actions.reopen(course, actor, story.rules, None, None), by=REPORTER)
    assert story.clock("arrival", "10:01", 2).due_at == at("10:10")
    first = story.clock("arrival", "10:01", 1)
    assert (first.state, first.breached_at) == ("breached", at("09:10"))
    assert (story.ticket.round, story.ticket.severity, story.ticket.level) == (2, None, "grid")


@pytest.mark.parametrize("deed", [withdrawing.cancel, actions.reject])
def test_what_ends_without_being_done_waives_its_clocks(deed: object) -> None:
    story = Story("09:00")
    by = REPORTER if deed is withdrawing.cancel else None
    story.do("09:05", deed, "mistake", **({"by": by} if by else {}))  # type: ignore[arg-type]
    assert story.clock("arrival", "09:30").state == "waived"
    assert next_moment(story.ticket, story.rules, at("09:30")) is None


minutes = st.integers(1, 300)


@given(st.lists(st.tuples(minutes, st.sampled_from(["wait", "pause", "resume", "complex", "resolve"])), max_size=12))
def test_whatever_happens_the_fold_is_the_same_every_time_and_nothing_fires_twice(
    happenings: list[tuple[int, str]],
) -> None:
    story = Story("09:00", rules(OFFICE)).on_site("09:05", "ordinary")
    now = at("09:05")
    for gap, what in happenings:
        now += timedelta(minutes=gap)
        text = now.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M")
        if what == "resolve" and story.ticket.state == "on_site":
            story.do(text, actions.resolve, None)
        elif what == "complex" and story.ticket.severity == "ordinary" and story.ticket.state == "on_site":
            story.do(text, planning.reclassify, "complex", None, False)
        elif what in ("pause", "resume") and story.ticket.state == "on_site":
            getattr(story, what)(text)
        else:
            story.wait(text)
        assert story.rules.clocks(story.ticket, now) == story.rules.clocks(story.ticket, now)
    keys = [(s.detail["clock"], s.detail["round"], s.detail["threshold"]) for s, _ in story.steps
            if s.kind in ("warned", "breached", "met")]  # fmt: skip
    assert len(keys) == len(set(keys))
    assert set(keys) == fired(story.ticket)
    lifted = [level for level, _ in story.lifts()]
    assert lifted == ["community", "street", "district"][: len(lifted)]


@given(st.integers(0, 1200), st.sets(st.integers(1, 1500)))
def test_thresholds_fire_once_however_often_the_ticket_is_settled(arrived: int, looks: set[int]) -> None:
    story = Story("09:00")
    start = at("09:00")
    for second in sorted(looks):
        story.course.now = start + timedelta(seconds=second)
        story.wait((start + timedelta(seconds=second)).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M:%S"))
    last = max(looks, default=0)
    expected = [t for t, second in ((50, 300), (80, 480)) if last >= second] + ([100] if last > 600 else [])
    assert [threshold for name, threshold, _ in story.marks() if name == "arrival"] == expected
