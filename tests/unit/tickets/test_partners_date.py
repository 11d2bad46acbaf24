"""The date that a partner's system has promised (来源系统时限, `external_due_at`) is a clock like any other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.tickets.domain import actions, planning
from services.tickets.domain.explain import counted_seconds
from services.tickets.domain.policy import Policy, Rung
from services.tickets.domain.settle import is_late, next_moment
from services.tickets.policies import shipped_policies
from tests.unit.tickets.filing import filed
from tests.unit.tickets.shelf import county, house
from tests.unit.tickets.stories import OFFICE, REPORTER, REQUEST, Story, at, rules

ONLY_THEIRS: Policy = replace(REQUEST, clocks=tuple(rule for rule in REQUEST.clocks if rule.until_external))
"""Without our own promises the ladder is climbed for the partner's date alone."""


def handed_over(filed_at: str, partners_date: str, **more: Any) -> Story:
    return Story(filed_at, rules(policy=ONLY_THEIRS), partners_date=partners_date, **more)


def test_it_counts_from_filing_until_that_instant_on_the_wall_clock() -> None:
    clock = Story("20:00", rules(OFFICE), partners_date="03-07 03:00").clock("external", "03-04 20:00")
    assert (clock.state, clock.started_at, clock.due_at) == ("running", at("20:00"), at("03-07 03:00"))
    assert counted_seconds(clock, at("03-04 20:00")) == 2 * 86400, "nights count: it is their clock, not the station's"


def test_without_a_date_there_is_no_such_clock() -> None:
    assert not Story("09:00").has_clock("external", "09:00")


def test_solved_at_the_very_second_it_is_kept_and_a_second_later_it_is_not() -> None:
    kept = handed_over("09:00", "12:00").on_site("09:05", "special").do("12:00", actions.resolve, None)
    assert kept.clock("external", "13:00").state == "met"
    late = handed_over("09:00", "12:00").on_site("09:05", "special").do("12:00:01", actions.resolve, None)
    clock = late.clock("external", "13:00")
    assert (clock.state, clock.breached_at, clock.finished_at) == ("breached", at("12:00"), at("12:00:01"))


def test_it_warns_at_half_and_four_fifths_and_breaches_once_each_dated_right() -> None:
    story = handed_over("09:00", "19:00").wait("20:00").wait("20:01").wait("03-05 09:00")
    assert story.marks()[:3] == [
        ("external", 50, at("14:00")), ("external", 80, at("17:00")), ("external", 100, at("19:00")),
    ]  # fmt: skip
    assert [name for name, _, _ in story.marks("breached")].count("external") == 1


def test_its_breach_lifts_the_ticket_and_the_next_level_has_its_own_time() -> None:
    story = handed_over("09:00", "12:00").wait("12:00")
    assert story.lifts() == []
    story.wait("12:00:01")
    assert story.lifts() == [("community", at("12:00:01"))]
    assert story.clock("community", "12:00:01").due_at == at("12:30:01")


def test_the_timer_wakes_for_each_of_its_moments() -> None:
    story = handed_over("09:00", "19:00")
    for moment in ("14:00", "17:00", "19:00:01"):
        assert next_moment(story.ticket, story.rules, story.course.now) == at(moment)
        story.wait(moment)


def test_a_date_that_had_passed_at_filing_is_late_at_once_but_alarms_and_lifts_nobody() -> None:
    """To refuse it would lose the matter; but nobody of ours has held it, and late entries raise no alarms either."""
    story = handed_over("09:00", "03-01 09:00")
    assert is_late(story.ticket)
    story.wait("03-03 09:00")
    assert story.marks() == [("external", 100, at("03-01 09:00"))], "no warning of what is over"
    assert [s.detail["replayed_late"] for s, _ in story.steps if s.kind == "breached"] == [True]
    assert story.lifts() == []
    story.on_site("03-03 10:00", "special").do("03-03 11:00", actions.resolve, None)
    assert story.clock("external", "03-03 12:00").state == "breached"


def test_a_date_at_the_instant_of_filing_is_kept_only_in_that_second() -> None:
    story = handed_over("09:00", "09:00")
    assert story.marks() == []
    story.wait("09:00:01")
    assert story.marks() == [("external", 100, at("09:00"))]


def test_what_is_entered_late_alarms_nobody_of_a_date_that_passed_meanwhile() -> None:
    story = handed_over("03-01 09:00", "03-01 20:00", recorded="03-02 09:00")
    assert story.marks("passed", "breached") == [
        ("external", 50, at("03-01 14:30")), ("external", 80, at("03-01 17:48")), ("external", 100, at("03-01 20:00")),
    ]  # fmt: skip
    assert story.lifts() == []


def test_a_pause_of_ours_does_not_move_their_date() -> None:
    story = handed_over("09:00", "19:00").on_site("09:05", "special").pause("10:00")
    assert story.clock("external", "11:00").state == "running"
    story.wait("18:00").resume("18:30").wait("19:00:01")
    assert [(t, moment) for name, t, moment in story.marks() if name == "external"] == [
        (50, at("14:00")), (80, at("17:00")), (100, at("19:00")),
    ]  # fmt: skip


def test_neither_severity_nor_plan_changes_what_the_partner_promised() -> None:
    story = handed_over("09:00", "19:00").on_site("09:05", "ordinary")
    story.do("09:10", planning.reclassify, "major", None, False).do("09:20", planning.plan, at("03-09 09:00"), None)
    clock = story.clock("external", "09:30")
    assert (clock.opened_at, clock.due_at) == (at("09:00"), at("19:00"))


def test_reopened_before_the_date_it_is_promised_again() -> None:
    story = handed_over("09:00", "19:00").on_site("09:05", "special").do("10:00", actions.resolve, None)
    story.do("11:00", actions.reopen, story.rules, None, None, by=REPORTER)
    assert story.clock("external", "11:00").state == "met"
    again = story.clock("external", "11:00", number=2)
    assert (again.state, again.started_at, again.due_at) == ("running", at("11:00"), at("19:00"))


@pytest.mark.parametrize("reopened", ["19:00", "20:00"])
def test_reopened_when_the_date_is_over_it_is_not_judged_a_second_time(reopened: str) -> None:
    story = handed_over("09:00", "19:00").on_site("09:05", "special").do("10:00", actions.resolve, None)
    story.do(reopened, actions.reopen, story.rules, None, None, by=REPORTER).wait("03-03 20:00")
    assert [
        clock.round for clock in story.rules.clocks(story.ticket, at("03-03 20:00")) if clock.name == "external"
    ] == [1]
    assert not is_late(story.ticket)


def test_what_is_rejected_waives_it() -> None:
    story = handed_over("09:00", "19:00").do("10:00", actions.reject, "not ours")
    assert story.clock("external", "20:00").state == "waived"


def test_the_version_before_keeps_the_date_and_promises_nothing() -> None:
    """Tickets that were filed under version 1 are judged by it for good."""
    before = shipped_policies()["request-1341/1"]
    story = Story("09:00", rules(policy=before), partners_date="19:00")
    assert not story.has_clock("external", "20:00")
    assert story.ticket.external_due_at == at("19:00")


def test_the_two_versions_differ_in_this_clock_alone() -> None:
    one, two = (shipped_policies()[f"request-1341/{version}"] for version in (1, 2))
    assert replace(two, version=1, clocks=two.clocks[:-1]) == one
    assert two.clocks[-1].until_external


def test_it_is_cut_to_the_second_in_which_all_clocks_count() -> None:
    date = at("12:00") + timedelta(milliseconds=900)
    assert filed(county(), house(), external_due_at=date).ticket.history[0].detail["external_due_at"] == at("12:00")


def test_the_ladder_still_climbs_to_the_top_for_it() -> None:
    fast = replace(ONLY_THEIRS, rungs={
        level: Rung(level, 60, rung.counting) for level, rung in ONLY_THEIRS.rungs.items()
    })  # fmt: skip
    story = Story("09:00", rules(policy=fast), partners_date="12:00")
    for moment in ("12:00:01", "12:01:02", "12:02:03"):
        story.wait(moment)
    assert [level for level, _ in story.lifts()] == ["community", "street", "district"]
