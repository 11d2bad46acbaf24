"""What somebody has to see or hear is no program's, whatever its role: it would keep promises without any work."""

import pytest

from services.tickets.domain.refused import Refused
from services.tickets.domain.transitions import STAFF, TRANSITIONS, Actor, allowed
from tests.unit.tickets.stories import Story

PEOPLES = ("verify", "hold_session", "tick")
OTHERWISE = {
    "accept": "it takes it in, which is what a hotline's program does",
    "assign": "to people alone",
    "hand_over": "to people alone",
    "offer": "its promise runs until somebody takes it",
    "reclassify": "graver by people alone",
    "pause": "told to its reporter, as long as each reason lasts",
    "resume": "its promise runs again",
    "transfer": "its promises run on",
    "resolve": "its reporter judges it",
    "reject": "its reporter is told",
    "cancel": "a reporter's word, of which people alone write it down",
    "confirm": "a reporter's word, of which people alone write it down",
    "escalate": "those above hear of it",
    "de_escalate": "its level hands down only what something would lift again",
    "arrive": "who has it in hand, which no program has",
}
OTHERS = ("reopen", "print_slip", "merge", "plan", "move_plan")
"""For people for another reason: they are for somebody else than whose work it is, or put off what was promised."""


def test_every_step_of_staff_is_decided() -> None:
    of_staff = {name for name, row in TRANSITIONS.items() if row.who & (STAFF | {"assignee"})}
    assert of_staff <= {*PEOPLES, *OTHERWISE, *OTHERS}


@pytest.mark.parametrize("action", [*PEOPLES, *OTHERS])
@pytest.mark.parametrize("role", sorted(STAFF))
def test_no_program_does_it(action: str, role: str) -> None:
    program = Actor("program", frozenset({role}), is_program=True, answerable="administrator")
    if role in TRANSITIONS[action].who:
        with pytest.raises(Refused, match="only-people"):
            allowed(Story("09:00").ticket, action, program)
