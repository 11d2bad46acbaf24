"""Whose work it is does not hang on who says in the end that it is solved: whoever had it in hand and passed it on just
before speaks for nobody about it and puts nothing away, as who solved it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.tickets.domain import actions, merging, transferring, withdrawing
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import print_slip, stand_in
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, REPORTER, SLIP, STAFF, SYSTEM, TRANSITIONS, Actor
from tests.unit.tickets.stories import PLACING, RESIDENT, WORKER, Story

CADRE, SENDER, COLLEAGUE = "cadre", "sender", "colleague"
ELSEWHERE = replace(PLACING, grid_id="grid-002", area_path="/hequ/qingxi/qingyuan/grid-002/")
OWN = Actor(RESIDENT, REPORTER, RESIDENT, ACCOUNT)


def staff(person: str) -> Actor:
    return Actor(person, STAFF)


def passed_on(story: Story | None = None) -> Story:
    """The cadre was given it and went there; the worker, to whom it went then, says at once that it is solved."""
    story = story or Story("09:00").do("09:01", actions.accept, by=staff(SENDER))
    story.do("09:02", actions.assign, CADRE, by=staff(SENDER))
    story.do("09:03", actions.arrive, "ordinary", by=Actor(CADRE, STAFF | ASSIGNEE))
    story.do("09:04", actions.assign, WORKER, by=Actor(CADRE, STAFF | ASSIGNEE))
    return story.do("09:05", actions.resolve, None, by=Actor(WORKER, STAFF | ASSIGNEE))


def reopened() -> Story:
    return passed_on().do("09:06", lambda c, a: actions.reopen(c, a, Story("09:00").rules, None, None), by=OWN)


def reopened_by_the_community() -> Story:
    office = Actor("office", frozenset({"community"}))
    return passed_on().do("09:06", lambda c, a: actions.reopen(c, a, Story("09:00").rules, None, None), by=office)


def solved_again() -> Story:
    """In the next round by somebody else."""
    story = reopened_by_the_community().do("09:07", actions.assign, "another", by=staff(SENDER))
    story.do("09:08", actions.arrive, "ordinary", by=Actor("another", ASSIGNEE | STAFF))
    return story.do("09:09", actions.resolve, None, by=Actor("another", ASSIGNEE | STAFF))


# What the resident says of it


def _confirm(course: Course, who: Actor) -> None:
    actions.confirm(course, stand_in(course.ticket, who), 5, "telephone")


def _reopen(course: Course, who: Actor) -> None:
    actions.reopen(course, stand_in(course.ticket, who), Story("09:00").rules, None, None, "telephone")


def _print(course: Course, who: Actor) -> None:
    print_slip(course, who, "digest")


def _by_slip(course: Course, who: Actor) -> None:
    actions.confirm(course, Actor(None, REPORTER, RESIDENT, SLIP, who.person_id), 5)


def _reopen_by_slip(course: Course, who: Actor) -> None:
    slip = Actor(None, REPORTER, RESIDENT, SLIP, who.person_id)
    actions.reopen(course, slip, Story("09:00").rules, None, None)


WORDS: dict[str, tuple[str, Callable[[Course, Actor], None]]] = {
    "confirm": ("own-work", _confirm), "reopen": ("own-work", _reopen), "print a slip": ("own-work", _print),
    "confirm by a slip": ("slip-of-the-solver", _by_slip), "reopen by a slip": ("slip-of-the-solver", _reopen_by_slip),
}  # fmt: skip


@pytest.mark.parametrize("solved", [passed_on, solved_again])
@pytest.mark.parametrize("way", WORDS)
def test_who_had_it_in_hand_writes_down_no_word_of_the_resident_and_a_colleague_does(
    way: str, solved: Callable[[], Story]
) -> None:
    slug, deed = WORDS[way]
    for person in (CADRE, WORKER):
        with pytest.raises(Refused, match=slug):
            solved().do("09:10", deed, by=staff(person))
    solved().do("09:10", deed, by=staff(COLLEAGUE))


@pytest.mark.parametrize("way", [way for way in WORDS if way != "reopen by a slip"])
def test_who_merely_gave_it_to_somebody_writes_it_down(way: str) -> None:
    passed_on().do("09:10", WORDS[way][1], by=staff(SENDER))


def test_who_had_it_in_hand_does_not_confirm_it_as_its_reporter_either() -> None:
    story = passed_on()
    story.course.ticket = replace(story.ticket, reporter_id=CADRE)
    with pytest.raises(Refused, match="own-work"):
        story.do("09:10", actions.confirm, 5, by=Actor(CADRE, REPORTER, CADRE, ACCOUNT))


def test_a_resident_confirms_what_somebody_else_solved_in_a_later_round_than_his_own() -> None:
    story = solved_again()
    story.course.ticket = replace(story.ticket, reporter_id=CADRE)
    story.do("09:10", actions.confirm, 4, by=Actor(CADRE, REPORTER, CADRE, ACCOUNT))
    assert story.ticket.rating == 4


def test_nobody_prints_a_slip_before_it_is_solved_who_has_passed_it_on_already() -> None:
    story = Story("09:00").do("09:01", actions.accept, by=staff(SENDER))
    story.do("09:02", actions.assign, CADRE, by=staff(SENDER)).do("09:03", actions.assign, WORKER, by=staff(CADRE))
    with pytest.raises(Refused, match="own-work"):
        story.do("09:04", _print, by=staff(CADRE))
    story.do("09:04", _print, by=staff(SENDER))


@pytest.mark.parametrize("solved", [passed_on, solved_again])
def test_the_community_reopens_in_its_own_right_and_name_what_it_never_had_in_hand(solved: Callable[[], Story]) -> None:
    """Or each round would be promised, and kept, with no work done."""
    again = (actions.reopen, Story("09:00").rules, None, None)
    for person in (CADRE, WORKER):
        with pytest.raises(Refused, match="own-work"):
            solved().do("09:10", *again, by=Actor(person, frozenset({"community"})))
    story = solved()
    before = story.ticket.round
    story.do("09:10", *again, by=Actor(COLLEAGUE, frozenset({"community"})))
    assert (story.ticket.round, story.ticket.history[-1].detail["way"]) == (before + 1, None)


def test_nor_what_was_merged_into_it_and_was_its_work() -> None:
    story = Story("09:00").do("09:06", merging.take_over, reopened().ticket, by=staff(SENDER))
    story.do("09:07", actions.accept, by=staff(SENDER)).do("09:07", actions.assign, "another", by=staff(SENDER))
    story.do("09:08", actions.arrive, "ordinary", by=Actor("another", ASSIGNEE | STAFF))
    story.do("09:09", actions.resolve, None, by=Actor("another", ASSIGNEE | STAFF))
    with pytest.raises(Refused, match="own-work"):
        story.do("09:10", actions.reopen, story.rules, None, None, by=Actor(CADRE, frozenset({"community"})))


def test_who_worked_on_it_does_not_reopen_it_as_one_of_its_reporters_either() -> None:
    """He filed it himself, or the same once more, and had that merged."""
    again = (actions.reopen, Story("09:00").rules, None, None)
    for changes in ({"reporter_id": CADRE}, {"also_reported_by": (CADRE,)}):
        story = passed_on()
        story.course.ticket = replace(story.ticket, **changes)
        with pytest.raises(Refused, match="own-work"):
            story.do("09:10", *again, by=Actor(CADRE, REPORTER, CADRE, ACCOUNT))


# What becomes of it when the resident had it reopened


def _merge(course: Course, who: Actor) -> None:
    merging.merge(course, who, replace(course.ticket, id="o", number="n-o"))


def _transfer(course: Course, who: Actor) -> None:
    transferring.transfer(course, who, Story("09:00").rules, ELSEWHERE, "elsewhere")


def _cancel(course: Course, who: Actor) -> None:
    withdrawing.cancel(course, stand_in(course.ticket, who), None, "desk")


Tried = dict[str, tuple[Callable[[], Story], str, Callable[[Course, Actor], None]]]
PUT_AWAY: Tried = {
    "reject": (reopened, "solved-it-before", lambda c, a: actions.reject(c, a, "no")),
    "merge": (reopened, "solved-it-before", _merge),
    "transfer": (reopened, "solved-it-before", _transfer),
    "cancel": (reopened_by_the_community, "own-work", _cancel),
    "confirm": (solved_again, "own-work", _confirm),
    "reopen": (solved_again, "own-work", _reopen),
    "print_slip": (solved_again, "own-work", _print),
}
OPEN_TO_HIM = {
    "verify": "what is looked at is not put away; nobody verifies what he reported",
    "accept": "somebody begins with it again",
    "assign": "he sends another, or does it himself, and better",
    "hand_over": "as assigning",
    "offer": "its promise runs until somebody takes it",
    "arrive": "who has it in hand",
    "reclassify": "in hand or a superior; lowering gives nobody more time",
    "plan": "who has it in hand, or a superior, and far ahead an office; the promise of this round",
    "move_plan": "an office alone, and that is counted",
    "tick": "a paper is there or not",
    "hold_session": "it was held or not",
    "pause": "as long as each reason lasts, in this round as in any",
    "resume": "its promise runs again",
    "resolve": "the resident judges it again",
    "escalate": "those above hear of it",
    "de_escalate": "its level hands down only what something would lift again",
}


def test_every_action_of_staff_is_decided() -> None:
    by_staff = {name for name, row in TRANSITIONS.items() if row.who != SYSTEM}
    assert by_staff == set(PUT_AWAY) | set(OPEN_TO_HIM)
    assert not set(PUT_AWAY) & set(OPEN_TO_HIM)


@pytest.mark.parametrize("action", PUT_AWAY)
def test_who_had_it_in_hand_in_an_earlier_round_does_not_put_it_away_and_who_had_not_does(action: str) -> None:
    begun, slug, deed = PUT_AWAY[action]
    for person in (CADRE, WORKER):
        with pytest.raises(Refused, match=slug):
            begun().do("09:10", deed, by=staff(person))
    for person in (SENDER, COLLEAGUE):
        begun().do("09:10", deed, by=staff(person))


ONCE_MORE: dict[str, Callable[[Course, Actor], None]] = {
    "assign": lambda c, a: actions.assign(c, a, "another"),
    "offer": lambda c, a: actions.offer(c, a, "offer-1", ()),
    "escalate": lambda c, a: actions.escalate(c, a, Story("09:00").rules, "up"),
}


@pytest.mark.parametrize("action", ONCE_MORE)
def test_he_may_set_right_what_was_reopened(action: str) -> None:
    assert action in OPEN_TO_HIM
    reopened().do("09:10", ONCE_MORE[action], by=staff(CADRE))


def test_who_has_it_in_hand_for_the_first_time_in_a_round_that_nobody_solved_yet_may_transfer_it() -> None:
    """It may lie in the wrong grid, as in any first round."""
    story = reopened().do("09:07", actions.assign, COLLEAGUE, by=staff(SENDER))
    story.do("09:08", _transfer, by=Actor(COLLEAGUE, STAFF | ASSIGNEE))
    assert story.ticket.area_path == ELSEWHERE.area_path


def test_what_was_reopened_is_not_put_away_by_way_of_what_it_was_merged_into() -> None:
    between, goes_on = Story("09:00"), Story("09:00")
    between.do("09:08", merging.take_over, reopened().ticket, by=staff(SENDER))
    goes_on.do("09:09", merging.take_over, replace(between.ticket, id="second"), by=staff(SENDER))
    with pytest.raises(Refused, match="solved-it-before"):
        goes_on.do("09:10", lambda c, a: actions.reject(c, a, "no"), by=staff(CADRE))
    goes_on.do("09:10", lambda c, a: actions.reject(c, a, "no"), by=staff(COLLEAGUE))
