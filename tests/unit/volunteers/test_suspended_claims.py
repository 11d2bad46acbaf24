"""Whoever is suspended has what he has in hand taken from him: tickets is asked, once for each claim, and answers."""

from collections.abc import Callable
from typing import Any

import pytest

from services.contracts.types import Event
from services.notifications.domain.routing import told
from services.volunteers.domain.claims import Claim, ClaimState
from services.volunteers.domain.offers import OfferState
from services.volunteers.handlers import members
from services.volunteers.handlers.claims import claim_offer, withdraw_claim
from services.volunteers.handlers.table import handle
from tests.unit.volunteers.world import World, a_member, refusal, ticket_event


@pytest.fixture
def world() -> World:
    """A ticket stands open under offer x; Li and Zhao are members of the community."""
    world = World()
    a_member(world, "li")
    a_member(world, "zhao")
    handle(world, ticket_event("ticket.offered", 3, offer_id="x", skills=[]))
    return world


def suspend(world: World, person_id: str = "li") -> None:
    member = world.member_of(person_id)
    assert member is not None
    members.suspend(world, member, "wang", "conduct", "sealed")


def approve(world: World, person_id: str = "li") -> None:
    member = world.member_of(person_id)
    assert member is not None
    members.approve(world, member, "wang")


def about(claim: Claim, event_type: str, sequence: int, **detail: Any) -> Event:
    return ticket_event(event_type, sequence, ticket_id=claim.ticket_id, **detail)


def assigned(claim: Claim, sequence: int = 4) -> Event:
    return about(claim, "ticket.assigned", sequence, state="assigned", claim_id=claim.claim_id, assignee_id="li",
                 assignee_kind="member")  # fmt: skip


def resolved(claim: Claim, sequence: int = 6) -> Event:
    return about(claim, "ticket.resolved", sequence, state="resolved", solver_id="li", solver_kind="member")


def declined(claim: Claim, sequence: int = 4) -> Event:
    return about(claim, "ticket.claim_declined", sequence, claim_id=claim.claim_id, offer_id=claim.offer_id,
                 reason="released")  # fmt: skip


def kept(claim: Claim, sequence: int = 5) -> Event:
    return about(claim, "ticket.withdrawal_declined", sequence, state="on_site", claim_id=claim.claim_id,
                 reason="under-way")  # fmt: skip


def offered_again(claim: Claim, sequence: int = 6) -> Event:
    return about(claim, "ticket.offered", sequence, offer_id="again", skills=[], former_claim_id=claim.claim_id,
                 reason_code="suspended")  # fmt: skip


def handed_back(claim: Claim, sequence: int = 6) -> Event:
    return about(claim, "ticket.handed_back", sequence, state="on_site", reason_code="suspended",
                 former_claim_id=claim.claim_id)  # fmt: skip


def withdraw(world: World, claim: Claim) -> None:
    withdraw_claim(world, claim.claim_id, "li")


Before = tuple[Callable[[World, Claim], None], ...]
STATES: dict[str, Before] = {
    "won": (),
    "confirmed": (lambda world, claim: handle(world, assigned(claim)),),
    "withdrawing": (withdraw,),
    "confirmed, then withdrawing": (lambda world, claim: handle(world, assigned(claim)), withdraw),
    "not given back any more": (
        lambda world, claim: handle(world, assigned(claim)), withdraw, lambda world, claim: handle(world, kept(claim)),
    ),
}  # fmt: skip
ENDED: dict[str, Before] = {
    "declined": (lambda world, claim: handle(world, declined(claim)),),
    "given back": (withdraw, lambda world, claim: handle(world, declined(claim))),
    "taken back": (lambda world, claim: handle(world, handed_back(claim)),),
    "solved": (
        lambda world, claim: handle(world, assigned(claim)), lambda world, claim: handle(world, resolved(claim)),
    ),
}  # fmt: skip


def claimed(world: World, before: Before) -> Claim:
    claim = claim_offer(world, "x", "li")
    for step in before:
        step(world, claim)
    return claim


@pytest.mark.parametrize("state", STATES)
def test_of_each_claim_in_hand_tickets_is_asked_once_and_it_is_his_until_that_has_answered(
    world: World, state: str
) -> None:
    claim = claimed(world, STATES[state])
    before = world.claims[claim.claim_id]
    suspend(world)
    (asked,) = world.told("claim.revoked")
    assert (asked.data, asked.sequence) == (world.told("claim.won")[0].data, 3 if before.asked_back else 2)
    now = world.claims[claim.claim_id]
    assert (now.state, now.in_hand, world.told("claim.released")) == (before.state, True, [])
    with refusal("offer-taken"):
        claim_offer(world, "x", "zhao")
    approve(world)
    suspend(world)
    assert len(world.told("claim.revoked")) == 1, "asked before"


@pytest.mark.parametrize("state", ENDED)
def test_what_is_not_in_hand_any_more_stays_as_it_is(world: World, state: str) -> None:
    claim = claimed(world, ENDED[state])
    before = world.claims[claim.claim_id]
    suspend(world)
    assert (world.told("claim.revoked"), world.claims[claim.claim_id]) == ([], before)


@pytest.mark.parametrize("answer", [offered_again, handed_back])
@pytest.mark.parametrize("state", STATES)
def test_the_claim_ends_by_the_answer_once_and_he_is_not_told_of_it(
    world: World, state: str, answer: Callable[[Claim], Event]
) -> None:
    claim = claimed(world, STATES[state])
    suspend(world)
    for event in (answer(claim), assigned(claim), answer(claim)):
        handle(world, event)
    (released,) = world.told("claim.released")
    asked_back = world.claims[claim.claim_id].asked_back and not world.claims[claim.claim_id].kept
    assert released.data["reason"] == ("withdrawn" if asked_back else "taken_back")
    assert list(told("claim.released", released.data)) == []
    assert (world.claims[claim.claim_id].state, world.in_hand("li")) == (ClaimState.RELEASED, 0)


@pytest.mark.parametrize("state", ["won", "withdrawing"])
def test_before_tickets_heard_of_the_claim_it_is_declined_and_its_offer_stands_for_others(
    world: World, state: str
) -> None:
    claim = claimed(world, STATES[state])
    suspend(world)
    for _ in range(2):
        handle(world, declined(claim))
    (released,) = world.told("claim.released")
    assert list(told("claim.released", released.data)) == [], "of his suspension he is told"
    assert world.offers["x"].state is OfferState.OPEN
    assert claim_offer(world, "x", "zhao").person_id == "zhao"


def test_all_that_he_has_in_hand_is_revoked_and_nothing_of_others(world: World) -> None:
    for number in range(3):
        handle(world, ticket_event("ticket.offered", 3, ticket_id=f"t-{number}", offer_id=f"o-{number}", skills=[]))
    his = [claim_offer(world, offer_id, "li").claim_id for offer_id in ("x", "o-0")]
    claim_offer(world, "o-1", "zhao")
    suspend(world)
    assert sorted(event.aggregate_id for event in world.told("claim.revoked")) == sorted(his)
    with refusal("member-not-active"):
        claim_offer(world, "o-2", "li")


def test_what_is_to_be_taken_from_him_he_does_not_ask_to_give_back(world: World) -> None:
    claim = claimed(world, STATES["confirmed"])
    suspend(world)
    with refusal("claim-state"):
        withdraw(world, claim)


def test_what_he_had_solved_before_tickets_heard_of_it_is_his_and_paid(world: World) -> None:
    claim = claimed(world, STATES["confirmed"])
    suspend(world)
    confirmed = about(claim, "ticket.confirmed", 7, state="confirmed", solver_id="li", solver_kind="member", rating=5)
    for event in (confirmed, resolved(claim)):
        handle(world, event)
    assert (world.claims[claim.claim_id].state, world.in_hand("li")) == (ClaimState.CONFIRMED, 0)
    assert world.account("li").balance == 10
    approve(world)
    suspend(world)
    assert (world.account("li").balance, world.told("points.reversed")) == (10, [])


def test_approved_again_he_may_claim_what_was_taken_from_him(world: World) -> None:
    """Unlike what he gave back himself."""
    claim = claimed(world, STATES["confirmed"])
    suspend(world)
    handle(world, offered_again(claim))
    approve(world)
    assert claim_offer(world, "again", "li").person_id == "li"
