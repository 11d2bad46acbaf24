"""Slips of who has a part in a matter take it back for nobody; reporters and staff leave each other room for photos."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from services.tickets.domain import actions, withdrawing
from services.tickets.domain.attachments import Photo, attach
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import print_slip
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, SLIP, Actor
from tests.unit.tickets.stories import REPORTER, WORKER, Story


@pytest.mark.parametrize("step", ["accept", "offer"])
def test_a_slip_takes_nothing_back_whose_printer_took_any_step_of_it(step: str) -> None:
    """Accepted, and taken back by the slip that he had printed before, nobody ever owed it anything."""
    story, printer = Story("09:00"), Actor("somebody", frozenset({"grid_head"}))
    story.do("09:01", lambda c, a: print_slip(c, a, "digest"), by=printer)
    story.do("09:02", actions.accept, by=printer if step == "accept" else Actor(WORKER, frozenset({"grid_worker"})))
    if step == "offer":
        story.do("09:03", actions.offer, "an-offer", (), by=printer)
    by_slip = Actor(None, REPORTER.parts, story.ticket.reporter_id, SLIP, "somebody")
    with pytest.raises(Refused, match="slip-cannot-cancel"):
        story.do("09:04", withdrawing.cancel, None, by=by_slip)


def test_the_slip_of_who_entered_it_at_the_desk_takes_it_back() -> None:
    """It came to its reporter by mail, too, where he left an address."""
    story = Story("09:00")
    filed = replace(story.ticket.history[0], by="clerk")
    story.course.ticket = replace(story.ticket, history=(filed, *story.ticket.history[1:]))
    story.do("09:02", actions.accept)
    by_slip = Actor(None, REPORTER.parts, story.ticket.reporter_id, SLIP, "clerk")
    story.do("09:04", withdrawing.cancel, None, by=by_slip)
    assert story.ticket.state == "cancelled"


def test_five_photos_of_twenty_are_kept_for_who_works_on_it() -> None:
    story, photo = Story("09:00"), Photo("p", 1, 1, 1, "d")
    for number in range(15):
        story.do("09:01", attach, [replace(photo, id=f"r-{number}")], by=REPORTER)
    with pytest.raises(Refused, match="too-many-attachments"):
        story.do("09:01", attach, [photo], by=REPORTER)
    staff, volunteer = Actor("cadre", frozenset({"community"})), Actor("volunteer", ASSIGNEE)
    story.course.ticket = replace(story.ticket, claim_id="claim")
    for who in (staff, volunteer):
        for number in range(5):
            story.do("09:02", attach, [replace(photo, id=f"{who.person_id}-{number}")], by=who)
        with pytest.raises(Refused, match="too-many-attachments"):
            story.do("09:03", attach, [photo], by=who)


STAFF_BY = Actor("cadre", frozenset({"community", "assignee"}))
SECRET_BY = Actor(None, REPORTER.parts, "person-resident", SLIP, "clerk")
PARTNER = Actor("partner", frozenset({"partner"}))
_EACH = {"reporter": REPORTER, "staff": STAFF_BY, "volunteer": Actor("volunteer", ASSIGNEE), "secret": SECRET_BY,
         "partner": PARTNER, "desk": Actor("clerk", REPORTER.parts)}  # fmt: skip
"""`desk`: who enters it for somebody else."""


def fill(story: Story, who: str, most: int = 25) -> int:
    """How many photos somebody gets in."""
    for number in range(most):
        try:
            story.do("09:01", attach, [Photo(f"{who}-{number}", 1, 1, 1, "d")], by=_EACH[who])
        except Refused:
            return number
    return most


def test_five_photos_of_twenty_are_kept_for_its_reporters() -> None:
    story, who = Story("09:00"), "staff"
    assert fill(story, who) == 15
    assert fill(story, "reporter", 3) == 3
    assert (fill(story, "reporter"), fill(story, who)) == (2, 0)


def test_what_came_by_a_slip_takes_no_place_of_its_reporter_and_says_so() -> None:
    """It passed through the hands of who printed it, and is told from what the reporter shows himself."""
    story = Story("09:00")
    assert fill(story, "secret") == 5
    assert {step.detail["way"] for step in story.ticket.history if step.kind == "attached"} == {SLIP}
    own = replace(REPORTER, reports_as=REPORTER.person_id, way=ACCOUNT)
    for number in range(6):
        story.do("09:01", attach, [Photo(f"own-{number}", 1, 1, 1, "d")], by=own)
    assert story.ticket.history[-1].detail["way"] == ACCOUNT
    another = replace(SECRET_BY, slip_by="another-clerk")
    story.do("09:02", attach, [Photo("p", 1, 1, 1, "d")], by=another)


@pytest.mark.parametrize("has", [True, False])
def test_who_has_or_had_it_in_hand_adds_nothing_by_a_slip_of_his(has: bool) -> None:
    """Printed before he took it, and used without a token: as if its reporter had shown how well it was done."""
    story = Story("09:00").do("09:01", actions.accept).do("09:02", actions.assign, "clerk")
    if not has:
        story.do("09:03", actions.arrive, "special", by=Actor("clerk", ASSIGNEE))
        story.do("09:04", actions.assign, "somebody", by=Actor("clerk", ASSIGNEE | {"grid_worker"}))
    with pytest.raises(Refused, match="slip-of-the-solver"):
        story.do("09:05", attach, [Photo("p", 1, 1, 1, "d")], by=SECRET_BY)
    story.do("09:05", attach, [Photo("p", 1, 1, 1, "d")], by=replace(SECRET_BY, slip_by="another"))


@pytest.mark.parametrize("order", list(permutations(["reporter", "staff", "partner", "desk"])))
def test_whoever_fills_up_what_he_may_each_has_five_of_his_own(order: Sequence[str]) -> None:
    story = Story("09:00")
    taken = {who: fill(story, who) for who in order}
    assert min(taken.values()) >= 5
    assert (taken["partner"], taken["desk"]) == (5, 5)
    assert taken["staff"] + taken["reporter"] <= 20


def test_places_that_one_side_has_used_are_kept_for_it_no_more() -> None:
    story = Story("09:00")
    assert (fill(story, "reporter", 5), fill(story, "staff")) == (5, 15)


def test_photos_of_before_whose_side_is_not_written_down_leave_five_to_staff() -> None:
    story = Story("09:00")
    fill(story, "staff", 8)
    before = [
        replace(step, detail={name: value for name, value in step.detail.items() if name != "side"})
        for step in story.ticket.history
    ]  # fmt: skip
    story.course.ticket = replace(story.ticket, history=tuple(before))
    assert (fill(story, "reporter"), fill(story, "staff")) == (7, 5)
