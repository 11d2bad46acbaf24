"""Whether a paper is missing the checklist says, not who wants more time."""

import pytest

from services.tickets.domain import actions, kinds, pausing
from services.tickets.domain.pausing import PAPERS_MISSING
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import Actor
from services.tickets.policies import PACKS as PACK_FILES
from services.tickets.policies import load_policies, packs, shipped_policies
from tests.unit.tickets.stories import WORKER, Story
from tests.unit.tickets.stories import story as tell


def errand() -> Story:
    """Two papers are asked for."""
    return tell("errand", service="senior_card").do("09:01", actions.accept).do("09:02", actions.assign, WORKER)


def wait(course: Course, who: Actor) -> None:
    policy = shipped_policies()["errand/1"]
    pausing.pause(course, who, policy, PAPERS_MISSING, None)


def test_while_one_is_missing_it_may_wait() -> None:
    story = errand().do("09:03", kinds.tick, "id_card").do("09:04", wait)
    assert story.ticket.waiting_for == PAPERS_MISSING


def test_when_all_are_there_it_waits_for_none() -> None:
    story = errand().do("09:03", kinds.tick, "id_card").do("09:04", kinds.tick, "household_register")
    with pytest.raises(Refused, match="papers-complete"):
        story.do("09:05", wait)
    story.do("09:06", actions.resolve, None)


def test_the_reason_is_called_so_in_each_policy_that_knows_checklists() -> None:
    loaded = [
        *shipped_policies().values(),
        *(one for pack in packs() for one in load_policies(PACK_FILES / pack).values()),
    ]
    with_papers = [policy for policy in loaded if any(service.items for service in policy.services.values())]
    assert with_papers
    assert all(PAPERS_MISSING in policy.pauses for policy in with_papers)
