"""Who is suspended as a volunteer has nothing in hand by a claim, in whatever order that is heard; it goes on."""

from collections.abc import Mapping, Sequence
from itertools import permutations

import pytest

from services.contracts.types import NewEvent
from services.tickets.api.answers import history_answer
from services.tickets.domain.parts import parts_of
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.handlers.revealing import reveal
from tests.unit.notices import told_as
from tests.unit.tickets.office import Choice, Office
from tests.unit.tickets.stories import OWNERS

VOLUNTEER = Actor("volunteer", frozenset({"assignee"}))
DEEDS: Mapping[str, Sequence[str]] = {"on_site": ("arrive",), "planned": ("arrive", "reclassify", "plan")}
BY_OTHERS = {"confirm": "reporter", "cancel": "reporter", "reclassify": "grid_head", "plan": "grid_head"}
HEARD = ("won", "withdrawn", "revoked")


class Offered:
    """A ticket that was offered to volunteers, and one who claims it."""

    def __init__(self, resident: str = "chen") -> None:
        self.office = Office()
        self.id = self.office.file(resident=resident)
        for deed in ("accept", "offer"):
            assert self.office.attempt(self.id, deed, self.office.actor(self.id, "grid_worker"), Choice()) is None
        self.offer = self.ticket.offer

    @property
    def ticket(self) -> Ticket:
        return self.office.ticket(self.id)

    def hear(self, what: str) -> None:
        if what == "won":
            assert self.offer is not None
            self.office.hear_claim(self.id, "claim", self.offer.id, "volunteer")
        elif what == "withdrawn":
            self.office.hear_withdrawal(self.id, "claim")
        else:
            self.office.hear_revocation(self.id, "claim")

    def had(self, *deeds: str) -> Ticket:
        """He claims it, does that, and is suspended, of which is heard twice; the ticket before."""
        self.hear("won")
        for deed in deeds:
            part = BY_OTHERS.get(deed)
            who = self.office.actor(self.id, part) if part else VOLUNTEER
            severity = "special" if deed == "reclassify" else "complex"
            assert self.office.attempt(self.id, deed, who, Choice(severity=severity)) is None
        before = self.ticket
        for _ in range(2):
            self.hear("revoked")
        return before

    def told(self, event_type: str) -> list[NewEvent]:
        return [event for event in self.office.shelf.events if event.type == event_type]

    def has_nothing_in_hand(self) -> None:
        ticket, seen = self.ticket, parts_of(self.ticket, "volunteer", frozenset())
        assert (ticket.assignee_id, ticket.assignee_kind, ticket.claim_id) == (None, None, None)
        assert seen.parts == frozenset()
        with pytest.raises(Refused, match="not-allowed"):
            reveal(self.office.shelf, self.office.house, ticket, seen, "look", self.office.now)


def test_what_he_did_nothing_about_is_open_to_others_at_once() -> None:
    story = Offered()
    before = story.had()
    after = story.ticket
    assert (after.state, after.claims, len(after.history)) == (
        "offered",
        {"claim": "released"},
        len(before.history) + 1,
    )
    assert after.offer is not None
    assert before.offer is not None
    assert (after.offer.skills, after.offer.id != before.offer.id) == (before.offer.skills, True)
    story.has_nothing_in_hand()
    offered = story.told("ticket.offered")[-1]
    assert (offered.data["former_claim_id"], offered.data["reason_code"]) == ("claim", "suspended")
    assert told_as(offered) == {"chen": "ticket.offered.left_reporter", OWNERS["grid"]: "ticket.offered.answerable"}
    story.office.hear_claim(story.id, "next", after.offer.id, "another")
    assert story.ticket.assignee_id == "another"


@pytest.mark.parametrize("state", DEEDS)
def test_what_he_had_begun_with_is_in_nobodys_hand_and_who_answers_for_it_is_told(state: str) -> None:
    story = Offered()
    before = story.had(*DEEDS[state])
    after = story.ticket
    assert (before.state, after.state, after.claims) == (state, state, {"claim": "assigned"})
    assert (after.arrived_at, after.planned_for) == (before.arrived_at, before.planned_for)
    story.has_nothing_in_hand()
    (handed_back,) = story.told("ticket.handed_back")
    assert (handed_back.data["former_claim_id"], handed_back.data["reason_code"]) == ("claim", "suspended")
    assert told_as(handed_back) == {
        "chen": "ticket.handed_back.left_reporter", OWNERS["grid"]: "ticket.handed_back.answerable",
    }  # fmt: skip


def test_where_the_post_is_vacant_the_level_above_is_told() -> None:
    for deeds, told in (((), "ticket.offered"), (("arrive",), "ticket.handed_back")):
        story = Offered()
        story.office.shelf.absent |= dict.fromkeys((OWNERS["grid"], "deputy-grid"), "no_role")
        story.had(*deeds)
        assert told_as(story.told(told)[-1])[OWNERS["community"]] == f"{told}.answerable"


@pytest.mark.parametrize("deeds", [("arrive", "resolve"), ("arrive", "resolve", "confirm"), ("cancel",)])
def test_what_is_solved_or_ended_stays(deeds: Sequence[str]) -> None:
    story = Offered()
    before = story.had(*deeds)
    assert story.ticket == before
    if "resolve" in deeds:
        assert (before.solver_id, before.claim_id) == ("volunteer", "claim")


def test_reopened_it_is_not_his_either() -> None:
    story = Offered()
    story.hear("won")
    for deed in ("arrive", "resolve"):
        assert story.office.attempt(story.id, deed, VOLUNTEER, Choice()) is None
    assert story.office.attempt(story.id, "reopen", story.office.actor(story.id, "reporter"), Choice()) is None
    before = story.ticket
    story.hear("revoked")
    assert story.ticket == before
    story.has_nothing_in_hand()


def test_what_staff_had_taken_from_him_before_stays_with_whom_they_gave_it() -> None:
    story = Offered()
    story.hear("won")
    head = story.office.actor(story.id, "grid_head")
    assert story.office.attempt(story.id, "assign", head, Choice(assignee="worker")) is None
    before = story.ticket
    story.hear("revoked")
    assert story.ticket == before


def test_a_claim_that_is_heard_after_the_suspension_never_wins_and_the_offer_stands() -> None:
    story = Offered()
    for what in ("revoked", "revoked", "won", "won", "revoked"):
        story.hear(what)
    assert (story.ticket.state, story.ticket.offer) == ("offered", story.offer)
    assert [event.data["claim_id"] for event in story.told("ticket.claim_declined")] == ["claim"]
    story.has_nothing_in_hand()


@pytest.mark.parametrize("order", [*permutations(HEARD), *permutations(("won", "revoked"))])
def test_in_whatever_order_it_is_heard_it_is_open_to_others(order: Sequence[str]) -> None:
    """Each comes twice, one after the other, and all once more."""
    story = Offered()
    for what in (*(one for one in order for _ in range(2)), *order):
        story.hear(what)
    assert story.ticket.state == "offered"
    assert story.ticket.claims["claim"] in ("released", "declined")
    story.has_nothing_in_hand()
    answers = [event.data["claim_id"] for event in story.office.shelf.events if event.data.get("claim_id")]
    assert answers == ["claim"], "one answer"


@pytest.mark.parametrize("order", [("withdrawn", "revoked"), ("revoked", "withdrawn")])
def test_in_whatever_order_it_is_heard_what_he_had_begun_with_is_in_nobodys_hand(order: Sequence[str]) -> None:
    story = Offered()
    story.hear("won")
    assert story.office.attempt(story.id, "arrive", VOLUNTEER, Choice()) is None
    for what in (*(one for one in order for _ in range(2)), *order):
        story.hear(what)
    assert (story.ticket.state, story.ticket.claims) == ("on_site", {"claim": "kept"})
    assert len(story.told("ticket.handed_back")) == len(story.told("ticket.withdrawal_declined")) == 1
    story.has_nothing_in_hand()


@pytest.mark.parametrize("deeds", [(), ("arrive",)])
def test_why_it_was_taken_from_him_staff_of_the_place_read_and_nobody_else(deeds: Sequence[str]) -> None:
    story = Offered()
    story.had(*deeds)

    def read(who: Actor) -> str:
        return str(history_answer(story.office.house, story.ticket, who)["steps"][-1]["detail"])

    staff = parts_of(story.ticket, "head", frozenset({"grid_head"}))
    others = (parts_of(story.ticket, "chen", frozenset()), VOLUNTEER, Actor("program", frozenset({"partner"})))
    assert staff.parts <= STAFF
    assert "suspended" in read(staff)
    assert not [who for who in others if "suspended" in read(who)]


def test_a_claim_of_a_ticket_that_nobody_knows_is_put_aside() -> None:
    with pytest.raises(Refused, match="not-found"):
        Office().hear_revocation("nowhere", "claim")
