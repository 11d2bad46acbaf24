"""Whose word ends a matter that several people reported: that of who reported the ticket that goes on."""

from dataclasses import replace

import pytest

from services.tickets.domain import actions, withdrawing
from services.tickets.domain.parts import FollowUpSecret, parts_of
from services.tickets.domain.policy import Life
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, BY_STAFF, SECRET, SLIP, Actor
from tests.unit.tickets.stories import RESIDENT, WORKER, Story, at

LIFE = Life()
WAYS = (ACCOUNT, SECRET, SLIP)


def neighbour(way: str) -> Actor:
    """Who reported the same by a ticket that was merged."""
    return Actor("neighbour" if way == ACCOUNT else None, frozenset({"reporter"}), "neighbour", way)


@pytest.fixture
def solved() -> Story:
    """Reported by two: the resident's own ticket goes on."""
    story = Story("09:00").on_site("09:05", "ordinary").do("09:10", actions.resolve, None)
    story.course.ticket = replace(story.ticket, also_reported_by=("neighbour",))
    return story


def own(way: str = ACCOUNT) -> Actor:
    return Actor(RESIDENT, frozenset({"reporter", "author"}), RESIDENT, way)


def confirmed(ticket: Ticket, actor: Actor) -> Ticket:
    course = Course(ticket, at("09:20"), LIFE)
    actions.confirm(course, actor, 5)
    return course.ticket


def reopened(story: Story, ticket: Ticket, actor: Actor) -> Ticket:
    course = Course(ticket, at("09:30"), LIFE)
    actions.reopen(course, actor, story.rules, None, None)
    return course.ticket


@pytest.mark.parametrize("way", WAYS)
def test_who_reported_the_same_rates_nothing_that_has_a_reporter_of_its_own(solved: Story, way: str) -> None:
    with pytest.raises(Refused, match="word-of-another"):
        confirmed(solved.ticket, neighbour(way))
    assert confirmed(solved.ticket, own()).rating == 5


@pytest.mark.parametrize("way", WAYS)
def test_he_rates_what_staff_found_or_its_own_reporter_took_back(solved: Story, way: str) -> None:
    for without in ({"reporter_id": None}, {"withdrawn_by": (RESIDENT,)}):
        assert confirmed(replace(solved.ticket, **without), neighbour(way)).state == "confirmed"


@pytest.mark.parametrize("way", WAYS)
def test_he_reopens_what_is_solved_also_when_its_own_reporter_confirmed(solved: Story, way: str) -> None:
    """Else a friend reports it first, has the neighbour's merged into it, and is content. A slip may be anybody's."""
    assert reopened(solved, solved.ticket, neighbour(way)).round == 2
    done = confirmed(solved.ticket, own())
    if way == SLIP:
        with pytest.raises(Refused, match="word-of-another"):
            reopened(solved, done, neighbour(way))
    else:
        assert reopened(solved, done, neighbour(way)).round == 2
    assert reopened(solved, done, own()).round == 2
    assert reopened(solved, done, Actor("cadre", frozenset({"community"}))).round == 2, "the office, as before"


def test_staff_pass_on_the_own_reporters_word(solved: Story) -> None:
    passed_on = Actor("head", frozenset({"station_head", "stands_in"}), RESIDENT, BY_STAFF)
    assert confirmed(solved.ticket, passed_on).rating == 5
    assert reopened(solved, confirmed(solved.ticket, passed_on), passed_on).round == 2


@pytest.mark.parametrize("way", WAYS)
def test_he_takes_back_his_own_report_alone_while_another_stands(way: str) -> None:
    story = Story("09:00").do("09:01", actions.accept).do("09:02", actions.assign, WORKER)
    both = replace(story.ticket, also_reported_by=("neighbour",))
    course = Course(both, at("09:03"), LIFE)
    withdrawing.cancel(course, neighbour(way), None)
    assert (course.ticket.state, course.ticket.reporters) == ("assigned", (RESIDENT,))


@pytest.mark.parametrize(("passed_on", "way"), [(True, SLIP), (False, SECRET)])
def test_a_duplicates_secret_counts_as_passed_through_staff_where_they_took_back_the_own_report(
    passed_on: bool, way: str
) -> None:
    """Staff could file the duplicate themselves, merge it, and take back the resident's own report "by telephone"."""
    story = Story("09:00").do("09:01", actions.accept)
    course = Course(replace(story.ticket, also_reported_by=("neighbour",)), at("09:03"), LIFE)
    desk = Actor("colleague", frozenset({"grid_head", "stands_in", "author"}), RESIDENT, BY_STAFF)
    withdrawing.cancel(course, desk if passed_on else own(), None, "desk" if passed_on else None)
    assert course.ticket.reporters == ("neighbour",)
    knows = FollowUpSecret(SECRET, "neighbour")
    assert parts_of(course.ticket, None, frozenset(), knows).way == way
