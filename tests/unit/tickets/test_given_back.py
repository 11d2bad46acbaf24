"""Whoever did nothing about what he claimed gives it back and has kept nothing; whoever began has it as before.

From who is suspended it is taken either way, and goes on with what its promises have left.
"""

from collections.abc import Mapping

import pytest

from services.tickets.domain import actions, kinds, pausing, planning
from services.tickets.domain.handing_back import DISABLED, SUSPENDED, hand_back, take_from_suspended
from services.tickets.domain.handled import has_begun
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import ASSIGNEE, SYSTEM, TRANSITIONS, Actor
from tests.unit.tickets.each_policy import DEEDS, POLICIES, Deed, rules
from tests.unit.tickets.stories import Story, at

VOLUNTEER, SYSTEMS = Actor("volunteer", ASSIGNEE), Actor(None, SYSTEM)


def _pause(course: Course, actor: Actor) -> None:
    policy = next(policy for policy in POLICIES.values() if policy.pin == course.ticket.policy)
    pausing.pause(course, actor, policy, next(iter(policy.pauses), ""), None)


MAY: Mapping[str, Deed] = {
    "arrive": lambda course, actor: actions.arrive(course, actor, "complex" if course.life.severities else None),
    "tick": DEEDS["item_done"],
    "hold_session": DEEDS["session_held"],
    "resolve": DEEDS["resolved"],
    "pause": _pause,
    "resume": pausing.resume,
    "reclassify": lambda course, actor: planning.reclassify(course, actor, "ordinary", None, has_reason=False),
    "plan": DEEDS["planned"],
}
"""Each action of who has it in hand."""


def claimed(name: str, lifted: bool) -> Story:
    policy = POLICIES[name]
    service = next(iter(policy.services), None)
    told = Story("09:00", rules(policy), service=service, promised_for="03-30 09:00" if policy.takes_date else None)
    told.do("09:01", kinds.verify if policy.life.verified else actions.accept)
    told.do("09:01", actions.offer, "offer", ())
    if lifted:
        told.do("09:02", actions.escalate, told.rules, "sealed")
    return told.do("09:03", actions.win_claim, "claim", "volunteer", by=SYSTEMS)


def goes(name: str, lifted: bool, action: str | None = None) -> bool:
    """Whether it is offered to volunteers, and who has it may do that at once."""
    try:
        told = claimed(name, lifted)
        if action:
            told.do("09:05", MAY[action], by=VOLUNTEER)
    except (Refused, StopIteration):
        return False
    return True


OFFERED = [(name, lifted) for name in POLICIES for lifted in (False, True) if goes(name, lifted)]
CASES = [(*case, action) for case in OFFERED for action in MAY if goes(*case, action)]


def test_each_action_of_who_has_it_in_hand_is_tried_here() -> None:
    assert set(MAY) == {name for name, transition in TRANSITIONS.items() if transition.who & ASSIGNEE}
    assert {action for _, _, action in CASES} == {"arrive", "tick", "hold_session", "resolve", "pause"}


def clocks_of(told: Story) -> list[tuple[str, str, object]]:
    return [(clock.name, clock.state, clock.due_at) for clock in told.rules.clocks(told.ticket, at("13:00"))]


def clocks_after_it_was_given_back(told: Story) -> list[tuple[str, str, object]]:
    return clocks_of(told.do("09:05", actions.release_claim, "claim", "another", by=SYSTEMS))


def taken(told: Story, when: str = "09:05") -> Story:
    return told.do(when, lambda course, who: take_from_suspended(course, told.rules, "another"))


@pytest.mark.parametrize(("name", "lifted", "action"), CASES)
def test_who_may_give_it_back_has_kept_nothing_by_what_he_did(name: str, lifted: bool, action: str) -> None:
    """Compared with who did nothing at all; what he let wait goes on in the same second."""
    told = claimed(name, lifted).do("09:05", MAY[action], by=VOLUNTEER)
    begun = told.ticket.state != "assigned" or has_begun(told.ticket)
    assert begun == (action != "pause")
    if not begun:
        assert clocks_after_it_was_given_back(told) == clocks_after_it_was_given_back(claimed(name, lifted))


@pytest.mark.parametrize(("name", "lifted", "action"), CASES)
def test_from_who_is_suspended_it_is_taken_with_what_its_promises_have_left(
    name: str, lifted: bool, action: str
) -> None:
    """As if he had given it back, where he did nothing; else as from who is disabled."""
    told, other = (claimed(name, lifted).do("09:05", MAY[action], by=VOLUNTEER) for _ in range(2))
    if not told.ticket.is_open:
        return  # solved, it is his
    begun = told.ticket.state != "assigned" or has_begun(told.ticket)
    if begun:
        other.do(
            "09:06", lambda course, who: hand_back(course, told.rules, DISABLED, from_hands=True, from_owner=False)
        )
    else:
        other.do("09:06", actions.release_claim, "claim", "another", by=SYSTEMS)
    after = taken(told, "09:06").ticket
    assert (after.assignee_id, after.claim_id, clocks_of(told)) == (None, None, clocks_of(other))
    assert (after.state, after.waiting_for) == (other.ticket.state, other.ticket.waiting_for)
    assert (after.state, after.waiting_for) == (other.ticket.state if begun else "offered", None)
    kind, detail = after.history[-1].kind, after.history[-1].detail
    assert (kind, detail["reason_code"]) == ("handed_back" if begun else "offered", SUSPENDED)


@pytest.mark.parametrize("name", sorted({name for name, lifted, action in CASES if action == "pause" and not lifted}))
def test_what_he_had_begun_with_and_let_wait_waits_on_in_nobodys_hand(name: str) -> None:
    """Why it waits is for staff to judge: a paper may really be missing."""
    begun = [
        action for one, lifted, action in CASES if one == name and not lifted and action not in ("pause", "resolve")
    ]
    told = claimed(name, lifted=False)
    for action in (begun[0], "pause"):
        told.do("09:05", MAY[action], by=VOLUNTEER)
    waits = told.ticket.waiting_for
    after = taken(told, "09:06").ticket
    assert (after.assignee_id, after.waiting_for is not None, after.waiting_for) == (None, True, waits)


def test_what_his_predecessor_did_is_not_his() -> None:
    told = claimed(*next((name, lifted) for name, lifted, action in CASES if action == "tick"))
    told.do("09:05", MAY["tick"], by=VOLUNTEER)
    assert has_begun(told.ticket)
    told.do("09:06", lambda course, who: actions.assign(course, who, "another"))
    assert not has_begun(told.ticket)
