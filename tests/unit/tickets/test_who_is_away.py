"""Who is absent, or whose account is disabled, is no matter of who reported a ticket or has it by a claim."""

from itertools import product
from typing import Any

import pytest

from services.tickets.api.answers import clocks_answer, history_answer
from services.tickets.domain.actions import decline_claim
from services.tickets.domain.handing_back import hand_back
from services.tickets.domain.parts import FollowUpSecret, parts_of
from services.tickets.domain.settle import Rules
from services.tickets.domain.transitions import SECRET, STAFF, Actor
from tests.unit.tickets.shelf import house
from tests.unit.tickets.stories import RESIDENT, Story, at, rules

AWAY, WHY, UNTIL = "person-away", ("absent", "disabled", "not_staff", "beneath_level"), "2026-03-09T00:00:00+00:00"
SKIPPED = [{"person_id": AWAY, "why": why, "until": UNTIL if why == "absent" else None} for why in WHY]
DUTY = {"duty": {"level": "grid", "vacant": False, "skipped": SKIPPED, "post": "grid-001.contact"}}


@pytest.fixture
def story() -> Story:
    """Somebody was skipped when it was filed and when it was lifted, one had it taken from him, one was declined."""
    known = rules()
    judged = Rules(known.policy, known.calendars, known.owner_of, lambda level, path, rated=(): DUTY)
    told = Story("09:00", judged).on_site("09:05", "ordinary").wait("09:45")
    told.do("09:46", lambda course, actor: hand_back(course, judged, "disabled", from_hands=True, from_owner=True))
    return told.do("09:47", lambda course, actor: decline_claim(course, "claim", "offer", "account-disabled"))


def readers(story: Story) -> dict[str, Actor]:
    """`staff` of the place, and everybody else who may read it."""
    ticket = story.ticket
    by_secret = parts_of(ticket, None, frozenset(), FollowUpSecret(SECRET, RESIDENT))
    return {
        **{role: parts_of(ticket, "somebody", frozenset({role})) for role in STAFF},
        "reporter": parts_of(ticket, RESIDENT, frozenset()), "by secret": by_secret,
        "who serves elsewhere": parts_of(ticket, RESIDENT, frozenset({"resident"})),
        "volunteer": Actor("volunteer", frozenset({"assignee"})),
        "partner": parts_of(ticket, "program", frozenset({"partner"})),
        "partner who reported it": parts_of(ticket, RESIDENT, frozenset({"partner"})),
    }  # fmt: skip


OTHERS = ("reporter", "by secret", "who serves elsewhere", "volunteer", "partner", "partner who reported it")


def shown(story: Story, who: str, locale: str) -> tuple[dict[str, Any], dict[str, Any]]:
    reader = readers(story)[who]
    clock = clocks_answer(story.rules, story.ticket, reader, at("10:00"), locale)
    return clock, history_answer(house(), story.ticket, reader)


@pytest.mark.parametrize(("who", "locale"), list(product(OTHERS, ("zh-CN", "en"))))
def test_others_learn_at_most_that_somebody_was_skipped(story: Story, who: str, locale: str) -> None:
    clock, history = shown(story, who, locale)
    for answer in (clock, history):
        said = str(answer)
        assert AWAY not in said
        assert UNTIL not in said
        assert not [why for why in (*WHY, "account-disabled") if f"'{why}'" in said]
    nobody = {"person_id": None, "why": None, "until": None}
    text = "有人当时不能负责,已跳过" if locale == "zh-CN" else "somebody could not answer for it then and was skipped"
    assert [one["skipped"] for one in clock["duty"]] == [[{**nobody, "text": text}]] * len(clock["duty"])
    kept = [step["detail"]["duty"] for step in history["steps"] if "duty" in step["detail"]]
    assert kept
    assert all(one == {**DUTY["duty"], "skipped": [nobody]} for one in kept)


@pytest.mark.parametrize("who", sorted(STAFF))
def test_staff_of_the_place_learn_whom_the_ladder_skipped_and_why(story: Story, who: str) -> None:
    clock, history = shown(story, who, "en")
    assert [one["why"] for one in clock["duty"][0]["skipped"]] == list(WHY)
    assert history["steps"][0]["detail"]["duty"] == DUTY["duty"]
    said = {step["kind"]: step["detail"].get("reason_code") for step in history["steps"]}
    assert (said["handed_back"], said["claim_declined"]) == ("disabled", "account-disabled")


def test_where_nobody_was_skipped_nothing_is_said_of_it() -> None:
    known = rules()
    vacant = {"duty": {"level": "grid", "vacant": True, "skipped": []}}
    story = Story("09:00", Rules(known.policy, known.calendars, known.owner_of, lambda level, path, rated=(): vacant))
    clock, history = shown(story, "reporter", "en")
    assert (clock["duty"][0]["skipped"], clock["duty"][0]["vacant"]) == ([], True)
    assert history["steps"][0]["detail"]["duty"] == vacant["duty"]
