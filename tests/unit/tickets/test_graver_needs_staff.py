"""What is special or major has no promise to be solved: so say, and plan it, who is on duty there.

Who has it by a claim is whoever registered as a volunteer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.tickets.domain import actions, planning
from services.tickets.domain.policy import PLANNED_SEVERITIES
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import ASSIGNEE, Actor
from tests.unit.tickets.stories import WORKER, Story, at

VOLUNTEER = Actor("volunteer", ASSIGNEE)
WORKS_THERE = Actor("volunteer", ASSIGNEE | {"grid_worker"})
LATER = at("03-20 09:00")


def in_hand(state: str, severity: str | None) -> Story:
    """By a claim."""
    story = Story("09:00").do("09:01", actions.accept).do("09:02", actions.assign, WORKER)
    story.course.ticket = replace(story.ticket, assignee_kind="member", state=state, severity=severity)
    return story


def deeds(severity: str) -> dict[str, tuple[Story, Callable[[Course, Actor], None]]]:
    return {
        "arrive": (in_hand("assigned", None), lambda c, a: actions.arrive(c, a, severity)),
        "reclassify": (in_hand("on_site", "ordinary"), lambda c, a: planning.reclassify(c, a, severity, "why", True)),
        "plan": (in_hand("on_site", severity), lambda c, a: planning.plan(c, a, LATER, None)),
    }


@pytest.mark.parametrize("severity", sorted(PLANNED_SEVERITIES))
@pytest.mark.parametrize("deed", ["arrive", "reclassify", "plan"])
def test_who_has_it_by_a_claim_alone_neither_says_so_nor_plans_it(deed: str, severity: str) -> None:
    story, does = deeds(severity)[deed]
    with pytest.raises(Refused, match="graver-needs-staff"):
        story.do("09:10", does, by=VOLUNTEER)
    assert "volunteer" not in {step.by for step in story.ticket.history}
    deeds(severity)[deed][0].do("09:10", does, by=WORKS_THERE)


def test_what_is_less_grave_he_says_himself() -> None:
    story = in_hand("assigned", None).do("09:10", actions.arrive, "ordinary", by=VOLUNTEER)
    story.do("09:11", planning.reclassify, "complex", "more than it seemed", True, by=VOLUNTEER)
    assert story.ticket.severity == "complex"
