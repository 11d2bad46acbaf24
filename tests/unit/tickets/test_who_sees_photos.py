"""A photo shows people and their doors: who may see it may have the ticket revealed, or reported it."""

from dataclasses import replace
from itertools import product

import pytest

from services.tickets.api.answers import reads_others_words
from services.tickets.domain import actions
from services.tickets.domain.attachments import Photo, attach, is_looked_into, may_see
from services.tickets.domain.parts import parts_of
from services.tickets.domain.reading import is_listed, may_reveal
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import STAFF
from tests.unit.tickets.stories import OWNERS, RESIDENT, WORKER, Story

PHOTO = Photo("photo", 1000, 64, 48, "digest")
ROLES = (*sorted(STAFF), "partner", "resident", None)
PEOPLE = ("somebody", "cadre", WORKER, OWNERS["grid"], None)


@pytest.fixture
def ticket() -> Ticket:
    """The worker has it in hand; a street's cadre added a photo."""
    story = Story("09:00").on_site("09:05", "ordinary")
    street = parts_of(story.ticket, "cadre", frozenset({"street"}))
    story.do("09:06", attach, [PHOTO], by=street)
    return story.ticket


@pytest.mark.parametrize(("role", "person"), list(product(ROLES, PEOPLE)))
def test_a_photo_is_for_who_may_reveal(ticket: Ticket, role: str | None, person: str | None) -> None:
    who = parts_of(ticket, person, frozenset({role} if role else ()))
    assert may_see(ticket, who, PHOTO.id) is may_reveal(who)


@pytest.mark.parametrize("role", ["street", "district", "partner"])
def test_who_may_not_reveal_learns_that_there_is_one(ticket: Ticket, role: str) -> None:
    (step,) = (one for one in ticket.history if one.detail.get("attachment_id") == PHOTO.id)
    who = parts_of(ticket, "cadre", frozenset({role}))
    assert not may_see(ticket, who, PHOTO.id), "also who added it"
    assert is_listed(ticket, who, step)


@pytest.mark.parametrize("role", ["street", "district", "resident"])
def test_its_reporter_sees_it_whatever_else_he_is(ticket: Ticket, role: str) -> None:
    assert may_see(ticket, parts_of(ticket, RESIDENT, frozenset({role})), PHOTO.id)


BOTH = [("grid_worker", "a-worker"), ("community", "an-officer")]
"""Staff who reported the same by a ticket that was merged."""


@pytest.mark.parametrize(("role", "person"), BOTH)
def test_whoever_reported_it_too_is_recorded_when_he_reads_another_reporters_words_and_photos_as_staff(
    role: str, person: str
) -> None:
    """By a report of his own, merged into the matter, he read and looked without a trace."""
    story = Story("09:00").on_site("09:05", "ordinary").do("09:10", actions.resolve, "sealed")
    story.course.ticket = replace(story.ticket, also_reported_by=(person,))
    reporter = parts_of(story.ticket, RESIDENT, frozenset())
    story.do("09:15", lambda c, a: actions.reopen(c, a, story.rules, None, "sealed"), by=reporter)
    story.do("09:16", attach, [PHOTO], by=parts_of(story.ticket, RESIDENT, frozenset()))
    who = parts_of(story.ticket, person, frozenset({role}))
    assert who.reports_as == person
    assert may_see(story.ticket, who, PHOTO.id)
    assert is_looked_into(story.ticket, who, PHOTO.id)
    assert reads_others_words(story.ticket, who)
    merely, own = parts_of(story.ticket, person, frozenset()), parts_of(story.ticket, RESIDENT, frozenset())
    assert not reads_others_words(story.ticket, merely)
    assert not may_see(story.ticket, merely, PHOTO.id)
    assert not is_looked_into(story.ticket, own, PHOTO.id)
    assert not reads_others_words(story.ticket, own), "what was said to him"
