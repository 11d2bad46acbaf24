"""What one reporter confirmed by account an office reopens for another who has none: else a friend with an account
reports it first, is content, and the neighbours whose reports were merged into his are heard nowhere."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from services.tickets.domain import actions
from services.tickets.domain.refused import Refused
from services.tickets.domain.reopening import NOT_BAD
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, BY_STAFF, SECRET, SLIP, Actor
from services.tickets.handlers.callbacks import BAD
from tests.unit.tickets.stories import RESIDENT, WORKER, Story, at

RATINGS = (1, 2, 3, 4, 5)
OTHERS: dict[str, dict[str, Any]] = {
    "there": {"also_reported_by": ("neighbour",)},
    "another took it back": {"also_reported_by": ("neighbour",), "withdrawn_by": ("somebody",)},
    "took it back": {"withdrawn_by": ("neighbour",)},
    "the same person": {"also_reported_by": (RESIDENT,)},
    "nobody": {},
}
HEARD = ("there", "another took it back")
OFFICES = ("community", "street", "district")
ASKING = {
    **{role: Actor(f"of-the-{role}", frozenset({role})) for role in (*OFFICES, "station_head", "grid_head")},
    "who had it in hand": Actor(WORKER, frozenset({"community"})),
    "on behalf": Actor("cadre", frozenset({"community", "stands_in"}), RESIDENT, BY_STAFF),
    "by a slip": Actor(None, frozenset({"reporter"}), RESIDENT, SLIP, "head"),
}
OWN = Actor(RESIDENT, frozenset({"reporter", "author"}), RESIDENT, ACCOUNT)


def neighbour(way: str) -> Actor:
    return Actor("neighbour" if way == ACCOUNT else None, frozenset({"reporter"}), "neighbour", way)


def solved(other: str = "there") -> Story:
    story = Story("09:00").on_site("09:05", "ordinary").do("09:10", actions.resolve, None)
    story.course.ticket = replace(story.ticket, **OTHERS[other])
    return story


def confirmed(other: str, rating: int, way: str = ACCOUNT, by: Actor = OWN) -> Story:
    return solved(other).do("09:20", actions.confirm, rating, by=replace(by, way=way))


def reopened(story: Story, who: Actor) -> Ticket:
    course = Course(story.ticket, at("09:30"), story.rules.policy.life)
    actions.reopen(course, who, story.rules, None, None)
    return course.ticket


def why_not(story: Story, who: Actor) -> str | None:
    try:
        reopened(story, who)
    except Refused as refused:
        return refused.slug
    return None


def expected(who: str, other: str, rating: int) -> str | None:
    """Of what its own reporter confirmed by account."""
    if who == "who had it in hand":
        return "own-work"
    if who in ("station_head", "grid_head"):
        return "not-allowed"
    if who in ("on behalf", "by a slip"):
        return "confirmed-himself"
    if rating >= 3 and other in HEARD:
        return None
    return "confirmed-himself" if who == "community" else "not-allowed"


@pytest.mark.parametrize(("who", "other"), list(product(ASKING, OTHERS)))
def test_who_reopens_what_was_confirmed_by_account(who: str, other: str) -> None:
    for rating in RATINGS:
        assert why_not(confirmed(other, rating), ASKING[who]) == expected(who, other, rating), rating


@pytest.mark.parametrize(("way", "who"), list(product([SECRET, SLIP, BY_STAFF], OFFICES)))
def test_what_was_confirmed_otherwise_is_reopened_as_ever(way: str, who: str) -> None:
    """Who reported the same speaks for himself there, by his secret; and staff undo what staff wrote down."""
    done = confirmed("there", 5, way)
    community = None if way != SECRET else "confirmed-himself"
    assert why_not(done, ASKING[who]) == (community if who == "community" else "not-allowed")
    assert why_not(done, neighbour(SECRET)) is None


@pytest.mark.parametrize("who", OFFICES)
def test_what_is_solved_and_not_confirmed_the_community_reopens_as_ever(who: str) -> None:
    assert why_not(solved(), ASKING[who]) == (None if who == "community" else "not-allowed")


def test_who_reported_the_same_reopens_it_by_account_and_without_one_the_office_does() -> None:
    done = confirmed("there", 5)
    assert why_not(done, neighbour(ACCOUNT)) is None
    assert why_not(done, neighbour(SECRET)) == "confirmed-by-account"
    again = reopened(done, ASKING["community"])
    assert (again.round, again.rating, again.state) == (2, None, "accepted")
    step = again.history[-1]
    assert (step.by, step.detail["way"]) == ("of-the-community", None)
    assert again.reporters == (RESIDENT, "neighbour"), "all of whom are told"


def test_one_of_several_who_confirmed_it_instead_of_its_own_reporter_is_no_other_than_himself() -> None:
    """Its own reporter took it back, and one neighbour confirms by account."""
    alone = solved()
    alone.course.ticket = replace(alone.ticket, withdrawn_by=(RESIDENT,))
    alone.do("09:20", actions.confirm, 5, by=neighbour(ACCOUNT))
    assert why_not(alone, ASKING["community"]) == "confirmed-himself"
    two = solved()
    two.course.ticket = replace(two.ticket, withdrawn_by=(RESIDENT,), also_reported_by=("neighbour", "second"))
    two.do("09:20", actions.confirm, 5, by=neighbour(ACCOUNT))
    assert why_not(two, ASKING["community"]) is None


def test_what_stands_at_a_level_that_level_or_one_above_reopens() -> None:
    done = confirmed("there", 5)
    done.course.ticket = replace(done.ticket, level="street")
    assert [why_not(done, ASKING[who]) for who in OFFICES] == ["beneath-its-level", None, None]


def test_a_rating_of_a_round_before_does_not_let_it_be_reopened_in_this_one() -> None:
    """In this round nobody is shut out: who reported the same has it reopened by his secret."""
    story = confirmed("there", 5)
    story.course.ticket = reopened(story, OWN)
    story.do("09:31", actions.assign, WORKER).do("09:32", actions.arrive, "ordinary").do("09:33", actions.resolve, None)
    assert why_not(story, ASKING["community"]) == "confirmed-himself"
    assert why_not(story, neighbour(SECRET)) is None


def test_it_ends_with_the_rounds_that_staff_open() -> None:
    story = confirmed("there", 5)
    for number in range(5):
        story.course.ticket = reopened(story, ASKING[OFFICES[number % 3]])
        story.do("09:31", actions.assign, WORKER).do("09:32", actions.arrive, "ordinary")
        story.do("09:33", actions.resolve, None).do("09:34", actions.confirm, 5, by=OWN)
        story.course.now = at("09:20")
    for who in OFFICES:
        assert why_not(story, ASKING[who]) == "staff-rounds-used-up"


def test_nobody_is_called_back_upon_a_rating_that_is_not_bad() -> None:
    assert not NOT_BAD & BAD
    assert set(RATINGS) == NOT_BAD | BAD
