"""What somebody is to a ticket: by a role over its place, by having reported it, by having it in hand."""

from dataclasses import replace

import pytest

from services.contracts.tickets import STATES, THROUGH_STAFF
from services.tickets.api.access import known_secret
from services.tickets.domain import actions
from services.tickets.domain.parts import FollowUpSecret, parts_of
from services.tickets.domain.reading import may_reveal
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import OPEN_STATES, UNENDED_STATES, Course, Ticket
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.placing import placing
from tests.unit.tickets.shelf import county, house
from tests.unit.tickets.stories import Story, at

NOBODY: frozenset[str] = frozenset()
BOTH = frozenset({"reporter", "author"})


def ticket(state: str, kind: str = "staff") -> Ticket:
    return replace(
        Story("09:00").ticket, state=state, assignee_id="worker", assignee_kind=kind, owner_id="owner",
        reporter_id="resident",
    )  # fmt: skip


@pytest.mark.parametrize("role", sorted(STAFF))
@pytest.mark.parametrize("state", STATES)
def test_staff_have_it_in_hand_while_it_is_open_and_they_serve_at_its_place(state: str, role: str) -> None:
    is_open = state in OPEN_STATES
    assert ("assignee" in parts_of(ticket(state), "worker", frozenset({role})).parts) == is_open
    assert parts_of(ticket(state), "worker", NOBODY).parts == NOBODY, "all roles taken, or moved to another grid"
    assert "assignee" not in parts_of(ticket(state), "worker", frozenset({"partner"})).parts


@pytest.mark.parametrize("state", STATES)
def test_a_volunteer_has_it_in_hand_while_it_is_open(state: str) -> None:
    expected = {"assignee"} if state in OPEN_STATES else set()
    assert parts_of(ticket(state, "member"), "worker", NOBODY).parts == expected


@pytest.mark.parametrize("state", STATES)
def test_who_answers_for_it_does_so_until_it_has_ended_and_as_long_as_they_are_of_its_level(state: str) -> None:
    lifted = replace(ticket(state), level="street")
    expected = {"street", "owner"} if state in UNENDED_STATES else {"street"}
    assert parts_of(lifted, "owner", frozenset({"street"})).parts == expected
    assert parts_of(lifted, "owner", frozenset({"partner"})).parts == {"partner"}
    assert parts_of(lifted, "owner", NOBODY).parts == NOBODY


@pytest.mark.parametrize(("level", "role"), [("grid", "street"), ("community", "district"), ("street", "district")])
def test_an_office_that_was_put_into_a_post_of_a_level_beneath_it_reads_no_words_by_that(level: str, role: str) -> None:
    """By such a post it read, of all that was filed meanwhile, whom it might not reveal, and nobody was told."""
    who = parts_of(replace(ticket("accepted"), level=level), "owner", frozenset({role}))
    assert not may_reveal(who)
    assert may_reveal(parts_of(replace(ticket("accepted"), level=level), "worker", frozenset({role}))), "in hand"


@pytest.mark.parametrize("way", ["himself", "his program"])
@pytest.mark.parametrize("level", ["street", "district"])
def test_who_lifts_it_to_his_own_level_reads_its_words_once_he_takes_it_in_hand(level: str, way: str) -> None:
    """An officer with a post there lifted what he liked, read whose it was, and handed it down again: nobody heard."""
    by = Actor("owner" if way == "himself" else "program", frozenset({"district"}))
    story = Story("09:00")

    def lift(course: Course, who: Actor) -> None:
        course.answerable = None if way == "himself" else "owner"
        actions.escalate(course, who, story.rules, "up")

    for minute in range(1, 4 if level == "district" else 3):
        story.do(f"09:0{minute}", lift, by=by)
    lifted, roles = replace(story.ticket, owner_id="owner"), frozenset({level})
    assert lifted.level == level
    assert not may_reveal(parts_of(lifted, "owner", roles))
    assert may_reveal(parts_of(replace(lifted, owner_id="another"), "another", roles)), "who finds it there"
    assert may_reveal(parts_of(replace(lifted, assignee_id="owner", assignee_kind="staff"), "owner", roles))


BRINGS = {
    "merged what was due in a moment into it": "duplicate_added", "planned it": "planned",
    "moved its plan": "plan_moved",
    "called it graver": "reclassified", "let it wait": "paused", "sent it there": "transferred",
}  # fmt: skip


@pytest.mark.parametrize("how", BRINGS)
@pytest.mark.parametrize("way", ["himself", "his program"])
def test_nor_does_who_had_a_promise_of_it_broken_so_that_it_comes_to_him(how: str, way: str) -> None:
    """An officer filed a matter due in six seconds, merged it into a resident's, and read that once it was lifted."""
    detail = {"answerable": "owner"} if way == "his program" else {}
    meddled = Step(BRINGS[how], at("09:05"), 1, "owner" if way == "himself" else "program", detail)
    lifted = Step("lifted", at("09:06"), 1, None, {"from_level": "community", "to_level": "street", "cause": "breach"})
    before = Story("09:00").ticket
    there = replace(before, level="street", owner_id="owner", history=(*before.history, meddled, lifted))
    street = frozenset({"street"})
    assert not may_reveal(parts_of(there, "owner", street))
    assert may_reveal(parts_of(replace(there, assignee_id="owner", assignee_kind="staff"), "owner", street))
    later = replace(there, history=(*before.history, lifted, meddled))
    assert may_reveal(parts_of(later, "owner", street)), "what he does as the one who answers for it"


def test_nor_who_filed_it_since_what_others_said_may_be_merged_into_it() -> None:
    ticket = Story("09:00").ticket
    lifted = Step("lifted", at("09:06"), 1, None, {"from_level": "community", "to_level": "street", "cause": "breach"})
    there = replace(ticket, level="street", owner_id=ticket.history[0].by, history=(*ticket.history, lifted))
    assert not may_reveal(parts_of(there, ticket.history[0].by, frozenset({"street"})))


@pytest.mark.parametrize("state", STATES)
def test_who_reported_it_stays_who_reported_it(state: str) -> None:
    assert parts_of(ticket(state), "resident", NOBODY) == Actor("resident", BOTH, "resident", "account")


@pytest.mark.parametrize("known", ["secret", "slip"])
def test_who_knows_a_secret_speaks_for_the_reporter_and_it_is_kept_by_which(known: str) -> None:
    secret = FollowUpSecret(known, "resident", "head")
    assert parts_of(ticket("resolved"), None, NOBODY, secret) == Actor(None, BOTH, "resident", known, "head")


@pytest.mark.parametrize("known", ["secret", "slip"])
def test_who_knows_the_secret_of_a_merged_ticket_speaks_for_its_reporter(known: str) -> None:
    secret, merged = FollowUpSecret(known, "neighbour"), replace(ticket("resolved"), also_reported_by=("neighbour",))
    assert parts_of(merged, None, NOBODY, secret) == Actor(None, frozenset({"reporter"}), "neighbour", known)
    assert parts_of(ticket("resolved"), None, NOBODY, secret).parts == NOBODY, "it was not merged into this one"


@pytest.mark.parametrize(
    ("reporter", "way"),
    [
        (None, "slip"), ({"name": "Wang"}, "slip"), ({"locale": "en"}, "slip"),
        ({"telephone": "13800005678"}, "secret"), ({"email": "a@example.org"}, "secret"),
    ],
)  # fmt: skip
def test_the_secret_of_who_left_no_way_to_be_reached_proves_nobody(reporter: dict[str, str] | None, way: str) -> None:
    """A worker files without a token, solves it and confirms with the secret: nobody could ask whom."""
    shelf, inside = county(), house()
    said = {"kind": "request", "description": "dark", "reporter": reporter}
    filed = file_ticket(shelf, inside, Filer(None, False), placing(shelf, "grid-001", None, None), said, at("09:00"))
    assert filed.follow_up_secret is not None
    known = known_secret(inside, filed.ticket, filed.follow_up_secret)
    assert known == FollowUpSecret(way, filed.ticket.reporter_id)
    assert (way in THROUGH_STAFF) == (way == "slip"), "and so it earns nothing and counts apart"
