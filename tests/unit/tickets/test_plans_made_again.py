"""A plan is dropped when the matter is no longer grave; grave again, a plan and its date are promised anew."""

from dataclasses import replace

import pytest

from services.tickets.api.answers import clocks_answer
from services.tickets.domain import actions, planning
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import next_moment
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import ACCOUNT, REPORTER, Actor
from tests.unit.tickets.stories import EVERYBODY, OFFICE, RESIDENT, WORKER, Story, at, rules

OFFICER, COLLEAGUE = (Actor(name, frozenset({"community"})) for name in ("officer", "colleague"))
PROGRAM = Actor("program", frozenset({"community"}), is_program=True, answerable="administrator")


def dropped(date: str = "03-06 18:00", when: str = "10:20", story: Story | None = None) -> Story:
    """Special, planned at 10:00, and made a complex one."""
    story = (story or Story("09:00")).on_site("09:05", "special").do("10:00", planning.plan, at(date), None)
    return story.do(when, planning.reclassify, "complex", "sealed", True)


def reopened(course: Course, _: Actor) -> None:
    actions.reopen(course, Actor(RESIDENT, REPORTER, RESIDENT, ACCOUNT), rules(), None, None)


def grave_again(when: str = "10:40") -> Story:
    return dropped().do(when, planning.reclassify, "major", None, False)


def test_grave_again_a_plan_is_promised_within_a_day_of_that_step() -> None:
    story = grave_again()
    clock = story.clock("plan-2", "10:40")
    assert (clock.state, clock.started_at, clock.due_at) == ("running", at("10:40"), at("03-03 10:40"))
    assert story.clock("plan", "10:40").state == "met", "the first was kept and stays so"
    assert next_moment(story.ticket, story.rules, at("10:40")) == at("22:40")


def test_it_warns_breaches_and_lifts_each_once() -> None:
    story = grave_again().wait("03-03 10:40").wait("03-03 10:40:01").wait("03-03 10:40:02")
    assert [(t, moment) for name, t, moment in story.marks() if name == "plan-2"] == [
        (50, at("22:40")), (80, at("03-03 05:52")), (100, at("03-03 10:40")),
    ]  # fmt: skip
    assert story.lifts() == [("community", at("03-03 10:40:01"))]


def test_its_day_begins_when_the_station_is_open() -> None:
    story = dropped("03-06 18:00", "17:30", Story("09:00", rules(OFFICE)))
    story.do("20:00", planning.reclassify, "special", None, False)
    assert story.clock("plan-2", "20:00").due_at == at("03-04 08:30")


def test_planned_again_in_time_it_is_kept_and_the_new_date_is_promised() -> None:
    story = grave_again().do("03-03 10:40", planning.plan, at("03-05 10:40"), None)
    assert story.clock("plan-2", "03-03 10:40").state == "met"
    assert story.clock("planned_date", "03-03 10:40").state == "waived"
    clock = story.clock("planned_date-2", "03-03 10:40")
    assert (clock.state, clock.started_at, clock.due_at) == ("running", at("03-03 10:40"), at("03-05 10:40"))
    story.wait("03-05 10:41")
    assert [(t, moment) for name, t, moment in story.marks() if name == "planned_date-2"] == [
        (50, at("03-04 10:40")), (80, at("03-05 01:04")), (100, at("03-05 10:40")),
    ]  # fmt: skip


def test_a_first_date_that_was_broken_stays_so_and_the_second_is_judged_on_its_own() -> None:
    story = dropped("10:10").do("10:40", planning.reclassify, "major", None, False)
    story.do("10:50", planning.plan, at("03-04 10:50"), None, by=COLLEAGUE).do("03-04 10:50", actions.resolve, None)
    first = story.clock("planned_date", "03-05 09:00")
    assert (first.state, first.breached_at) == ("breached", at("10:10"))
    assert story.clock("planned_date-2", "03-05 09:00").state == "met"


def test_dropped_without_becoming_grave_again_no_plan_is_promised() -> None:
    story = dropped()
    assert not story.has_clock("plan-2", "03-05 10:00")
    assert story.clock("solution", "10:20").due_at == at("13:00")


def test_dropped_a_second_time_it_is_promised_a_third_time() -> None:
    story = grave_again().do("11:00", planning.plan, at("03-05 10:40"), None)
    story.do("11:20", planning.reclassify, "ordinary", "sealed", True)
    story.do("11:40", planning.reclassify, "special", None, False)
    assert story.clock("plan-3", "11:40").due_at == at("03-03 11:40")


@pytest.mark.parametrize(("locale", "words"), [("zh-CN", "形成方案:计时中"), ("en", "plan: running")])
def test_it_is_explained_in_the_words_of_the_first(locale: str, words: str) -> None:
    story = grave_again()
    answer = clocks_answer(story.rules, story.ticket, EVERYBODY, at("10:40"), locale)
    assert next(c for c in answer["clocks"] if c["name"] == "plan-2")["text"].startswith(words)


def test_a_pause_of_ours_does_not_move_a_planned_date() -> None:
    story = Story("09:00").on_site("09:05", "special").do("10:00", planning.plan, at("20:00"), None).pause("11:00")
    assert [mark for mark in story.marks() if mark[0] == "planned_date"] == [], "it fires nothing by itself"
    assert (story.clock("planned_date", "12:00").state, story.clock("planned_date", "12:00").due_at) == (
        "running", at("20:00"),
    )  # fmt: skip
    story.wait("17:00").resume("18:30").wait("20:00:01")
    assert [(t, moment) for name, t, moment in story.marks() if name == "planned_date"] == [
        (50, at("15:00")), (80, at("18:00")), (100, at("20:00")),
    ]  # fmt: skip


def in_the_hands_of_the_office(severity: str = "special") -> Story:
    """An officer of the community has come himself."""
    story = Story("09:00").do("09:01", actions.accept).do("09:01", actions.assign, "officer", by=OFFICER)
    return story.do("09:05", actions.arrive, severity, by=Actor("officer", frozenset({"community", "assignee"})))


@pytest.mark.parametrize("passed_on", [False, True])
def test_an_officer_puts_off_for_years_nothing_that_he_had_in_hand_himself(passed_on: bool) -> None:
    """He called it special, and thirty minutes became three years, moved once more."""
    story = in_the_hands_of_the_office()
    if passed_on:
        story.do("11:00", actions.assign, WORKER, by=OFFICER)
    with pytest.raises(Refused, match="plan-needs-another") as refused:
        story.do("11:01", planning.plan, at("04-01 11:01:01"), None, by=OFFICER)
    assert refused.value.params == {"days": 30}
    story.do("11:01", planning.plan, at("04-01 11:01"), None, by=OFFICER)
    with pytest.raises(Refused, match="plan-needs-another"):
        story.do("12:00", planning.move_plan, at("04-02 09:00"), "rain", by=OFFICER)
    story.do("12:00", planning.move_plan, at("03-20 09:00"), "sooner", by=OFFICER)
    story.do("12:01", planning.move_plan, at("2027-03-01 09:00"), "rain", by=COLLEAGUE)
    assert story.ticket.planned_for == at("2027-03-01 09:00")


def test_nor_does_his_program_and_who_was_named_alone_did_not_have_it() -> None:
    program = Actor("program", frozenset({"community"}), is_program=True, answerable="officer")
    with pytest.raises(Refused, match="only-people"):
        in_the_hands_of_the_office().do("11:00", planning.plan, at("06-01 09:00"), None, by=program)
    named = Story("09:00").on_site("09:05", "special").do("09:10", actions.assign, "officer")
    named.do("09:20", actions.assign, WORKER)
    named.do("09:30", planning.plan, at("06-01 09:00"), None, by=OFFICER)


def test_nor_by_dropping_his_plan_and_planning_anew() -> None:
    """He lowered it, raised it and planned it ten days later, again and again: no date ever came."""
    story = in_the_hands_of_the_office().do("10:00", planning.plan, at("03-04 09:00"), None, by=OFFICER)
    for hour in (11, 13, 15):
        story.do(f"{hour}:00", planning.reclassify, "complex", "x", True, by=OFFICER)
        story.do(f"{hour}:10", planning.reclassify, "major", None, False, by=OFFICER)
        with pytest.raises(Refused, match="plan-needs-another"):
            story.do(f"{hour}:11", planning.plan, at("03-04 09:01"), None, by=OFFICER)
        story.do(f"{hour}:20", planning.plan, at("03-04 09:00"), None, by=OFFICER)
    assert story.ticket.planned_for == at("03-04 09:00")


def test_who_had_it_in_hand_before_it_was_reopened_puts_it_off_no_more_than_now() -> None:
    story = in_the_hands_of_the_office().do("10:00", actions.resolve, None)
    story.do("11:00", reopened)
    story.do("11:01", actions.assign, WORKER, by=COLLEAGUE)
    story.do("11:05", actions.arrive, "special", by=Actor(WORKER, frozenset({"grid_worker", "assignee"})))
    with pytest.raises(Refused, match="plan-needs-another"):
        story.do("11:10", planning.plan, at("06-01 09:00"), None, by=OFFICER)


def test_a_new_round_promises_a_date_of_its_own() -> None:
    story = Story("09:00").on_site("09:05", "special").do("10:00", planning.plan, at("03-03 09:00"), None)
    story.do("10:30", actions.resolve, None)
    story.do("11:00", reopened)
    story.do("11:01", actions.assign, WORKER).do("11:05", actions.arrive, "special")
    story.do("11:10", planning.plan, at("03-20 09:00"), None)
    assert story.ticket.planned_for == at("03-20 09:00")


@pytest.mark.parametrize("raised", [True, False])
def test_who_made_it_so_grave_does_not_plan_it_far_ahead(raised: bool) -> None:
    """Alone he would have put off for years what had half an hour."""
    story = Story("09:00").on_site("09:05", "ordinary" if raised else "special")
    if raised:
        story.do("09:10", planning.reclassify, "special", None, False, by=OFFICER)
        with pytest.raises(Refused, match="plan-needs-another"):
            story.do("09:11", planning.plan, at("06-01 09:00"), None, by=OFFICER)
        story.do("09:11", planning.plan, at("06-01 09:00"), None, by=COLLEAGUE)
    else:
        story.do("09:11", planning.plan, at("06-01 09:00"), None, by=OFFICER)
    assert story.ticket.planned_for == at("06-01 09:00")


@pytest.mark.parametrize("moved", [True, False])
@pytest.mark.parametrize("way", ["himself", "his program", "another program"])
def test_who_put_it_far_off_does_not_take_it_in_hand_afterwards(moved: bool, way: str) -> None:
    story = Story("09:00").on_site("09:05", "special")
    planner = Actor("third", frozenset({"community"})) if moved else OFFICER
    story.do("09:11", planning.plan, at("03-20 09:00" if moved else "06-01 09:00"), None, by=planner)
    if moved:
        story.do("09:12", planning.move_plan, at("03-21 09:00"), "rain", by=OFFICER)
    who = {"himself": OFFICER, "his program": replace(PROGRAM, answerable="officer"), "another program": PROGRAM}[way]
    with pytest.raises(Refused, match="assign-needs-another"):
        story.do("09:13", actions.assign, "officer", by=who)
    story.do("09:13", actions.assign, "officer", by=COLLEAGUE)


def test_a_program_calls_nothing_so_grave_that_it_is_planned() -> None:
    story = Story("09:00").on_site("09:05", "ordinary")
    story.do("09:10", planning.reclassify, "complex", None, False, by=PROGRAM)
    with pytest.raises(Refused, match="only-people"):
        story.do("09:11", planning.reclassify, "special", None, False, by=PROGRAM)
    story.do("09:11", planning.reclassify, "special", None, False, by=COLLEAGUE)
    with pytest.raises(Refused, match="only-people"):
        story.do("09:12", planning.reclassify, "major", None, False, by=PROGRAM)


def test_who_planned_it_soon_does_not_move_it_far_alone() -> None:
    """The level's time counted as kept by a plan for the same day, and a moment later the date was three years away."""
    story = Story("09:00").on_site("09:05", "special")
    story.do("09:20", lambda c, a: actions.escalate(c, a, story.rules, "up"))
    story.do("09:21", planning.plan, at("18:00"), None, by=OFFICER)
    with pytest.raises(Refused, match="plan-needs-another"):
        story.do("09:22", planning.move_plan, at("18:01"), "x", by=OFFICER)
    story.do("09:22", planning.move_plan, at("17:00"), "x", by=OFFICER)
    story.do("09:23", planning.move_plan, at("03-20 09:00"), "x", by=COLLEAGUE)
    with pytest.raises(Refused, match="plan-needs-another"):
        story.do("09:24", planning.move_plan, at("06-01 09:00"), "x", by=COLLEAGUE)


def test_who_planned_it_soon_takes_it_in_hand() -> None:
    story = Story("09:00").on_site("09:05", "special")
    story.do("09:11", planning.plan, at("04-01 09:11"), None, by=OFFICER).do(
        "09:12", actions.assign, "officer", by=OFFICER
    )
    assert story.ticket.assignee_id == "officer"


@pytest.mark.parametrize(("date", "state"), [("04-01 09:21", "met"), ("04-01 09:22", "waived")])
def test_a_levels_time_is_over_by_a_plan_far_ahead_and_does_not_count_as_kept(date: str, state: str) -> None:
    story = Story("09:00").on_site("09:05", "special")
    story.do("09:20", lambda c, a: actions.escalate(c, a, story.rules, "up"))
    story.do("09:21", planning.plan, at(date), None, by=OFFICER)
    assert story.clock("community", "09:22").state == state
    assert [name for name, _, _ in story.marks("met")].count("community") == (state == "met")
    story.wait("12:00")
    assert story.lifts() == [("community", at("09:20"))]


def test_a_worker_plans_no_later_than_what_an_office_dropped() -> None:
    worker = Actor(WORKER, frozenset({"grid_worker", "assignee"}))
    story = grave_again()
    with pytest.raises(Refused, match="plan-needs-office"):
        story.do("11:00", planning.plan, at("03-06 18:01"), None, by=worker)
    story.do("11:00", planning.plan, at("03-06 18:00"), None, by=worker)


def test_a_program_of_the_office_is_nobody_else() -> None:
    """It may be his who had it in hand, whoever answers for its key."""
    story = in_the_hands_of_the_office()
    with pytest.raises(Refused, match="only-people"):
        story.do("11:00", planning.plan, at("06-01 09:00"), None, by=PROGRAM)
    with pytest.raises(Refused, match="only-people"):
        story.do("11:00", planning.plan, at("03-20 09:00"), None, by=PROGRAM)
    story.do("11:00", planning.plan, at("03-20 09:00"), None, by=COLLEAGUE)
    with pytest.raises(Refused, match="only-people"):
        story.do("11:01", planning.move_plan, at("03-21 09:00"), "x", by=PROGRAM)
    with pytest.raises(Refused, match="only-people"):
        story.do("11:01", planning.move_plan, at("03-19 09:00"), "x", by=PROGRAM)


def test_who_has_it_in_hand_plans_a_month_ahead_and_an_office_further() -> None:
    """Else anybody could put off for a year what he has to do, and nothing would ever be late."""
    story, worker = Story("09:00").on_site("09:05", "special"), Actor(WORKER, frozenset({"grid_worker", "assignee"}))
    with pytest.raises(Refused, match="plan-needs-office") as refused:
        story.do("10:00", planning.plan, at("04-01 10:00:01"), None, by=worker)
    assert refused.value.params == {"days": 30}
    story.do("10:00", planning.plan, at("2027-03-01 10:00"), None, by=Actor("cadre", frozenset({"community"})))
    again = Story("09:00").on_site("09:05", "special").do("10:00", planning.plan, at("04-01 10:00"), None, by=worker)
    assert again.ticket.planned_for == at("04-01 10:00")
