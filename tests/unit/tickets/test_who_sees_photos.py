"""A photo shows people and their doors: who may see it may have the ticket revealed, or reported it."""

from itertools import product

import pytest

from services.tickets.domain.attachments import Photo, attach, may_see
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
