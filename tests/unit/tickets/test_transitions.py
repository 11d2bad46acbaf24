"""The table of transitions: what is in it works for whom it names; everything else is refused and changes nothing."""

from dataclasses import replace

import pytest

from services.contracts.tickets import STATES
from services.tickets.domain.policy import Life
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import TRANSITIONS, Actor, allowed
from tests.unit.tickets.stories import Story

PARTS = (
    "grid_worker", "grid_head", "station_head", "community", "street", "district", "partner", "reporter", "assignee",
    "system", "stands_in",
)  # fmt: skip


@pytest.fixture(scope="module")
def ticket() -> Ticket:
    return Story("09:00").ticket


def life_with(action: str) -> Life:
    """Of a kind that knows the action and forbids it in none of the table's states."""
    return Life(on_site="possible", verified=action == "verify", sessions=action == "hold_session")


@pytest.mark.parametrize("action", TRANSITIONS)
@pytest.mark.parametrize("state", STATES)
def test_an_action_is_possible_exactly_in_the_states_of_the_table(ticket: Ticket, action: str, state: str) -> None:
    transition, inside = TRANSITIONS[action], replace(ticket, state=state)
    actor = Actor("p", transition.who)
    if state in transition.sources:
        assert allowed(inside, action, actor, life_with(action)) == (transition.target or state)
    else:
        with pytest.raises(Refused) as refused:
            allowed(inside, action, actor, life_with(action))
        assert refused.value.slug == "transition-not-allowed"
        assert refused.value.params["state"] == state


@pytest.mark.parametrize("action", TRANSITIONS)
@pytest.mark.parametrize("part", PARTS)
def test_an_action_is_open_exactly_to_those_whom_the_table_names(ticket: Ticket, action: str, part: str) -> None:
    transition = TRANSITIONS[action]
    inside, actor = replace(ticket, state=min(transition.sources)), Actor("p", frozenset({part}))
    if part in transition.who:
        allowed(inside, action, actor, life_with(action))
    else:
        with pytest.raises(Refused, match="not-allowed"):
            allowed(inside, action, actor, life_with(action))


def test_what_is_closed_rejected_or_cancelled_is_the_end() -> None:
    ends = {"closed", "rejected", "cancelled", "merged"}
    assert not any(transition.sources & ends for transition in TRANSITIONS.values())


def test_every_state_of_the_contract_can_be_reached_and_no_other() -> None:
    reached = {"filed"} | {t.target for t in TRANSITIONS.values() if t.target}
    assert reached == set(STATES)


def test_only_offices_move_a_planned_date() -> None:
    assert TRANSITIONS["move_plan"].who == {"community", "street", "district"}
