"""Who reported it says how it was dealt with: nobody takes that word from him by having it solved in his hands."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.tickets.domain import actions
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, REPORTER, STAFF, Actor
from services.tickets.handlers.life import do
from tests.unit.tickets.desk import Desk
from tests.unit.tickets.stories import RESIDENT, WORKER, Story, at
from tests.unit.tickets.stories import story as tell

OWN = Actor(RESIDENT, REPORTER, RESIDENT, ACCOUNT)
HEAD = Actor("head", STAFF)


def accepted() -> Story:
    return tell("wish").do("09:01", actions.accept, by=HEAD)


@pytest.mark.parametrize("also", [(), ("neighbour",)])
def test_it_is_given_to_nobody_who_reported_it(also: tuple[str, ...]) -> None:
    story = accepted()
    story.course.ticket = replace(story.ticket, also_reported_by=also)
    for person in (RESIDENT, *also):
        with pytest.raises(Refused, match="assignee-reported-it"):
            story.do("09:02", actions.assign, person, by=HEAD)
        with pytest.raises(Refused, match="assignee-reported-it"):
            story.do("09:02", actions.assign, person, by=Actor(person, STAFF))


def test_nor_to_who_took_his_report_back() -> None:
    story = accepted()
    story.course.ticket = replace(story.ticket, withdrawn_by=("neighbour",))
    with pytest.raises(Refused, match="assignee-reported-it"):
        story.do("09:02", actions.assign, "neighbour", by=HEAD)


def solved_in_his_hands(*, he_came: bool = False) -> Story:
    """Somebody else's work, as it was given before he came to be one of its reporters, by a merge."""
    story = accepted().do("09:02", actions.assign, "neighbour", by=HEAD)
    if he_came:
        story.do("09:03", actions.arrive, None, by=Actor("neighbour", STAFF | ASSIGNEE))
    story.course.ticket = replace(story.ticket, also_reported_by=("neighbour",))
    return story.do("12:00", actions.resolve, None, by=HEAD)


def refused(deed: Callable[[], object]) -> str | None:
    try:
        deed()
    except Refused as refusal:
        return refusal.slug
    return None


def reopen(story: Story) -> str | None:
    """Says the neighbour."""
    who = Actor("neighbour", REPORTER, "neighbour", ACCOUNT)
    return refused(lambda: story.do("12:01", lambda c, a: actions.reopen(c, a, story.rules, None, None), by=who))


def test_who_was_merely_named_when_it_was_solved_has_his_word() -> None:
    story = solved_in_his_hands()
    assert story.ticket.solver_id == "neighbour"
    assert reopen(story) is None
    assert reopen(solved_in_his_hands(he_came=True)) == "own-work"


@pytest.mark.parametrize(("takes_it", "refusal"), [(False, None), (True, "own-work")])
def test_nor_is_it_taken_by_merging_what_lay_in_his_hands(takes_it: bool, refusal: str | None) -> None:
    desk = Desk()

    def do_(ticket_id: str, when: str, deed: Callable[[Course], None]) -> None:
        do(desk.shelf, desk.house, desk.ticket(ticket_id), at(when), lambda course, rules: deed(course))

    main, other = desk.filed("09:00"), desk.filed("09:00")
    desk.shelf.tickets[main] = replace(desk.ticket(main), reporter_id=RESIDENT)
    do_(other, "09:02", lambda c: actions.accept(c, HEAD))
    by = Actor(RESIDENT, STAFF) if takes_it else HEAD
    do_(other, "09:03", lambda c: actions.assign(c, by, RESIDENT))
    desk.on_site(main, "09:05")
    desk.merge("10:30", other, main, Actor("office", frozenset({"community"})))
    assert desk.ticket(main).history[-1].detail["workers"] == [RESIDENT], "he has had it for an hour"
    do_(main, "10:31", lambda c: actions.resolve(c, Actor(WORKER, STAFF | ASSIGNEE), None))
    assert refused(lambda: do_(main, "10:32", lambda c: actions.confirm(c, OWN, 1))) == refusal
