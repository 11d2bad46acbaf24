"""The ladder: a level's first breach lifts the ticket once, up to the district and no further."""

import pytest

from services.tickets.domain import actions, pausing, planning
from services.tickets.domain.refused import Refused
from services.tickets.domain.responsibility import by_hands, by_levels
from services.tickets.domain.settle import next_moment
from services.tickets.domain.transitions import Actor
from tests.unit.tickets.stories import OFFICE, REPORTER, WORKER, Story, at, rules
from tests.unit.tickets.stories import story as story_of


def test_an_unanswered_request_climbs_each_level_once_in_its_own_time() -> None:
    story = Story("09:00")
    for moment in (
        "09:10",
        "09:10:01",
        "09:40:01",
        "09:40:02",
        "13:40:02",
        "13:40:03",
        "03-03 13:40:04",
        "03-09 09:00",
    ):
        story.wait(moment)
    assert story.lifts() == [
        ("community", at("09:10:01")), ("street", at("09:40:02")), ("district", at("13:40:03")),
    ]  # fmt: skip
    assert (story.ticket.level, story.ticket.owner_id) == ("district", "owner-district")
    assert [name for name, _, _ in story.marks("breached")] == ["arrival", "community", "street", "district"]


def test_catching_up_after_downtime_cannot_race_up_the_ladder() -> None:
    story = Story("09:00").wait("03-05 15:00")
    assert story.lifts() == [("community", at("03-05 15:00"))]
    assert story.clock("community", "03-05 15:00").due_at == at("03-05 15:30"), "its time starts at firing"
    assert story.marks("breached") == [("arrival", 100, at("09:10"))], "but the breach is dated at its due time"


def test_warnings_that_fell_into_a_downtime_are_still_told_once_each_in_order() -> None:
    story = Story("09:00").wait("15:00").wait("15:01")
    assert story.marks() == [
        ("arrival", 50, at("09:05")), ("arrival", 80, at("09:08")), ("arrival", 100, at("09:10")),
    ]  # fmt: skip


def test_another_breach_does_not_lift_while_the_level_still_has_time() -> None:
    story = Story("09:00").on_site("09:05", "ordinary")
    story.do("09:15", lambda c, a: actions.escalate(c, a, story.rules, "needs a crane"))
    story.wait("09:31")
    assert story.marks("breached") == [("solution", 100, at("09:30"))]
    assert story.ticket.level == "community", "which has until 09:45"
    assert story.wait("09:45:01").ticket.level == "street"


def test_a_promise_broken_after_the_level_has_answered_lifts_again() -> None:
    story = Story("09:00").wait("09:11").on_site("09:15", "ordinary").wait("09:31")
    assert story.lifts() == [("community", at("09:11")), ("street", at("09:31"))]


def test_a_level_has_answered_when_the_ticket_moves_on() -> None:
    story = Story("09:00").wait("09:15").on_site("09:20", "complex").wait("12:00")
    assert story.clock("community", "12:00").state == "met"
    assert story.ticket.level == "community"


def test_at_the_top_a_breach_lifts_no_further() -> None:
    story = Story("09:00")
    for moment in ("09:11", "09:42", "13:43", "03-03 13:44", "03-20 09:00"):
        story.wait(moment)
    assert len(story.lifts()) == 3
    assert next_moment(story.ticket, story.rules, at("03-20 09:00")) is None


def test_lifted_at_closing_time_the_community_has_until_the_next_morning() -> None:
    story = Story("17:49", rules(OFFICE)).wait("17:59:01")
    assert story.clock("community", "17:59:01").due_at == at("03-03 08:59:01")


def test_a_vacant_post_owns_nothing_but_the_ticket_is_lifted_all_the_same() -> None:
    story = Story("09:00", rules(owner_of=lambda level, path, rated=(): None)).wait("09:11")
    assert (story.ticket.level, story.ticket.owner_id) == ("community", None)


def test_lifted_by_hand_and_handed_back_down() -> None:
    story = Story("09:00")
    story.do("09:01", lambda c, a: actions.escalate(c, a, story.rules, "needs a crane"))
    assert (story.ticket.level, story.steps[-1][0].detail["cause"]) == ("community", "manual")
    story.do("09:02", lambda c, a: actions.de_escalate(c, a, story.rules, "crane is there"))
    assert (story.ticket.level, story.clock("community", "09:02").state) == ("grid", "waived")


def test_only_the_level_that_has_it_or_one_above_hands_it_down() -> None:
    story = Story("09:00").wait("09:11").wait("09:42")
    community = Actor("x", frozenset({"community"}))
    with pytest.raises(Refused, match="not-allowed"):
        story.do("09:43", lambda c, a: actions.de_escalate(c, a, story.rules, "no"), by=community)
    assert story.ticket.level == "street"


def test_a_second_stay_at_a_level_is_a_clock_of_its_own_with_the_time_that_is_left() -> None:
    story = Story("09:00")
    story.do("09:04", lambda c, a: actions.escalate(c, a, story.rules, "nobody there"))
    story.do("09:05", lambda c, a: actions.de_escalate(c, a, story.rules, "on the way"))
    story.do("09:06", lambda c, a: actions.escalate(c, a, story.rules, "not on the way"))
    again = story.clock("community-2", "09:07")
    assert (again.used_before, again.promise.seconds, again.due_at) == (60, 29 * 60, at("09:35"))


def test_what_came_up_by_a_broken_promise_is_not_handed_down_to_where_none_is_left() -> None:
    """No clock would run any more: nobody would hear of it again."""
    story = Story("09:00").wait("09:11")
    with pytest.raises(Refused, match="level-used-up"):
        story.do("09:12", lambda c, a: actions.de_escalate(c, a, story.rules, "not ours"))
    assert story.ticket.level == "community"
    assert story.clock("community", "09:12").is_open


def test_beneath_a_level_nobody_lifts_it_on() -> None:
    story = Story("09:00").wait("09:11")
    with pytest.raises(Refused, match="beneath-its-level"):
        story.do(
            "09:13", lambda c, a: actions.escalate(c, a, story.rules, "up"), by=Actor("w", frozenset({"grid_head"}))
        )
    cadre = Actor("cadre", frozenset({"community"}))
    story.do("09:14", lambda c, a: actions.escalate(c, a, story.rules, "up"), by=cadre)
    assert story.ticket.level == "street"


def test_handing_it_down_and_lifting_it_again_gives_a_level_no_new_time() -> None:
    """However often: what its clock has used counts, as the pauses for one reason do."""
    story = Story("09:00").on_site("09:01", "complex")
    for minute in range(2, 26, 2):
        story.do(f"09:{minute:02}", lambda c, a: actions.escalate(c, a, story.rules, "up"))
        story.do(f"09:{minute + 1:02}", lambda c, a: actions.de_escalate(c, a, story.rules, "down"))
    story.do("09:30", lambda c, a: actions.escalate(c, a, story.rules, "up"))
    last = story.clock("community-13", "09:30")
    assert (last.used_before, last.due_at) == (12 * 60, at("09:48")), "thirty minutes altogether"
    assert story.wait("09:48:01").ticket.level == "street"


def test_only_time_that_counted_is_used_up() -> None:
    story = Story("11:50", rules(OFFICE)).on_site("11:51", "complex")
    for when, deed in (("11:55", actions.escalate), ("14:31", actions.de_escalate), ("14:40", actions.escalate)):
        story.do(when, lambda c, a, deed=deed: deed(c, a, story.rules, "as it goes"))
    assert story.clock("community-2", "14:40").used_before == 6 * 60, "the station was closed over noon"


def test_another_round_gives_every_level_its_time_again() -> None:
    story = Story("09:00").wait("09:11").do("09:20", actions.accept).do("09:20", actions.assign, WORKER)
    story.do("09:25", actions.arrive, "ordinary").do("09:26", actions.resolve, None)
    story.do("09:30", lambda c, a: actions.reopen(c, a, story.rules, None, None), by=REPORTER)
    story.do("09:31", lambda c, a: actions.escalate(c, a, story.rules, "up"))
    again = story.clock("community", "09:31", 2)
    assert (again.used_before, again.due_at) == (0, at("10:01"))


def test_a_level_that_has_used_up_its_time_does_not_get_it_back() -> None:
    story = Story("09:00").wait("09:11").wait("09:42")
    assert story.ticket.level == "street"
    with pytest.raises(Refused, match="level-used-up") as refused:
        story.do("09:43", lambda c, a: actions.de_escalate(c, a, story.rules, "yours again"))
    assert refused.value.params == {"level": "community"}


def test_the_top_that_has_used_up_its_time_is_late_at_once_and_not_promised_anew() -> None:
    story = Story("09:00")
    for _ in range(3):
        story.do("09:01", lambda c, a: actions.escalate(c, a, story.rules, "up"))
    story.wait("03-03 09:02").do("03-03 09:05", lambda c, a: actions.de_escalate(c, a, story.rules, "down"))
    story.do("03-03 09:06", lambda c, a: actions.escalate(c, a, story.rules, "up"))
    again = story.wait("03-03 09:06:01").clock("district-2", "03-03 09:06:01")
    assert (again.state, again.due_at) == ("breached", at("03-03 09:06"))


def test_the_ends_of_the_ladder_are_refused() -> None:
    story = Story("09:00")
    with pytest.raises(Refused, match="foot-of-ladder"):
        story.do("09:01", lambda c, a: actions.de_escalate(c, a, story.rules, "no"))
    for minute in (2, 3, 4):
        story.do(f"09:0{minute}", lambda c, a: actions.escalate(c, a, story.rules, "up"))
    with pytest.raises(Refused, match="top-of-ladder"):
        story.do("09:05", lambda c, a: actions.escalate(c, a, story.rules, "up"))


def test_what_is_entered_late_raises_no_alarm_for_what_had_passed() -> None:
    story = Story("09:00", recorded="11:00")
    assert story.marks("warned") == []
    assert story.lifts() == []
    (breach,) = [step for step, _ in story.steps if step.kind == "breached"]
    assert (breach.detail["replayed_late"], breach.detail["reached_at"]) == (True, at("09:10"))
    story.wait("15:00")
    assert story.ticket.level == "grid"


def test_what_falls_due_after_a_late_entry_alarms_as_usual() -> None:
    story = Story("09:00", recorded="09:06").wait("09:11")
    assert [(name, threshold) for name, threshold, _ in story.marks()] == [("arrival", 80), ("arrival", 100)]
    assert story.ticket.level == "community"


def test_a_promise_kept_is_told_once() -> None:
    story = Story("09:00").on_site("09:04", "ordinary").do("09:10", actions.resolve, None).wait("09:40")
    assert story.marks("met") == [("arrival", 0, at("09:04")), ("solution", 0, at("09:10"))]


def test_silence_closes_after_seven_days_as_not_answered() -> None:
    story = Story("09:00").on_site("09:04", "ordinary").do("09:10", actions.resolve, None)
    assert next_moment(story.ticket, story.rules, at("09:10")) == at("03-09 09:10:01")
    assert story.wait("03-09 09:10").ticket.state == "resolved"
    story.wait("03-09 09:10:01")
    assert (story.ticket.state, story.steps[-1][0].detail["outcome"]) == ("closed", "unanswered")


def test_a_confirmed_ticket_is_struck_off_when_it_can_no_longer_be_reopened() -> None:
    story = Story("09:00").on_site("09:04", "ordinary").do("09:10", actions.resolve, None)
    story.do("03-04 09:00", actions.confirm, 5, by=REPORTER).wait("03-11 09:00:01")
    assert (story.ticket.state, story.steps[-1][0].detail["outcome"]) == ("closed", "confirmed")


def test_nobody_rates_what_they_solved() -> None:
    story = Story("09:00").on_site("09:04", "ordinary").do("09:10", actions.resolve, None)
    with pytest.raises(Refused, match="own-work"):
        story.do("09:11", actions.confirm, 5, by=Actor(WORKER, frozenset({"reporter", "assignee"})))


def test_nobody_rates_what_somebody_else_recorded_as_solved_by_them() -> None:
    head = Actor("head", frozenset({"station_head"}))
    story = Story("09:00").on_site("09:04", "ordinary").do("09:10", actions.resolve, None, by=head)
    assert (story.ticket.solver_id, story.ticket.resolved_by) == (WORKER, "head")
    for person in (WORKER, "head"):
        with pytest.raises(Refused, match="own-work"):
            story.do("09:11", actions.confirm, 5, by=Actor(person, frozenset({"reporter"})))


def test_reopening_is_possible_within_its_window_only() -> None:
    story = Story("09:00").on_site("09:04", "ordinary").do("09:10", actions.resolve, None)
    with pytest.raises(Refused, match="transition-not-allowed"):
        story.do("03-20 09:00", lambda c, a: actions.reopen(c, a, story.rules, None, None), by=REPORTER)


def test_lowering_a_severity_needs_the_station_head_and_a_reason() -> None:
    story = Story("09:00").on_site("09:04", "complex")
    worker = Actor(WORKER, frozenset({"grid_worker", "assignee"}))
    head = Actor("head", frozenset({"station_head"}))
    with pytest.raises(Refused, match="lowering-needs-station-head"):
        story.do("09:05", planning.reclassify, "ordinary", "easy", True, by=worker)
    with pytest.raises(Refused, match="reason-required"):
        story.do("09:05", planning.reclassify, "ordinary", None, False, by=head)
    assert story.do("09:05", planning.reclassify, "ordinary", "easy", True, by=head).ticket.severity == "ordinary"


def test_who_drops_a_plan_with_the_severity_is_the_community_and_it_counts_as_a_moved_plan() -> None:
    """Lowered and raised again it would have any date anew, and nobody would see that one was promised before."""
    story = Story("09:00").on_site("09:04", "special")
    story.do("09:05", planning.plan, at("03-10 09:00"), None)
    head, cadre = Actor("head", frozenset({"station_head"})), Actor("cadre", frozenset({"community"}))
    with pytest.raises(Refused, match="dropping-needs-community"):
        story.do("09:06", planning.reclassify, "ordinary", "easy", True, by=head)
    assert story.do("09:06", planning.reclassify, "major", None, False, by=head).ticket.planned_for == at("03-10 09:00")
    dropped = story.do("09:07", planning.reclassify, "ordinary", "easy", True, by=cadre).ticket
    assert (dropped.planned_for, dropped.plan_moves) == (None, 1)


def test_a_level_is_told_of_what_waits_and_its_own_time_runs() -> None:
    """Who lets a matter wait does not stop the level that is told of it; the level itself may."""
    told = story_of("order", promised_for="10:00", service="small_repairs").do("09:02", actions.accept)
    told.do("09:03", actions.assign, WORKER).do("09:04", pausing.pause, told.rules.policy, "resident_away", None)
    told.wait("10:01")
    assert (told.ticket.level, told.ticket.waiting_for) == ("community", "resident_away")
    assert told.clock("community", "10:05").state == "running"
    told.do("10:06", pausing.resume).do("10:07", pausing.pause, told.rules.policy, "resident_away", None)
    assert told.clock("community", "10:08").state == "paused"


def test_a_level_whose_whole_time_fell_into_a_downtime_is_warned_and_breached_like_any_other() -> None:
    """A breach that is fired late is judged as of its own date, when the level above still had time."""
    story = Story("09:00").do("09:00", lambda c, a: actions.escalate(c, a, rules(), "needs a crane"))
    story.wait("15:00")
    assert [(name, per_cent) for name, per_cent, _ in story.marks()] == [
        ("arrival", 50), ("arrival", 80), ("arrival", 100), ("community", 50), ("community", 80), ("community", 100),
    ]  # fmt: skip
    assert story.lifts() == [("community", at("09:00")), ("street", at("15:00"))]


def test_the_responsibility_clock_keeps_the_time_that_each_level_and_each_hand_had_it() -> None:
    story = Story("09:00", urgent=True).wait("09:12").do("09:20", actions.accept).do("09:21", actions.assign, WORKER)
    story.do("09:25", actions.arrive, "ordinary").do("09:28", actions.resolve, None)
    story.do("10:00", actions.reopen, story.rules, None, None, by=REPORTER)
    levels = [(held.by, held.seconds(at("10:05"))) for held in by_levels(story.ticket)]
    assert levels == [("grid", 720), ("community", 960), ("grid", 300)], "the lift comes when the clock is looked at"
    assert [(held.by, held.seconds(at("10:05"))) for held in by_hands(story.ticket)] == [(WORKER, 7 * 60)]
