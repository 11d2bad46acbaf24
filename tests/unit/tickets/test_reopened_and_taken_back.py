"""Whoever has a matter begin anew stays in that round until he is asked: nobody leaves a round that no one wants."""

from dataclasses import replace

import pytest

from services.tickets.domain import actions, withdrawing
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import stand_in
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, REPORTER, SECRET, STAFF, Actor
from tests.unit.tickets.stories import RESIDENT, WORKER, Story

NEIGHBOUR = "neighbour"
OFFICE = Actor("office", frozenset({"community"}))
OWN, NEIGHBOURS = (Actor(who, REPORTER, who, ACCOUNT) for who in (RESIDENT, NEIGHBOUR))


def solved() -> Story:
    """Reported by the resident and, by a ticket that was merged into it, by a neighbour."""
    story = Story("09:00")
    story.course.ticket = replace(story.ticket, also_reported_by=(NEIGHBOUR,))
    return solved_by_the_worker(story.do("09:01", actions.accept), "09:02")


def solved_by_the_worker(story: Story, when: str) -> Story:
    worker = Actor(WORKER, ASSIGNEE | STAFF)
    story.do(when, actions.assign, WORKER).do(when, actions.arrive, "ordinary", by=worker)
    return story.do(when, actions.resolve, None, by=worker)


def reopen(story: Story, when: str, who: Actor) -> Story:
    return story.do(when, lambda c, a: actions.reopen(c, a, story.rules, None, None), by=who)


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("way", [ACCOUNT, SECRET])
@pytest.mark.parametrize("person", [RESIDENT, NEIGHBOUR])
def test_who_had_it_reopened_takes_nothing_back_in_that_round(person: str, way: str, confirmed: bool) -> None:
    story = solved()
    if confirmed:
        story.do("09:03", actions.confirm, 5, by=OWN if way == ACCOUNT else replace(OWN, way=SECRET))
    who = Actor(person, REPORTER, person, way)
    reopen(story, "09:04", who)
    before = story.ticket
    with pytest.raises(Refused, match="reopened-it"):
        story.do("09:05", withdrawing.cancel, None, by=who)
    assert story.ticket == before


def test_nor_by_telephone() -> None:
    story = reopen(solved(), "09:04", OWN)
    with pytest.raises(Refused, match="reopened-it"):
        story.do("09:05", lambda c, a: withdrawing.cancel(c, stand_in(c.ticket, a), None, "telephone"), by=OFFICE)


def test_the_others_take_theirs_back_as_before() -> None:
    story = reopen(solved(), "09:04", NEIGHBOURS)
    story.do("09:05", withdrawing.cancel, None, by=OWN)
    assert (story.ticket.state, story.ticket.reporters) == ("accepted", (NEIGHBOUR,))


def test_of_a_round_that_the_community_opened_all_do() -> None:
    story = reopen(solved(), "09:04", OFFICE)
    for who in (NEIGHBOURS, OWN):
        story.do("09:05", withdrawing.cancel, None, by=who)
    assert story.ticket.state == "cancelled"


def test_of_a_round_that_somebody_else_opened_since_all_do() -> None:
    story = solved_by_the_worker(reopen(solved(), "09:04", OWN), "09:05")
    reopen(story, "09:06", NEIGHBOURS).do("09:07", withdrawing.cancel, None, by=OWN)
    assert story.ticket.reporters == (NEIGHBOUR,)
