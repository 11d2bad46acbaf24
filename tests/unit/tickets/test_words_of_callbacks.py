"""What a reporter says of somebody's work in a callback is read by who looks into it, and not by whom it is about."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.tickets.api.answers import ticket_answer
from services.tickets.domain import actions
from services.tickets.domain.attachments import Photo, attach, may_see
from services.tickets.domain.reading import may_read
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, REPORTER, Actor
from services.tickets.handlers.revealing import reveal
from tests.unit.tickets.callbacks import Matter
from tests.unit.tickets.stories import at

PHOTO = Photo("photo", 1000, 64, 48, "digest")
RATED = Actor("rated", frozenset({"community"}))
PROGRAM = Actor("a-program", frozenset({"community"}), is_program=True)
HIS_PROGRAM = Actor("a-program", frozenset({"community"}), is_program=True, answerable="rated")
COLLEAGUE = Actor("colleague", frozenset({"community"}))
IN_HAND = Actor("street", frozenset({"street", "assignee"}))
READERS = [
    (RATED, "rated-oneself"), (HIS_PROGRAM, "only-people"), (PROGRAM, "only-people"), (COLLEAGUE, None),
    (IN_HAND, None),
]  # fmt: skip


def callback() -> tuple[Matter, Ticket]:
    """At the street, with the words of who looks into it and a photo of the reporter's."""
    matter = Matter("grid")
    matter.do(actions.accept, by=RATED)
    matter.has_it("community")
    matter.solved_by("community")
    found = matter.callback()
    assert (found.level, found.rated) == ("street", ("rated",))
    office = Actor("street", frozenset({"street"}))
    reporter = Actor(found.reporter_id, REPORTER, found.reporter_id, ACCOUNT)
    steps: tuple[tuple[Callable[[Course, Actor], None], Actor], ...] = (
        (actions.accept, office), (lambda c, a: actions.assign(c, a, "street"), office),
        (lambda c, a: attach(c, a, [PHOTO]), reporter), (lambda c, a: actions.resolve(c, a, "sealed"), IN_HAND),
    )  # fmt: skip
    for step in steps:
        matter.id = found.id
        matter.do(step[0], by=step[1])
    return matter, matter.shelf.tickets[found.id]


@pytest.mark.parametrize(("who", "refused"), READERS)
def test_words_photos_and_who_reported_it_have_the_same_readers(who: Actor, refused: str | None) -> None:
    matter, ticket = callback()
    written = [step for step in ticket.history if step.detail.get("reason") or step.detail.get("text")]
    assert written
    assert {may_read(ticket, who, step) for step in written} == {refused is None}
    assert may_see(ticket, who, PHOTO.id) is (refused is None)
    if refused:
        with pytest.raises(Refused, match=refused):
            reveal(matter.shelf, matter.house, ticket, who, "why", at("09:06"))
    else:
        reveal(matter.shelf, matter.house, ticket, who, "why", at("09:06"))
        assert (ticket.id, who.person_id) in matter.shelf.reveals


def test_of_other_matters_a_program_reads_what_its_role_reads() -> None:
    matter, about = callback()
    rated = matter.shelf.tickets[str(about.parent_id)]
    assert may_read(rated, PROGRAM, next(step for step in rated.history if step.kind == "resolved"))


PROGRAMS = [
    PROGRAM, HIS_PROGRAM, Actor("a-program", frozenset({"partner"}), is_program=True),
    Actor("a-program", REPORTER, "resident", ACCOUNT, is_program=True, answerable="rated"),
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_program_adds_photos_to_a_callback(program: Actor) -> None:
    """It may be his whose work was rated."""
    _, ticket = callback()
    with pytest.raises(Refused, match="only-people"):
        attach(Course(ticket, at("09:10")), program, [PHOTO])


@pytest.mark.parametrize("program", [PROGRAM, HIS_PROGRAM])
def test_to_other_matters_a_program_adds_photos(program: Actor) -> None:
    matter, about = callback()
    rated = matter.shelf.tickets[str(about.parent_id)]
    course = Course(rated, at("09:10"))
    attach(course, program, [PHOTO])
    assert course.ticket.history[-1].kind == "attached"


@pytest.mark.parametrize(("who", "refused"), READERS)
def test_the_summary_of_a_callback_is_for_whom_its_words_are_for(who: Actor, refused: str | None) -> None:
    """Staff put into it what the reporter says of whom the callback asks about."""
    matter, found = callback()
    ticket = replace(found, summary="rude at the door")
    shown = ticket_answer(matter.house, matter.shelf, ticket, who, at("09:10"))
    assert shown["summary"] == (None if refused else ticket.summary)
    rated = replace(matter.shelf.tickets[str(ticket.parent_id)], summary="a lamp")
    assert ticket_answer(matter.house, matter.shelf, rated, who, at("09:10"))["summary"] == "a lamp"
