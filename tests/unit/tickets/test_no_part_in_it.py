"""Slips of who has a part in a matter take it back for nobody; reporters leave room for photos of who works on it."""

from dataclasses import replace

import pytest

from services.tickets.domain import actions, withdrawing
from services.tickets.domain.attachments import Photo, attach
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import print_slip
from services.tickets.domain.transitions import ASSIGNEE, SLIP, Actor
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
    for number in range(5):
        story.do("09:02", attach, [replace(photo, id=f"s-{number}")], by=volunteer if number else staff)
    with pytest.raises(Refused, match="too-many-attachments"):
        story.do("09:03", attach, [photo], by=staff)
