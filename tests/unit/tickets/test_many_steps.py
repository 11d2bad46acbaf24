"""A history is kept and read whole: nobody makes one without end, and whoever fills one keeps nobody from ending it."""

import pytest

from services.tickets.domain import actions, kinds
from services.tickets.domain.refused import Refused
from services.tickets.domain.transitions import HOWEVER_LONG, MORE_FOR_OFFICES, MOST_STEPS, SYSTEM, TRANSITIONS, Actor
from tests.unit.tickets.stories import RESIDENT, WORKER, Story
from tests.unit.tickets.test_kinds import story

MEDIATOR = Actor(WORKER, frozenset({"grid_worker", "assignee"}))
OFFICE = Actor("cadre", frozenset({"community"}))


def full() -> Story:
    """A dispute whose mediator writes down one session after the other."""
    filled = story("dispute").do("09:01", actions.accept).do("09:01", actions.assign, WORKER)
    while len(filled.ticket.history) < MOST_STEPS:
        filled.do("09:02", kinds.hold_session, "sealed", by=MEDIATOR)
    return filled


def test_grid_staff_write_so_many_and_offices_some_more() -> None:
    filled = full()
    with pytest.raises(Refused, match="too-many-steps") as refused:
        filled.do("09:03", kinds.hold_session, "sealed", by=MEDIATOR)
    assert refused.value.params == {"most": MOST_STEPS}
    for _ in range(MORE_FOR_OFFICES):
        filled.do("09:03", kinds.hold_session, "sealed", by=OFFICE)
    with pytest.raises(Refused, match="too-many-steps"):
        filled.do("09:03", kinds.hold_session, "sealed", by=OFFICE)


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
