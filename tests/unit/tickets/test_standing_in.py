"""A reporter's word that comes through staff: who may pass it on, and that it is told apart from then on."""

from dataclasses import replace

import pytest

from services.contracts.tickets import THROUGH_STAFF, WAYS
from services.metrics.domain.totals import WAYS_THROUGH_STAFF
from services.tickets.domain import actions, withdrawing
from services.tickets.domain.erasing import erase
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import print_slip, stand_in
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, BY_STAFF, SECRET, SLIP, Actor
from services.tickets.handlers.publishing import events_of
from tests.unit.tickets.stories import RESIDENT, WORKER, Story, at

HEAD = Actor("head", frozenset({"station_head"}))
WITH_SLIP = Actor(RESIDENT, frozenset({"reporter"}), RESIDENT, SLIP)


@pytest.fixture
def solved() -> Story:
    story = Story("09:00")
    story.do("09:01", actions.accept)
    story.do("09:02", actions.assign, WORKER)
    story.do("09:05", actions.arrive, "ordinary")
    story.do("09:10", actions.resolve, None)
    return story


def test_every_way_is_a_way_of_the_contract() -> None:
    assert set(WAYS) == {ACCOUNT, SECRET, SLIP, BY_STAFF}
    assert {SLIP, BY_STAFF} == THROUGH_STAFF == WAYS_THROUGH_STAFF


def test_what_staff_write_down_says_who_and_where_and_is_told_as_such(solved: Story) -> None:
    course = Course(solved.ticket, at("09:20"))
    actions.confirm(course, stand_in(solved.ticket, HEAD), 5, "telephone")
    step = course.ticket.history[-1]
    assert (step.by, step.detail["way"], step.detail["said_at"]) == ("head", "staff", "telephone")
    (told,) = events_of(course, solved.rules)
    assert (told.type, told.data["way"]) == ("ticket.confirmed", "staff")


def test_nobody_stands_in_where_he_solved_it_or_has_it_in_hand(solved: Story) -> None:
    for person in (WORKER, solved.ticket.resolved_by):
        refuses("own-work", solved.ticket, replace(HEAD, person_id=person))
    in_hand = replace(solved.ticket, state="assigned", solver_id=None, resolved_by=None)
    refuses("own-work", in_hand, replace(HEAD, person_id=WORKER))
    stand_in(in_hand, HEAD)


@pytest.mark.parametrize("way", [ACCOUNT, SECRET, SLIP, BY_STAFF])
def test_what_the_reporter_confirmed_with_what_is_his_own_only_he_reopens(solved: Story, way: str) -> None:
    solved.do("09:20", actions.confirm, 5, by=replace(WITH_SLIP, way=way))
    speaker, course = stand_in(solved.ticket, HEAD), Course(solved.ticket, at("09:30"), solved.rules.policy.life)
    if way in (ACCOUNT, SECRET):
        with pytest.raises(Refused, check=lambda error: error.slug == "confirmed-himself"):
            actions.reopen(course, speaker, solved.rules, None, None, "telephone")
        actions.reopen(course, replace(WITH_SLIP, way=way), solved.rules, None, None)
    else:
        actions.reopen(course, speaker, solved.rules, None, None, "telephone")
    assert course.ticket.state == "accepted"


@pytest.mark.parametrize("part", ["partner", "reporter", "assignee"])
def test_only_staff_stand_in(solved: Story, part: str) -> None:
    refuses("not-allowed", solved.ticket, Actor("somebody", frozenset({part})))


def test_there_must_be_somebody_to_stand_in_for(solved: Story) -> None:
    refuses("no-reporter", replace(solved.ticket, reporter_id=None), HEAD)


def test_of_several_reporters_staff_stand_in_for_the_tickets_own_while_it_goes_on_for_him(solved: Story) -> None:
    merged = replace(solved.ticket, also_reported_by=("neighbour",))
    assert stand_in(merged, HEAD).reports_as == RESIDENT
    refuses("no-reporter", replace(merged, withdrawn_by=(RESIDENT,)), HEAD)


def test_what_staff_take_back_for_one_of_several_goes_on_for_the_others(solved: Story) -> None:
    assigned = replace(
        solved.ticket, state="assigned", solver_id=None, resolved_by=None, also_reported_by=("neighbour",)
    )  # fmt: skip
    course = Course(assigned, at("09:20"))
    withdrawing.cancel(course, stand_in(assigned, HEAD), None, "desk")
    assert (course.ticket.state, course.ticket.reporters) == ("assigned", ("neighbour",))
    (told,) = events_of(course, solved.rules)
    assert (told.type, told.data["person_id"], told.data["way"]) == ("ticket.report_withdrawn", RESIDENT, "staff")


def refuses(slug: str, ticket: Ticket, actor: Actor) -> None:
    for passing_on in (stand_in, lambda of, who: print_slip(Course(of, at("09:20")), who, "digest")):
        with pytest.raises(Refused) as refused:
            passing_on(ticket, actor)
        assert refused.value.slug == slug


def test_a_slip_from_who_solved_it_confirms_nothing_but_another_does(solved: Story) -> None:
    with pytest.raises(Refused, match="slip-of-the-solver"):
        actions.confirm(Course(solved.ticket, at("09:20")), replace(WITH_SLIP, slip_by=WORKER), 5)
    other = Course(solved.ticket, at("09:20"))
    actions.confirm(other, replace(WITH_SLIP, slip_by="head"), 5)
    assert other.ticket.history[-1].detail["way"] == "slip"


def test_a_fresh_slip_ends_the_one_before_and_leaves_the_reporters_own_secret(solved: Story) -> None:
    course = Course(replace(solved.ticket, secret_hash="own"), at("09:20"))
    print_slip(course, HEAD, "first")
    print_slip(course, HEAD, "second")
    assert (course.ticket.secret_hash, course.ticket.slip_hash, course.ticket.slip_by) == ("own", "second", "head")
    assert [step.by for step in course.ticket.history[-2:]] == ["head", "head"]
    assert [event.type for event in events_of(course, solved.rules)] == ["ticket.slip_printed"] * 2


def test_erasing_ends_every_secret(solved: Story) -> None:
    kept = replace(solved.ticket, state="closed", secret_hash="own", slip_hash="paper")
    erased = erase(kept, at("09:30"), "request", lambda value: False).ticket
    assert (erased.secret_hash, erased.slip_hash) == (None, None)
