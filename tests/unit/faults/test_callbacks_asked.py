"""The oracle finds by itself at which level a bad rating is followed up."""

from dataclasses import replace
from typing import Any

import pytest

from services.tickets.domain.policy import LEVELS
from services.tickets.domain.ticket import Ticket
from tests.faults.evidence import Evidence
from tests.faults.questions.commands import every_bad_rating_is_called_back_once
from tests.unit.tickets.callbacks import ROLES, WAYS, Matter


def found(*tickets: Ticket) -> list[str]:
    evidence: Any = Evidence.__new__(Evidence)
    evidence.__dict__["tickets"] = {
        ticket.id: {
            "kind": ticket.kind, "parent_id": ticket.parent_id,
            "history": [{"kind": step.kind, "detail": dict(step.detail)} for step in ticket.history],
        }
        for ticket in tickets
    }  # fmt: skip
    return [str(one) for one in every_bad_rating_is_called_back_once(evidence)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
def test_it_agrees_with_what_was_filed_and_with_nothing_else(level: str, role: str, way: str) -> None:
    matter = Matter(level)
    WAYS[way](matter, role)
    callback = matter.callback()
    assert not found(matter.ticket, callback)
    begun = callback.history[0]
    other = next(one for one in LEVELS if one != callback.level)
    elsewhere = replace(callback, history=(replace(begun, detail={**begun.detail, "level": other}),))
    for wrong in ([], [elsewhere], [callback, replace(callback, id="twice")]):
        assert found(matter.ticket, *wrong)


def test_of_a_good_rating_there_is_none() -> None:
    matter = Matter("grid")
    WAYS["solves"](matter, "grid_worker")
    callback = matter.callback()
    good = [replace(step, detail={**step.detail, "rating": 3}) if step.kind == "confirmed" else step
            for step in matter.ticket.history]  # fmt: skip
    assert found(replace(matter.ticket, history=tuple(good)), callback)
    assert not found(replace(matter.ticket, history=tuple(good)))
