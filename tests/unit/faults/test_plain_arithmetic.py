"""The oracle's plain arithmetic of levels agrees with what fires, whoever does the work at a level or beneath it."""

from itertools import product

import pytest

from services.tickets.domain import actions
from services.tickets.domain.transitions import Actor
from tests.faults.questions.clocks import _marks, _plain
from tests.unit.tickets.stories import Story, at

LAST = "03-06 09:00"


@pytest.mark.parametrize(("lifts", "where"), [*product(range(4), ("beneath", "at"))])
def test_a_level_that_answers_and_one_beneath_which_it_is_done(lifts: int, where: str) -> None:
    for comes, ends in product(("09:06", "09:14", "09:45"), ("09:50", "15:00", "03-05 09:00")):
        told = Story("09:00", urgent=True).do("09:01", actions.accept).do("09:02", actions.assign, "he")
        for _ in range(lifts):
            told.do("09:05", lambda c, a, t=told: actions.escalate(c, a, t.rules, "up"))
        level = told.wait(comes).ticket.level
        there = Actor("he", frozenset({"assignee", "grid_worker" if where == "beneath" else level}))
        told.do(comes, actions.arrive, "complex", by=there).do(ends, actions.resolve, None, by=there)
        steps = [
            {"kind": step.kind, "at": step.at, "round": step.round, "detail": dict(step.detail)}
            for step in told.ticket.history
        ]
        expected, judged = _plain(steps, at(LAST))
        fired = {key: dates for key, dates in _marks({"history": steps}).items() if key[0] in judged}
        assert fired == {key: [date] for key, date in expected.items()}, (comes, ends)
        kept = {mark[0] for mark in told.marks("met")} & {"community", "street", "district"}
        assert bool(kept) <= (where == "at")
