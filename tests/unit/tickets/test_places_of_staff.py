"""Places for photos of staff are counted by person: who has the matter in hand has five of his own, whatever colleagues
without a part in it, or those who had it in hand before him, added."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.tickets.domain import actions
from services.tickets.domain.attachments import (
    BESIDE,
    EVER,
    IN_HAND,
    KEPT_FOR_EACH,
    MORE_FOR_OFFICES,
    MOST,
    PLACES,
    Photo,
    attach,
)
from services.tickets.domain.steps import ANSWERABLE, Step
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, REPORTER, SECRET, Actor, allowed
from services.tickets.handlers.life import do
from tests.unit.tickets.adding_photos import MERGED, add, reported
from tests.unit.tickets.callbacks import Matter
from tests.unit.tickets.stories import RESIDENT, WORKER, Story, at

OWN = Actor(RESIDENT, frozenset({"reporter", "author"}), RESIDENT, ACCOUNT)
HEAD = Actor("head", frozenset({"station_head"}))
OFFICER = Actor("officer", frozenset({"community"}))
PARTNER = Actor("partner", frozenset({"partner"}))


def colleague(number: int = 0) -> Actor:
    """Of the same grid, without any part in the matter."""
    return Actor(f"colleague-{number}", frozenset({"grid_worker"}))


def holder(number: int, role: str = "grid_worker") -> Actor:
    return Actor(f"holder-{number}", frozenset({role, "assignee"}))


def has_it(story: Story, who: Actor | None, claim: str | None = None) -> None:
    kind = None if who is None else "member" if claim else "staff"
    story.course.ticket = replace(
        story.ticket, assignee_id=who.person_id if who else None, assignee_kind=kind, claim_id=claim, state="assigned"
    )


@pytest.mark.parametrize("next_one", [HEAD, OFFICER, colleague(1), holder(0)])
def test_a_colleague_without_a_part_in_it_leaves_the_others_room(next_one: Actor) -> None:
    story = reported()
    has_it(story, holder(0))
    assert add(story, colleague()) == KEPT_FOR_EACH
    assert add(story, next_one) >= KEPT_FOR_EACH
    assert add(story, OWN) >= KEPT_FOR_EACH


def test_a_callback_has_room_for_who_looks_into_it() -> None:
    """The colleague of who is rated is beneath its level."""
    matter = Matter("grid")
    matter.do(actions.accept, by=holder(0))
    matter.has_it("grid_worker", WORKER)
    matter.solved_by("grid_worker", WORKER)
    story = Story("09:00")
    story.course = Course(matter.callback(), at("09:05"))
    assert add(story, colleague()) == KEPT_FOR_EACH
    assert add(story, OFFICER) == KEPT_FOR_EACH
    has_it(story, Actor("street", frozenset()))
    assert add(story, Actor("street", frozenset({"street", "assignee"}))) >= KEPT_FOR_EACH


def test_who_has_it_in_hand_adds_what_nobody_else_needs_of_the_twenty() -> None:
    story = reported()
    has_it(story, holder(0))
    assert add(story, holder(0)) == MOST - KEPT_FOR_EACH
    assert (add(story, colleague()), add(story, OWN), add(story, PARTNER)) == (5, 5, 5)


def test_colleagues_one_after_the_other_leave_room_for_offices_and_for_who_has_it_in_hand() -> None:
    story = reported()
    assert sum(add(story, colleague(number)) for number in range(40)) == PLACES[BESIDE]
    offices = [replace(OFFICER, person_id=f"officer-{number}") for number in range(40)]
    assert sum(add(story, one) for one in offices) == MORE_FOR_OFFICES[BESIDE]
    has_it(story, holder(0))
    assert add(story, holder(0)) == KEPT_FOR_EACH
    assert add(story, OWN) == KEPT_FOR_EACH


def test_who_pass_it_from_hand_to_hand_leave_each_his_five_and_offices_theirs() -> None:
    story, taken = reported(), []
    for number in range(40):
        has_it(story, holder(number))
        taken.append(add(story, holder(number)))
    assert sum(taken) == PLACES[IN_HAND]
    assert sum(one >= KEPT_FOR_EACH for one in taken) == 11
    for number in range(MORE_FOR_OFFICES[IN_HAND] // KEPT_FOR_EACH):
        has_it(story, holder(100 + number, "community"))
        assert add(story, holder(100 + number, "community")) == KEPT_FOR_EACH
    volunteer = Actor("volunteer", frozenset({"assignee"}))
    has_it(story, volunteer, "claim")
    assert add(story, volunteer) == KEPT_FOR_EACH
    assert (add(story, OWN), add(story, HEAD)) == (KEPT_FOR_EACH, KEPT_FOR_EACH)


def test_passed_to_and_fro_it_gives_nobody_his_five_again() -> None:
    story, taken = reported(), [0, 0]
    for turn in range(10):
        has_it(story, holder(turn % 2))
        taken[turn % 2] += add(story, holder(turn % 2))
    assert taken == [MOST - KEPT_FOR_EACH, KEPT_FOR_EACH]
    has_it(story, None)
    assert add(story, Actor("holder-0", frozenset({"grid_worker"}))) == 0


EVERYBODY = [
    OWN, HEAD, OFFICER, PARTNER, *map(colleague, range(12)), *map(holder, range(6)),
    *(Actor(f"volunteer-{number}", frozenset({"assignee"})) for number in range(6)),
    *(Actor(None, REPORTER, MERGED[number], SECRET) for number in range(8)),
    Actor("program", frozenset({"grid_worker"}), is_program=True, answerable="colleague-0"),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_whoever_filled_up_what_he_may_who_has_it_in_hand_and_its_reporters_have_five(seed: int) -> None:
    chosen = random.Random(seed)
    order: Sequence[Actor] = chosen.sample(EVERYBODY, k=chosen.randint(1, len(EVERYBODY)))
    story = reported(by=9)
    taken = {who: _in_turn(story, who, chosen.randint(1, 40)) for who in order}
    later = holder(1000)
    assert _in_turn(story, later) >= KEPT_FOR_EACH
    assert _in_turn(story, Actor("volunteer-9", frozenset({"assignee"}))) == KEPT_FOR_EACH
    assert taken.get(OWN, 0) + add(story, OWN) >= KEPT_FOR_EACH
    another = Actor(None, REPORTER, MERGED[8], SECRET)
    made_up = sum(who.reports_as in MERGED for who in order)
    assert add(story, another) == KEPT_FOR_EACH or made_up >= PLACES["merged"] // KEPT_FOR_EACH
    assert sum(step.kind == "attached" for step in story.ticket.history) <= EVER


def _in_turn(story: Story, who: Actor, most: int = 50) -> int:
    if "assignee" in who.parts:
        has_it(story, who, f"claim-{who.person_id}" if str(who.person_id).startswith("volunteer") else None)
    return add(story, who, most)


def test_a_program_counts_as_who_answers_for_its_key() -> None:
    program = Actor("program", frozenset({"grid_worker"}), is_program=True, answerable="colleague-0")
    another = replace(program, person_id="another-program")
    for order in ((program, colleague(), another), (colleague(), program), (another, program)):
        story = reported()
        assert [add(story, who) for who in order] == [KEPT_FOR_EACH, *[0] * (len(order) - 1)]
        assert add(story, colleague(1)) == KEPT_FOR_EACH
        assert add(story, replace(program, answerable="colleague-2")) in (0, KEPT_FOR_EACH)


def test_a_step_of_a_program_says_who_answers_for_it() -> None:
    program = Actor("program", frozenset({"grid_worker"}), is_program=True, answerable="issuer")
    matter = Matter("grid")
    do(matter.shelf, matter.house, matter.ticket, at("09:02"),
       lambda course, rules: attach(course, program, [Photo("p", 1, 1, 1, "d")]), program.answerable)  # fmt: skip
    assert matter.ticket.history[-1].detail[ANSWERABLE] == "issuer"


def test_staff_who_reported_it_themselves_have_the_places_of_its_reporter() -> None:
    story = reported()
    assert add(story, replace(OWN, parts=OWN.parts | {"grid_worker"})) == MOST - KEPT_FOR_EACH


@pytest.mark.parametrize("kind", ["attached", "duplicate_added", "report_withdrawn"])
def test_what_is_bounded_by_itself_fills_up_no_round_of_steps(kind: str) -> None:
    """One grid head merged 312 made-up reports into a neighbour's, and nobody could accept it any more."""
    ticket: Ticket = Story("09:00").ticket
    many = tuple(Step(kind, ticket.history[-1].at, 1, WORKER) for _ in range(500))
    allowed(replace(ticket, history=(*ticket.history, *many)), "accept", Actor(WORKER, frozenset({"grid_worker"})))
