"""Who would answer for a ticket but for an absence of his is barred as who answers: he may be at work all the same."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.tickets.domain import actions, relocating, transferring, withdrawing
from services.tickets.domain.handing_back import DISABLED, hand_back
from services.tickets.domain.handled import had_to_do_with, stood_for
from services.tickets.domain.posts import BENEATH_LEVEL, Candidate, name_owner
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules
from services.tickets.domain.standing_in import print_slip, stand_in
from services.tickets.domain.transitions import ASSIGNEE, REPORTER, SLIP, STAFF, Actor
from tests.unit.tickets.stories import PLACING, RESIDENT, WORKER, Story, at, rules

AWAY, DEPUTY, LOST_HIS_ROLE = "away", "deputy", "lost-his-role"
ELSEWHERE = replace(PLACING, grid_id="grid-002", area_path="/hequ/qingxi/qingyuan/grid-002/")
OFFICE = Actor("an-office", STAFF)


class Absent:
    """Who is away by now, and whether anybody else is there."""

    def __init__(self, *, deputy: bool = True) -> None:
        self.people: set[str] = set()
        self.deputy = deputy

    def rules(self) -> Rules:
        def named(level: str, area_path: str, rated: Collection[str] = ()) -> Any:
            known = [Candidate(LOST_HIS_ROLE, BENEATH_LEVEL), Candidate(AWAY)]
            known += [Candidate(DEPUTY), Candidate("third")] if self.deputy else []
            return name_owner(known, lambda who: at("18:00") if who in self.people else None, rated)

        def owner(level: str, area_path: str, rated: Collection[str] = (), /) -> str | None:
            return named(level, area_path, rated).person_id  # type: ignore[no-any-return]

        def duty(level: str, area_path: str, rated: Collection[str] = (), /) -> Mapping[str, Any]:
            return named(level, area_path, rated).record(level)  # type: ignore[no-any-return]

        judged = rules()
        return Rules(judged.policy, judged.calendars, owner, duty)


def cancel(story: Story, who: str) -> None:
    by = Actor(who, STAFF)
    story.do("09:08", lambda c, a: withdrawing.cancel(c, stand_in(c.ticket, a), None, "telephone"), by=by)


def up(story: Story) -> None:
    story.do("09:05", lambda c, a: actions.escalate(c, a, story.rules, "up"), by=OFFICE)


def up_and_down(story: Story) -> None:
    up(story)
    story.do("09:06", lambda c, a: actions.de_escalate(c, a, story.rules, "yours"), by=OFFICE)


def elsewhere(story: Story) -> None:
    story.do("09:05", lambda c, a: transferring.transfer(c, a, story.rules, ELSEWHERE, "there"), by=OFFICE)


def with_its_place(story: Story) -> None:
    story.do("09:05", lambda c, a: relocating.relocate(c, story.rules, ELSEWHERE), by=OFFICE)


def from_who_is_gone(story: Story) -> None:
    story.do("09:05", lambda c, a: hand_back(c, story.rules, DISABLED, from_hands=False, from_owner=True), by=OFFICE)


def to_another_round(story: Story) -> None:
    story.do("09:01", actions.accept, by=OFFICE).do("09:02", actions.assign, WORKER, by=OFFICE)
    story.do("09:03", actions.arrive, "ordinary", by=Actor(WORKER, ASSIGNEE))
    story.do("09:04", actions.resolve, None, by=Actor(WORKER, ASSIGNEE))
    community = Actor("the-community", frozenset({"community"}))
    story.do("09:05", lambda c, a: actions.reopen(c, a, story.rules, None, None), by=community)


NAMED: dict[str, Callable[[Story], None]] = {
    one.__name__: one for one in (up, up_and_down, elsewhere, with_its_place, from_who_is_gone, to_another_round)
}


@pytest.mark.parametrize("deputy", [True, False])
def test_who_is_skipped_for_his_absence_does_not_take_it_back_for_its_reporter(deputy: bool) -> None:
    """Though he accepts it and gives it to somebody, as who is at work does."""
    absent = Absent(deputy=deputy)
    absent.people.add(AWAY)
    story = Story("09:00", absent.rules())
    assert story.ticket.owner_id == (DEPUTY if deputy else None)
    with pytest.raises(Refused, match="answers-for-it"):
        cancel(story, AWAY)
    story.do("09:08", actions.accept, by=Actor(AWAY, STAFF)).do("09:08", actions.assign, WORKER, by=Actor(AWAY, STAFF))
    with pytest.raises(Refused, match="answers-for-it"):
        cancel(story, AWAY)
    cancel(story, "a-colleague")
    assert story.ticket.state == "cancelled"


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("way", NAMED)
def test_whenever_it_was_last_looked_for_who_answers_and_also_once_he_is_back(way: str, back: bool) -> None:
    absent = Absent()
    story = Story("09:00", absent.rules())
    assert story.ticket.owner_id == AWAY
    absent.people.add(AWAY)
    NAMED[way](story)
    assert story.ticket.owner_id == DEPUTY
    if back:
        absent.people.clear()
    for person in (AWAY, DEPUTY):
        with pytest.raises(Refused, match="answers-for-it"):
            cancel(story, person)
    cancel(story, "a-colleague")


@pytest.mark.parametrize("way", NAMED)
def test_who_was_back_when_it_was_looked_for_again_is_free_where_another_answers(way: str) -> None:
    """What was lifted is its level's, what went elsewhere that place's."""
    absent = Absent()
    absent.people |= {AWAY, DEPUTY}
    story = Story("09:00", absent.rules())
    assert {AWAY, DEPUTY, "third"} <= stood_for(story.ticket)
    absent.people.clear()
    NAMED[way](story)
    assert (AWAY in stood_for(story.ticket), DEPUTY in stood_for(story.ticket)) == (True, False)


def test_who_cannot_answer_for_another_reason_is_free() -> None:
    absent = Absent()
    absent.people.add(AWAY)
    cancel(Story("09:00", absent.rules()), LOST_HIS_ROLE)


def test_nor_does_his_slip_take_it_back_or_open_another_round() -> None:
    absent = Absent()
    absent.people.add(AWAY)
    story = Story("09:00", absent.rules())
    story.do("09:01", lambda c, a: print_slip(c, a, "digest"), by=Actor(AWAY, STAFF))
    by_slip = Actor(None, REPORTER, RESIDENT, SLIP, AWAY)
    with pytest.raises(Refused, match="slip-cannot-cancel"):
        story.do("09:02", withdrawing.cancel, None, by=by_slip)
    story.do("09:03", actions.accept, by=OFFICE).do("09:03", actions.assign, WORKER, by=OFFICE)
    story.do("09:04", actions.arrive, "ordinary", by=Actor(WORKER, ASSIGNEE))
    story.do("09:05", actions.resolve, None, by=Actor(WORKER, ASSIGNEE))
    with pytest.raises(Refused, match="slip-of-the-solver"):
        story.do("09:06", lambda c, a: actions.reopen(c, a, story.rules, None, None), by=by_slip)


def test_what_is_told_of_those_who_had_to_do_with_it_counts_him_too() -> None:
    absent = Absent()
    absent.people.add(AWAY)
    assert AWAY in had_to_do_with(Story("09:00", absent.rules()).ticket)
