"""A history is kept and read whole: nobody makes one without end, and whoever fills one keeps nobody from ending it."""

from dataclasses import replace

import pytest

from services.tickets.domain import actions, kinds, pausing
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import Step
from services.tickets.domain.transitions import (
    HOWEVER_LONG,
    MORE_FOR_OFFICES,
    MOST_OF_A_PERSON,
    MOST_PAUSES,
    MOST_STEPS,
    SYSTEM,
    TRANSITIONS,
    Actor,
)
from tests.unit.tickets.stories import RESIDENT, WORKER, Story, story

MEDIATOR = Actor(WORKER, frozenset({"grid_worker", "assignee"}))
OFFICE = Actor("cadre", frozenset({"community"}))


def staff(number: int, role: str) -> Actor:
    return Actor(f"{role}-{number}", frozenset({role}))


def full() -> Story:
    """A dispute of which the grid's mediators write down one session after the other."""
    filled = story("dispute").do("09:01", actions.accept).do("09:01", actions.assign, WORKER)
    number = 0
    while len(filled.ticket.history) < MOST_STEPS:
        filled.do("09:02", kinds.hold_session, "sealed", by=staff(number % 4, "grid_head"))
        number += 1
    return filled


def test_grid_staff_write_so_many_and_offices_some_more() -> None:
    filled = full()
    with pytest.raises(Refused, match="too-many-steps") as refused:
        filled.do("09:03", kinds.hold_session, "sealed", by=MEDIATOR)
    assert refused.value.params == {"most": MOST_STEPS}
    for number in range(MORE_FOR_OFFICES):
        filled.do("09:03", kinds.hold_session, "sealed", by=staff(number % 2, "community"))
    with pytest.raises(Refused, match="too-many-steps"):
        filled.do("09:03", kinds.hold_session, "sealed", by=OFFICE)


@pytest.mark.parametrize("role", ["grid_worker", "community", "assignee"])
def test_one_person_takes_so_many_steps_of_a_round_and_leaves_the_others_theirs(role: str) -> None:
    """A volunteer held 195 sessions in half a minute, gave it back, and nobody could take it up any more."""
    who = staff(0, role)
    told = story("dispute").do("09:01", actions.accept, by=staff(0, "grid_head"))
    told.do("09:01", actions.assign, WORKER, by=staff(0, "grid_head"))
    for _ in range(MOST_OF_A_PERSON):
        told.do("09:02", kinds.hold_session, "sealed", by=who)
    with pytest.raises(Refused, match="too-many-own-steps") as refused:
        told.do("09:02", kinds.hold_session, "sealed", by=who)
    assert refused.value.params == {"most": MOST_OF_A_PERSON}
    told.do("09:03", kinds.hold_session, "sealed", by=staff(1, "grid_head"))
    told.do("09:04", actions.assign, "another", by=staff(1, "grid_head"))


def test_it_is_lifted_solved_and_reopened_for_a_round_that_has_room() -> None:
    filled = full()
    filled.do("09:03", lambda course, who: actions.escalate(course, who, filled.rules, "full"), by=OFFICE)
    filled.do("09:04", actions.resolve, None, "failed", by=MEDIATOR)
    reporter = Actor(RESIDENT, frozenset({"reporter"}), RESIDENT, "account")
    filled.do("09:05", lambda course, who: actions.reopen(course, who, filled.rules, None, None), by=reporter)
    filled.do("09:06", actions.assign, WORKER)
    assert filled.ticket.round == 2


def test_what_a_full_round_still_takes_is_decided_for_every_action() -> None:
    bounded = {
        "verify", "accept", "assign", "hand_over", "offer", "arrive", "reclassify", "plan", "move_plan", "tick",
        "hold_session", "pause", "transfer", "de_escalate", "print_slip",
    }  # fmt: skip
    assert bounded | HOWEVER_LONG == set(TRANSITIONS)
    assert not bounded & HOWEVER_LONG
    assert all(TRANSITIONS[action].who != SYSTEM for action in bounded)


VOLUNTEER = Actor("volunteer", frozenset({"assignee"}))
HEAD = Actor("head", frozenset({"grid_head"}))


def claimed() -> Story:
    """A wish that a volunteer has in hand."""
    wish = story("wish").do("09:01", actions.accept).do("09:01", actions.offer, "offer", ())
    return wish.do("09:02", lambda course, who: actions.win_claim(course, who, "claim", "volunteer"),
                   by=Actor(None, SYSTEM))  # fmt: skip


def wait_and_go_on(held: Story, who: Actor) -> None:
    policy = held.rules.policy
    held.do("09:03", lambda course, who: pausing.pause(course, who, policy, "resident_away", None), by=who)
    held.do("09:03", pausing.resume, by=who)


def filled_up(held: Story) -> Story:
    """By whatever steps."""
    more = tuple(Step("item_done", held.ticket.history[-1].at, held.ticket.round) for _ in range(MOST_STEPS))
    held.course.ticket = replace(held.ticket, history=(*held.ticket.history, *more))
    return held


@pytest.mark.parametrize("state", ["assigned", "on_site"])
@pytest.mark.parametrize("by", [HEAD, OFFICE, Actor(WORKER, frozenset({"grid_worker"}))])
def test_what_a_volunteer_has_in_hand_is_given_to_staff_however_long_its_history_is(state: str, by: Actor) -> None:
    full = filled_up(claimed())
    full.course.ticket = replace(full.ticket, state=state)
    full.do("09:04", actions.assign, WORKER, by=by)
    assert (full.ticket.assignee_id, full.ticket.assignee_kind) == (WORKER, "staff")
    if by is not OFFICE:
        with pytest.raises(Refused, match="too-many-steps"):
            full.do("09:05", actions.assign, "another", by=by)


@pytest.mark.parametrize("by", [HEAD, OFFICE, Actor(WORKER, frozenset({"grid_worker"}))])
def test_what_is_offered_is_given_to_staff_however_long_its_history_is(by: Actor) -> None:
    full = filled_up(claimed()).do("09:04", actions.release_claim, "claim", "again", by=Actor(None, SYSTEM))
    full.do("09:05", actions.assign, WORKER, by=by)
    assert full.ticket.assignee_id == WORKER


def test_a_volunteer_writes_nothing_more_into_a_full_round() -> None:
    full = filled_up(claimed())
    with pytest.raises(Refused, match="too-many-steps"):
        wait_and_go_on(full, VOLUNTEER)
    with pytest.raises(Refused, match="not-allowed"):
        full.do("09:04", actions.assign, "volunteer", by=VOLUNTEER)


@pytest.mark.parametrize("who", [VOLUNTEER, HEAD, OFFICE])
def test_one_person_lets_it_wait_so_often_in_a_round_and_leaves_the_others_theirs(who: Actor) -> None:
    held = claimed()
    for _ in range(MOST_PAUSES):
        wait_and_go_on(held, who)
    with pytest.raises(Refused, match="too-many-pauses") as refused:
        wait_and_go_on(held, who)
    assert refused.value.params == {"most": MOST_PAUSES}
    for other in (VOLUNTEER, HEAD, OFFICE):
        if other is not who:
            wait_and_go_on(held, other)
    held.do("09:05", actions.assign, WORKER, by=HEAD)
    reporter = Actor(RESIDENT, frozenset({"reporter"}), RESIDENT, "account")
    held.do("09:06", actions.resolve, None, by=MEDIATOR)
    held.do("09:07", lambda course, who: actions.reopen(course, who, held.rules, None, None), by=reporter)
    held.do("09:08", actions.assign, WORKER, by=HEAD)
    # of the round before none counts
    wait_and_go_on(held, replace(who, parts=who.parts | {"assignee"}))
