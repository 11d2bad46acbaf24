"""The eleven kinds: one lifecycle, and what each kind's policy makes of it."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from services.contracts.tickets import STATES
from services.tickets.domain import actions, kinds, merging, pausing, planning, transferring
from services.tickets.domain.calendars import CalendarUnknown
from services.tickets.domain.explain import segments
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import next_moment
from services.tickets.domain.ticket import Placing
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.domain.waiting import pauses
from services.tickets.policies import shipped_policies
from services.tickets.workdays import published_years
from tests.unit.tickets.stories import (
    EVERYBODY,
    OFFICE,
    PLACING,
    REPORTER,
    RESIDENT,
    SHANGHAI,
    WORKER,
    Story,
    at,
    rules,
    story,
)

KINDS = ("request", "order", "wish", "errand", "hazard", "dispute", "topic", "joint", "visit", "loan", "project")


def written(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def refused(slug: str, deed: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as error:
        deed()
    assert error.value.slug == slug
    return error.value


def test_there_is_a_policy_for_each_kind_of_the_domain() -> None:
    assert {policy.kind for policy in shipped_policies().values()} == {*KINDS, "callback"}


def test_an_order_is_dispatched_in_two_station_hours_and_taken_within_one_of_each_offer() -> None:
    told = story("order", "11:00", service="legal_advice", promised_for="03-04 10:00")
    assert told.clock("dispatch", "11:00").due_at == at("15:30"), "at noon the station shuts until half past two"
    told.do("11:30", actions.accept).do("11:40", actions.offer, "offer-1", ("law",))
    assert told.clock("dispatch", "11:40").state == "met"
    assert told.clock("taken", "11:40").due_at == at("15:10")
    told.wait("15:11")
    assert told.clock("taken", "15:11").state == "breached"
    assert told.lifts() == [("community", at("15:11"))]
    told.do("15:20", actions.assign, WORKER).do("15:30", actions.offer, "offer-2", ("law",))
    assert told.clock("taken-2", "15:30").due_at == at("16:30"), "a second offer has a time of its own"
    assert told.clock("appointment", "15:30").due_at == at("03-04 10:00")


def test_what_is_not_done_on_site_can_be_solved_without_and_a_request_cannot() -> None:
    wish = story("wish").do("09:05", actions.accept).do("09:10", actions.assign, WORKER)
    wish.do("10:00", actions.resolve, None)
    assert wish.ticket.state == "resolved"
    request = story("request").do("09:05", actions.accept).do("09:06", actions.assign, WORKER)
    error = refused("transition-not-allowed", lambda: request.do("09:07", actions.resolve, None))
    assert error.params["allowed_from"] == ["on_site", "planned"]


def test_a_wish_is_taken_up_in_three_working_days_over_a_weekend() -> None:
    told = story("wish", "03-05 09:00")  # a Thursday
    assert told.clock("taken", "03-05 09:00").due_at == at("03-10 09:00")


def test_an_errand_goes_paper_by_paper_a_working_day_each_and_ends_with_the_last() -> None:
    told = story("errand", service="senior_card")
    told.do("09:05", actions.accept).do("09:30", actions.assign, WORKER)
    assert told.clock("step", "09:30").due_at == at("03-03 09:30")
    error = refused("items-open", lambda: told.do("10:00", actions.resolve, None))
    assert error.params["items"] == ["id_card", "household_register"]
    told.do("10:00", kinds.tick, "id_card")
    assert told.clock("step", "10:00").state == "met"
    assert told.clock("step-2", "10:00").due_at == at("03-03 10:00")
    refused("item-done", lambda: told.do("10:01", kinds.tick, "id_card"))
    refused("no-such-item", lambda: told.do("10:01", kinds.tick, "passport"))
    told.do("03-03 10:30", kinds.tick, "household_register")
    assert told.clock("step-2", "03-03 10:30").state == "breached"
    told.do("03-03 11:00", actions.resolve, None)
    assert told.clock("step-3", "03-03 11:00").state == "met"


def test_a_hazard_is_looked_at_by_somebody_who_did_not_report_it_and_then_goes_as_a_request() -> None:
    told = story("hazard")
    assert told.rules.policy.life.asks == {"position", "photo"}
    assert told.clock("verification", "09:00").due_at == at("09:30")
    assert not told.has_clock("arrival", "09:00")
    error = refused("transition-not-allowed", lambda: told.do("09:05", actions.accept))
    assert error.params["allowed_from"] == []
    who_reported = Actor(RESIDENT, STAFF | {"reporter"})
    refused("own-report", lambda: told.do("09:06", kinds.verify, by=who_reported))
    who_wrote_it_down = Actor(told.ticket.history[0].by, STAFF)
    refused("own-report", lambda: told.do("09:06", kinds.verify, by=who_wrote_it_down))
    told.do("09:10", kinds.verify, by=Actor("another", STAFF))
    assert (told.ticket.state, told.ticket.verified_at) == ("accepted", at("09:10"))
    assert told.clock("arrival", "09:10").due_at == at("09:20")


def test_a_hazard_that_is_handed_on_is_looked_at_there() -> None:
    told = story("hazard")
    filer = Actor(told.ticket.history[0].by, frozenset({"station_head"}))
    there = replace(told.ticket.placing, grid_id="grid-2", area_path="/hequ/qingxi/qingyuan/grid-002/")
    told.do("09:05", transferring.transfer, told.rules, there, "the other side of the road", by=filer)
    assert (told.ticket.state, told.ticket.verified_at) == ("filed", None)
    assert told.clock("verification", "09:05").due_at == at("09:30")
    refused("own-report", lambda: told.do("09:06", kinds.verify, by=filer))
    told.do("09:10", kinds.verify, by=Actor("another", STAFF))
    told.do("09:11", transferring.transfer, told.rules, PLACING, "it is here after all", by=filer)
    assert (told.ticket.state, told.clock("arrival", "09:11").due_at) == ("accepted", at("09:20"))


def test_a_hazard_that_is_reopened_was_verified_and_is_promised_anew_what_comes_then() -> None:
    told = story("hazard").do("09:05", kinds.verify, by=Actor("another", STAFF))
    told.do("09:06", actions.assign, WORKER).do("09:07", actions.arrive, "ordinary").do("09:08", actions.resolve, None)
    told.do("09:10", actions.reopen, told.rules, None, None, by=REPORTER)
    assert told.ticket.state == "accepted"
    opened = {clock.name: clock.due_at for clock in told.rules.clocks(told.ticket, at("09:10")) if clock.round == 2}
    assert opened == {"arrival": at("09:20")}
    told.do("09:12", actions.assign, WORKER).do("09:13", actions.arrive, "ordinary")
    assert told.clock("solution", "09:13", 2).due_at == at("09:40")
    told.do("09:14", actions.resolve, None).wait("11:00")
    assert told.marks("breached") == []


def test_what_is_not_there_is_rejected_and_its_clock_waived() -> None:
    told = story("hazard").do("09:10", actions.reject, "sealed")
    assert told.clock("verification", "09:10").state == "waived"


def test_nobody_agreed_or_failed_to_without_having_met() -> None:
    told = story("dispute").do("09:05", actions.accept).do("09:06", actions.assign, WORKER)
    for outcome in ("reached", "failed"):
        refused("session-required", partial(told.do, "10:00", actions.resolve, None, outcome))
    told.do("10:00", actions.resolve, None, "referred")
    assert told.ticket.outcome == "referred"


def test_a_dispute_names_its_outcome() -> None:
    told = story("dispute").do("09:05", actions.accept).do("09:06", actions.assign, WORKER)
    told.do("10:00", kinds.hold_session, None)
    assert told.clock("first_session", "10:00").state == "met"
    assert refused("outcome-required", lambda: told.do("11:00", actions.resolve, None)).params["outcomes"] == [
        "reached", "failed", "referred",
    ]  # fmt: skip
    told.do("11:00", actions.resolve, None, "reached")
    assert told.ticket.outcome == "reached"
    refused("outcome-not-in-this-kind", lambda: story("wish").do("09:01", actions.accept).do(
        "09:02", actions.assign, WORKER).do("09:03", actions.resolve, None, "reached"))  # fmt: skip


@pytest.mark.parametrize("kind", ["joint", "visit", "loan", "project"])
def test_what_has_a_date_of_its_own_is_due_then_and_no_waiting_moves_it(kind: str) -> None:
    told = story(kind, promised_for="03-06 17:00")
    clock = "return" if kind == "loan" else "own_date"
    told.do("09:05", actions.accept).pause("09:10").resume("12:00")
    assert told.clock(clock, "12:00").due_at == at("03-06 17:00")
    told.wait("03-06 17:01")
    assert told.clock(clock, "03-06 17:01").state == "breached"


@pytest.mark.parametrize(
    ("kind", "deed", "details"),
    [("topic", actions.offer, ("o", ())), ("wish", kinds.verify, ()), ("wish", kinds.hold_session, (None,)),
     ("dispute", actions.arrive, (None,)), ("wish", planning.reclassify, ("complex", None, False)),
     ("loan", planning.plan, (at("03-09 10:00"), None))],
)  # fmt: skip
def test_a_step_that_a_kind_does_not_know_is_refused(kind: str, deed: Any, details: tuple[Any, ...]) -> None:
    told = story(kind)
    before = told.ticket
    assert refused("not-in-this-kind", lambda: told.do("09:01", deed, *details)).params["kind"] == kind
    assert told.course.ticket == before


def test_severities_are_said_where_there_are_any_and_only_there() -> None:
    order = story("order", service="training").do("09:01", actions.accept).do("09:02", actions.assign, WORKER)
    refused("severity-not-in-this-kind", lambda: order.do("09:03", actions.arrive, "complex"))
    order.do("09:03", actions.arrive, None)
    request = story("request").do("09:01", actions.accept).do("09:02", actions.assign, WORKER)
    refused("severity-required", lambda: request.do("09:03", actions.arrive, None))


class TestWaiting:
    def test_promised_times_stand_still_and_go_on(self) -> None:
        told = story("errand", service="bus_card_of_the_elderly")
        told.do("09:05", actions.accept).do("09:30", actions.assign, WORKER)
        told.do("10:30", pausing.pause, told.rules.policy, "papers_missing", None)
        assert (told.ticket.waiting_for, told.clock("step", "11:00").state) == ("papers_missing", "paused")
        told.do("03-04 10:30", pausing.resume)
        assert told.clock("step", "03-04 10:30").due_at == at("03-05 09:30")
        assert [span.note for span in segments(told.clock("step", "03-04 10:30"), at("03-04 10:30")) if span.note] == [
            "papers_missing"
        ]

    def test_by_who_has_it_in_hand_or_a_superior_and_at_a_level_that_level_or_above(self) -> None:
        """Whatever waits is promised at no time: a colleague of who is to do it, or who is beneath, stops no clock."""

        def pause(told: Story, person: str, *parts: str) -> Story:
            who = Actor(person, frozenset(parts))
            return told.do("10:30", pausing.pause, told.rules.policy, "papers_missing", None, by=who)

        def errand() -> Story:
            told = story("errand", service="bus_card_of_the_elderly")
            return told.do("09:05", actions.accept).do("09:30", actions.assign, WORKER)

        def lifted() -> Story:
            told = errand()
            return told.do("09:40", lambda c, a: actions.escalate(c, a, told.rules, "up"))

        refused("not-allowed", lambda: pause(errand(), "a-colleague", "grid_worker"))
        refused("beneath-its-level", lambda: pause(lifted(), "head", "grid_head", "station_head"))
        refused("beneath-its-level", lambda: pause(lifted(), WORKER, "grid_worker", "assignee"))
        for told in (
            pause(errand(), "head", "grid_head"), pause(errand(), WORKER, "grid_worker", "assignee"),
            pause(lifted(), "cadre", "community"), pause(lifted(), "cadre", "community", "assignee"),
        ):  # fmt: skip
            assert told.ticket.waiting_for == "papers_missing"

    def test_only_for_a_reason_that_the_policy_knows(self) -> None:
        told = story("errand", service="bus_card_of_the_elderly").do("09:05", actions.accept)
        error = refused(
            "pause-not-for-this", lambda: told.do("09:06", pausing.pause, told.rules.policy, "holiday", None)
        )
        assert error.params["reasons"] == ["office_closed", "papers_missing"]
        request = story("request").do("09:05", actions.accept)
        refused("pause-not-for-this", lambda: request.do("09:06", pausing.pause, request.rules.policy, "any", None))

    def test_it_ends_by_itself_when_its_reason_has_lasted_long_enough(self) -> None:
        told = story("errand", service="bus_card_of_the_elderly").do("09:05", actions.accept)
        told.do("09:30", actions.assign, WORKER).do("10:30", pausing.pause, told.rules.policy, "office_closed", None)
        assert next_moment(told.ticket, told.rules, at("10:30")) == at("03-09 10:30")
        told.wait("03-09 10:31")
        assert told.ticket.waiting_for is None
        assert [(step.kind, step.at) for step in told.ticket.history if step.kind == "resumed"] == [
            ("resumed", at("03-09 10:30"))
        ]
        assert told.clock("step", "03-09 10:31").due_at == at("03-10 09:30")

    def test_its_longest_time_is_that_of_all_pauses_for_a_reason_together(self) -> None:
        """Else a promise of March could be put off until July, pause after pause."""
        told = story("errand", service="bus_card_of_the_elderly").do("09:05", actions.accept)
        told.do("09:30", actions.assign, WORKER).do("10:00", pausing.pause, told.rules.policy, "office_closed", None)
        told.do("03-05 10:00", pausing.resume).do(
            "03-06 10:00", pausing.pause, told.rules.policy, "office_closed", None
        )
        assert next_moment(told.ticket, told.rules, at("03-06 10:00")) == at("03-10 10:00"), "3 of 7 days were used"
        told.wait("03-10 10:01")
        assert told.ticket.waiting_for is None
        error = refused(
            "pause-used-up", lambda: told.do("03-10 10:02", pausing.pause, told.rules.policy, "office_closed", None)
        )
        assert error.params == {"reason": "office_closed", "hours": 168}

    def test_each_reason_has_its_own_time_and_each_round_too(self) -> None:
        told = story("errand", service="bus_card_of_the_elderly").do("09:05", actions.accept)
        told.do("09:30", actions.assign, WORKER).do("10:00", pausing.pause, told.rules.policy, "office_closed", None)
        told.wait("03-09 10:01").do("03-09 11:00", pausing.pause, told.rules.policy, "papers_missing", None)
        told.do("03-09 12:00", pausing.resume)
        for item in list(told.ticket.items):
            told.do("03-09 12:01", kinds.tick, item)
        told.do("03-09 12:02", actions.resolve, None)
        told.do("03-09 12:03", actions.reopen, told.rules, None, None, by=REPORTER)
        told.do("03-09 12:05", pausing.pause, told.rules.policy, "office_closed", None)
        assert next_moment(told.ticket, told.rules, at("03-09 12:05")) == at("03-16 12:05")

    def test_however_often_it_is_taken_a_matter_waits_no_longer_than_it_may(self) -> None:
        told = story("errand", service="bus_card_of_the_elderly").do("09:05", actions.accept)
        told.do("09:30", actions.assign, WORKER)
        now = at("10:00")
        for _ in range(40):
            with contextlib.suppress(Refused):
                told.do(written(now), pausing.pause, told.rules.policy, "office_closed", None)
            now += timedelta(days=1)
            told.wait(written(now))
            with contextlib.suppress(Refused):
                told.do(written(now), pausing.resume)
        lasted = [pause.end - pause.start for pause in pauses(told.ticket.history) if pause.end is not None]
        assert sum(lasted, timedelta()) == timedelta(days=7)

    def test_meanwhile_nobody_goes_on_with_it_but_it_can_be_solved_and_taken_back(self) -> None:
        told = story("order", service="training").do("09:01", actions.accept).do("09:02", actions.assign, WORKER)
        told.do("09:03", pausing.pause, told.rules.policy, "resident_away", None)
        refused("ticket-waits", lambda: told.do("09:04", actions.arrive, None))
        refused("ticket-waits", lambda: told.do("09:04", pausing.pause, told.rules.policy, "resident_away", None))
        told.do("09:05", actions.resolve, None)
        assert (told.ticket.state, told.ticket.waiting_for) == ("resolved", None)

    def test_what_does_not_wait_is_not_resumed(self) -> None:
        refused("ticket-waits-not", lambda: story("wish").do("09:01", pausing.resume))

    @pytest.mark.parametrize("state", STATES)
    def test_a_state_never_hides_that_it_waits(self, state: str) -> None:
        """Waiting is no state of its own: a ticket goes on from where it stood."""
        assert state != "waiting"


class TestTransfer:
    ELSEWHERE = Placing("grid-009", "/hequ/qingxi/yuquan/grid-009/", None, "station-009", "/hequ/qingxi/yuquan/s/")

    def test_it_goes_to_the_other_grid_with_the_time_that_has_gone(self) -> None:
        told = story("request").do("09:01", actions.accept).do("09:02", actions.assign, WORKER)
        due = told.clock("arrival", "09:02").due_at
        told.do("09:05", transferring.transfer, told.rules, self.ELSEWHERE, "sealed")
        ticket = told.ticket
        assert (ticket.state, ticket.assignee_id, ticket.placing, ticket.transfers) == (
            "accepted", None, self.ELSEWHERE, 1,
        )  # fmt: skip
        assert told.clock("arrival", "09:05").due_at == due

    def test_not_to_where_it_is_nor_to_another_county_nor_once_somebody_is_on_site(self) -> None:
        told = story("request").do("09:01", actions.accept)
        refused("same-place", lambda: told.do("09:02", transferring.transfer, told.rules, told.ticket.placing, "s"))
        far = Placing("grid-1", "/other/street/community/grid-1/")
        refused("other-county", lambda: told.do("09:02", transferring.transfer, told.rules, far, "s"))
        told.do("09:03", actions.assign, WORKER).do("09:04", actions.arrive, "ordinary")
        refused(
            "transition-not-allowed",
            lambda: told.do("09:05", transferring.transfer, told.rules, self.ELSEWHERE, "s", by=EVERYBODY),
        )


class TestMerging:
    def test_the_duplicate_ends_with_its_promises_waived_and_its_reporters_are_kept_once(self) -> None:
        main, other, third = (story("request") for _ in range(3))
        other.course.ticket = replace(other.ticket, id="o", number="n-o", reporter_id="person-2")
        third.course.ticket = replace(third.ticket, id="3", number="n-3", reporter_id="person-2")
        other.do("09:03", merging.take_over, third.ticket)
        other.do("09:04", merging.merge, main.ticket)
        main.do("09:04", merging.take_over, other.ticket)
        assert (other.ticket.state, other.ticket.merged_into) == ("merged", main.ticket.id)
        assert other.clock("arrival", "09:30").state == "waived"
        assert main.ticket.also_reported_by == ("person-2",)
        assert main.ticket.duplicates == ("o",)
        assert main.clock("arrival", "09:05").due_at == at("09:10"), "the clocks of what goes on are its own"

    def test_a_ticket_takes_in_so_many_others_and_reporters_and_no_more(self) -> None:
        main, other = story("request"), story("request")
        other.course.ticket = replace(other.ticket, id="o", number="n-o", reporter_id="person-2")
        many = tuple(f"t-{number}" for number in range(merging.MOST_MERGED))
        people = tuple(f"p-{number}" for number in range(merging.MOST_REPORTERS - 1))
        one = main.ticket
        for full in (replace(one, duplicates=many), replace(one, also_reported_by=people)):
            main.course.ticket = full
            refused("too-many-merged", lambda: main.do("09:04", merging.take_over, other.ticket))
        main.course.ticket = replace(one, duplicates=many[1:], also_reported_by=people[1:])
        main.do("09:04", merging.take_over, other.ticket)
        assert (len(main.ticket.duplicates), len(main.ticket.reporters)) == (500, 2_000)

    def test_not_into_itself_and_not_into_what_has_ended(self) -> None:
        told, other = story("request"), story("request")
        refused("merge-into-itself", lambda: told.do("09:01", merging.merge, told.ticket))
        other.course.ticket = replace(other.ticket, id="o")
        other.do("09:01", merging.merge, told.ticket)
        error = refused("merge-into-ended", lambda: told.do("09:02", merging.merge, other.ticket))
        assert error.params["state"] == "merged", "so no two are ever merged into each other"


class TestAYearWhoseCalendarIsNotLoaded:
    """The official calendars end with 2026: what reaches into 2027 is unknown until that year is loaded."""

    def test_a_promise_that_reaches_into_it_is_made_and_said_to_be_unknown(self) -> None:
        told = story("wish", "12-28 09:00")
        taken = told.clock("done", "12-28 09:00")
        assert (taken.state, taken.due_at, taken.unknown_year) == ("running", None, 2027)
        assert next_moment(told.ticket, told.rules, at("12-28 09:00")) == at("12-29 09:00"), "looked at again each day"

    def test_what_was_done_before_that_year_began_was_kept(self) -> None:
        told = story("wish", "12-28 09:00").do("12-29 09:00", actions.accept).do("12-29 09:01", actions.assign, WORKER)
        told.do("12-30 10:00", actions.resolve, None)
        assert told.clock("done", "12-30 10:00").state == "met"

    def test_what_was_done_in_it_is_judged_once_it_is_loaded(self) -> None:
        told = story("wish", "12-28 09:00").do("12-29 09:00", actions.accept).do("12-29 09:01", actions.assign, WORKER)
        told.do("2027-01-20 10:00", actions.resolve, None)
        assert told.clock("done", "2027-01-20 10:00").state == "unknown"
        assert ("done", 0) not in [(clock, threshold) for clock, threshold, _ in told.marks()]
        end = segments(told.clock("done", "2027-01-20 10:00"), at("2027-01-20 10:00"))[-1]
        assert (end.why, end.note, end.start) == ("calendar-unknown", "2027", at("2027-01-01 00:00"))
        days = frozenset(day.replace(year=2027) for day in published_years()[2026] if (day.month, day.day) != (2, 29))
        told.rules = rules(OFFICE, told.rules.policy, {**published_years(), 2027: days})
        told.wait("2027-01-20 10:05")
        assert [mark for mark in told.marks("breached") if mark[0] == "done"]

    def test_the_calendar_itself_says_so(self) -> None:
        with pytest.raises(CalendarUnknown) as unknown:
            rules(years=published_years()).calendars("working_days", story("wish").ticket.history[0]).is_working(  # type: ignore[attr-defined]
                at("2027-01-05 10:00").date()
            )
        assert unknown.value.since == at("2027-01-01 00:00")
