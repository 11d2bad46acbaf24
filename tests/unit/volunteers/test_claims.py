"""Claims: exactly one wins, tickets has the last word, and until then a member may step back."""

from datetime import timedelta
from typing import Any

import pytest

from services.contracts.types import Event
from services.volunteers.domain.claims import Claim, ClaimState
from services.volunteers.domain.offers import OfferState
from services.volunteers.domain.refusals import Refused
from services.volunteers.handlers.claims import claim_offer, withdraw_claim
from services.volunteers.handlers.table import handle
from tests.unit.volunteers.world import World, a_member, refusal, ticket_event


@pytest.fixture
def world() -> World:
    """A ticket stands open under offer x; Li and Zhao are electricians of the community."""
    world = World()
    a_member(world, "li", ["electric"])
    a_member(world, "zhao", ["electric"])
    handle(world, ticket_event("ticket.offered", 3, offer_id="x", skills=["electric"]))
    return world


def assigned(claim: Claim, sequence: int = 4) -> Event:
    return ticket_event(
        "ticket.assigned", sequence, state="assigned", claim_id=claim.claim_id, assignee_id=claim.person_id,
        assignee_kind="member",
    )  # fmt: skip


def test_the_first_claim_wins(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    assert world.offers["x"].state is OfferState.TAKEN
    assert world.told("claim.won")[0].data == {
        "claim_id": claim.claim_id,
        "offer_id": "x",
        "ticket_id": "ticket-1",
        "round": 1,
        "member_id": "member-of-li",
        "person_id": "li",
    }


def test_the_second_claim_is_told_that_the_offer_is_taken(world: World) -> None:
    claim_offer(world, "x", "li")
    with refusal("offer-taken"):
        claim_offer(world, "x", "zhao")
    assert len(world.told("claim.won")) == 1


def test_a_late_claim_is_still_told_so_after_tickets_confirmed(world: World) -> None:
    handle(world, assigned(claim_offer(world, "x", "li")))
    with refusal("offer-taken"):
        claim_offer(world, "x", "zhao")


def test_who_lacks_a_skill_cannot_claim(world: World) -> None:
    a_member(world, "sun", ["plumbing"])
    with refusal("offer-does-not-fit"):
        claim_offer(world, "x", "sun")


def test_who_reported_it_cannot_claim(world: World) -> None:
    a_member(world, "the-reporter", ["electric"])
    with refusal("offer-does-not-fit"):
        claim_offer(world, "x", "the-reporter")


def test_a_member_of_another_community_does_not_even_see_it(world: World) -> None:
    a_member(world, "far", ["electric"], area_path="/hequ/xikou/binhe-2/")
    with refusal("not-found"):
        claim_offer(world, "x", "far")


def test_an_unknown_offer_is_not_found(world: World) -> None:
    with refusal("not-found"):
        claim_offer(world, "y", "li")


def test_an_assignment_to_staff_closes_the_offer(world: World) -> None:
    handle(world, ticket_event("ticket.assigned", 4, state="assigned", claim_id=None))
    assert (world.offers["x"].state, world.offers["x"].reason) == (OfferState.CLOSED, "assigned")
    with pytest.raises(Refused) as refused:
        claim_offer(world, "x", "li")
    assert (refused.value.slug, refused.value.params) == ("offer-closed", {"reason": "assigned"})


def test_tickets_confirms_a_claim(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    handle(world, assigned(claim))
    assert world.claims[claim.claim_id].state is ClaimState.CONFIRMED
    assert world.told("claim.released") == []


def declined(claim_id: str, sequence: int, state: str = "resolved", offer_id: str = "x") -> Event:
    return ticket_event(
        "ticket.claim_declined", sequence, state=state, claim_id=claim_id, offer_id=offer_id, reason="not-open"
    )


def offered_again(claim: Claim, sequence: int = 5, offer_id: str = "again") -> Event:
    """Tickets took it back from him, as he had asked."""
    return ticket_event(
        "ticket.offered", sequence, ticket_id=claim.ticket_id, offer_id=offer_id, skills=[],
        former_claim_id=claim.claim_id,
    )  # fmt: skip


def kept(claim: Claim, sequence: int = 6) -> Event:
    return ticket_event(
        "ticket.withdrawal_declined", sequence, state="on_site", claim_id=claim.claim_id, reason="under-way"
    )


@pytest.mark.parametrize("heard", [False, True])
def test_a_claim_that_is_to_be_given_back_is_his_until_tickets_has_answered(world: World, heard: bool) -> None:
    claim = claim_offer(world, "x", "li")
    if heard:
        handle(world, assigned(claim))
    asked = withdraw_claim(world, claim.claim_id, "li")
    assert (asked.state, world.in_hand("li"), world.told("claim.released")) == (ClaimState.WITHDRAWING, 1, [])
    handle(world, assigned(claim))
    with refusal("claim-state"):
        withdraw_claim(world, claim.claim_id, "li")
    with refusal("offer-taken"):
        claim_offer(world, "x", "zhao")
    for _ in range(2):
        handle(world, offered_again(claim))
    assert [event.data["reason"] for event in world.told("claim.released")] == ["withdrawn"]
    assert (world.in_hand("li"), claim_offer(world, "again", "zhao").person_id) == (0, "zhao")


def test_before_tickets_heard_of_the_claim_it_is_declined_and_its_offer_stands_for_others(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    withdraw_claim(world, claim.claim_id, "li")
    for _ in range(2):
        handle(world, declined(claim.claim_id, 4, state="offered"))
    assert [event.data["reason"] for event in world.told("claim.released")] == ["withdrawn"]
    assert claim_offer(world, "x", "zhao").person_id == "zhao"


def test_who_has_begun_with_it_keeps_it_and_asks_no_more(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    withdraw_claim(world, claim.claim_id, "li")
    for event in (kept(claim), assigned(claim), kept(claim)):
        handle(world, event)
    assert (world.claims[claim.claim_id].state, world.in_hand("li")) == (ClaimState.CONFIRMED, 1)
    with refusal("claim-under-way"):
        withdraw_claim(world, claim.claim_id, "li")
    taken = ticket_event("ticket.assigned", 7, state="assigned", claim_id=None, former_claim_id=claim.claim_id)
    for event in (taken, kept(claim)):
        handle(world, event)
    assert (world.claims[claim.claim_id].reason, world.in_hand("li")) == ("taken_back", 0)
    assert world.told("claim.released")[0].sequence == 3


def test_taken_from_him_before_that_answer_is_heard_it_ends_the_same(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    withdraw_claim(world, claim.claim_id, "li")
    taken = ticket_event("ticket.assigned", 7, state="assigned", claim_id=None, former_claim_id=claim.claim_id)
    for event in (taken, kept(claim), assigned(claim)):
        handle(world, event)
    assert (world.claims[claim.claim_id].state, world.claims[claim.claim_id].reason) == (
        ClaimState.RELEASED, "taken_back",
    )  # fmt: skip


def test_who_gave_a_claim_back_leaves_the_ticket_to_others_in_this_round(world: World) -> None:
    """Claimed and given back every hour, it stood as taken for ever."""
    claim = claim_offer(world, "x", "li")
    withdraw_claim(world, claim.claim_id, "li")
    handle(world, declined(claim.claim_id, 4, state="offered"))
    with refusal("gave-it-back"):
        claim_offer(world, "x", "li")
    handle(world, ticket_event("ticket.offered", 5, offer_id="again", skills=[]))
    with refusal("gave-it-back"):
        claim_offer(world, "again", "li")
    handle(world, ticket_event("ticket.offered", 9, offer_id="next", skills=[], round_=2))
    assert claim_offer(world, "next", "li").person_id == "li"


def test_a_member_has_five_in_hand_and_what_is_solved_or_given_back_is_not(world: World) -> None:
    """He claimed every offer, and each claim shows where a resident lives."""

    def offered(number: int) -> str:
        handle(world, ticket_event("ticket.offered", 3, ticket_id=f"t-{number}", offer_id=f"o-{number}", skills=[]))
        return f"o-{number}"

    won = [claim_offer(world, offered(number), "li") for number in range(5)]
    with pytest.raises(Refused) as refused:
        claim_offer(world, offered(5), "li")
    assert (refused.value.slug, refused.value.params) == ("too-many-claims", {"most": 5, "in_hand": 5})
    withdraw_claim(world, won[0].claim_id, "li")
    with refusal("too-many-claims"):
        claim_offer(world, "o-5", "li")
    handle(world, offered_again(won[0]))
    claim_offer(world, "o-5", "li")
    for number, ended in ((1, "resolved"), (2, "cancelled")):
        detail: Any = {"solver_id": "li", "solver_kind": "member", "outcome": None} if ended == "resolved" else {}
        for event in (
            ticket_event(f"ticket.{ended}", 5, state=ended, ticket_id=f"t-{number}", **detail),
            ticket_event("ticket.assigned", 4, state="assigned", ticket_id=f"t-{number}",
                         claim_id=won[number].claim_id, assignee_id="li", assignee_kind="member"),
        ):  # fmt: skip
            handle(world, event)
    claim_offer(world, offered(6), "li")
    claim_offer(world, offered(7), "li")
    with refusal("too-many-claims"):
        claim_offer(world, offered(8), "li")


def test_whatever_becomes_of_them_a_member_claims_so_many_in_a_day_and_not_from_midnight_to_midnight(
    world: World,
) -> None:
    """He claimed, had the resident revealed, gave it back or called it solved, and claimed the next."""
    begun, offers = world.now, iter(range(100))

    def claims(hours: float) -> Claim:
        number, world.now = next(offers), begun + timedelta(hours=hours)
        handle(world, ticket_event("ticket.offered", 3, ticket_id=f"t-{number}", offer_id=f"o-{number}", skills=[]))
        return claim_offer(world, f"o-{number}", "li", most=3)

    given_back = withdraw_claim(world, claims(0).claim_id, "li")
    handle(world, offered_again(given_back))
    for claim, event in ((claims(1), "ticket.resolved"), (claims(2), "ticket.claim_declined")):
        detail: dict[str, Any] = {"solver_id": "li", "solver_kind": "member"}
        if event == "ticket.claim_declined":
            detail = {"claim_id": claim.claim_id, "offer_id": claim.offer_id, "reason": "not-open"}
        handle(world, ticket_event(event, 5, state="resolved", ticket_id=claim.ticket_id, **detail))
    assert world.in_hand("li") == 0
    with pytest.raises(Refused) as refused:
        claims(23.99)
    assert (refused.value.slug, refused.value.params) == ("too-many-claims-today", {"most": 3})
    claims(24)
    with refusal("too-many-claims-today"):
        claims(24.5)
    claims(25)


@pytest.mark.parametrize("heard", ["resolved", "confirmed"])
def test_what_is_said_to_be_solved_is_not_given_back_though_the_assignment_is_not_heard_yet(
    world: World, heard: str
) -> None:
    claim = claim_offer(world, "x", "li")
    handle(world, solved(claim, heard))
    with refusal("claim-state"):
        withdraw_claim(world, claim.claim_id, "li")
    handle(world, assigned(claim))
    assert (world.claims[claim.claim_id].state, world.in_hand("li")) == (ClaimState.CONFIRMED, 0)
    assert world.told("claim.released") == []


def test_who_solved_it_before_his_withdrawal_was_heard_had_it_and_is_paid(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    withdraw_claim(world, claim.claim_id, "li")
    over = ticket_event("ticket.withdrawal_declined", 8, state="confirmed", claim_id=claim.claim_id, reason="over")
    for event in (over, solved(claim, "confirmed"), assigned(claim)):
        handle(world, event)
    assert (world.account("li").balance, world.in_hand("li")) == (10, 0)
    assert (world.claims[claim.claim_id].state, world.told("claim.released")) == (ClaimState.CONFIRMED, [])


def solved(claim: Claim, what: str) -> Event:
    """Before the assignment is heard."""
    detail: dict[str, Any] = {"solver_id": claim.person_id, "solver_kind": "member"}
    if what == "confirmed":
        detail |= {"rating": 5, "solver_claim_id": claim.claim_id}
    return ticket_event(f"ticket.{what}", 7, state=what, ticket_id=claim.ticket_id, **detail)


def test_nobody_withdraws_the_claim_of_another(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    with refusal("not-found"):
        withdraw_claim(world, claim.claim_id, "zhao")


def test_a_declined_claim_is_released_once_and_its_offer_closed(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    for _ in range(2):
        handle(world, declined(claim.claim_id, 5))
    (event,) = world.told("claim.released")
    assert event.data["reason"] == "declined"
    assert world.claims[claim.claim_id].state is ClaimState.RELEASED
    assert (world.offers["x"].state, world.offers["x"].reason) == (OfferState.CLOSED, "declined")


def test_an_answer_that_comes_again_does_not_close_the_offer_that_another_holds(world: World) -> None:
    first = claim_offer(world, "x", "li")
    withdraw_claim(world, first.claim_id, "li")
    handle(world, declined(first.claim_id, 4, state="offered"))
    claim_offer(world, "x", "zhao")
    handle(world, declined(first.claim_id, 4, state="offered"))
    assert world.offers["x"].state is OfferState.TAKEN
    assert len(world.told("claim.released")) == 1


def test_a_decline_under_an_old_offer_leaves_the_new_one_open(world: World) -> None:
    claim = claim_offer(world, "x", "li")
    handle(world, ticket_event("ticket.offered", 4, offer_id="y", skills=[]))
    handle(world, declined(claim.claim_id, 5, state="offered"))
    assert (world.offers["x"].reason, world.offers["y"].state) == ("superseded", OfferState.OPEN)


def test_a_decline_that_comes_before_its_offer_leaves_it_closed() -> None:
    world = World()
    handle(world, declined("a-claim-from-before-a-restore", 4, state="offered"))
    handle(world, ticket_event("ticket.offered", 3, offer_id="x", skills=[]))
    assert (world.offers["x"].state, world.offers["x"].reason) == (OfferState.CLOSED, "declined")


def duplicate_added(sequence: int, *reporters: str) -> Event:
    event = ticket_event("ticket.duplicate_added", sequence, duplicate_id="d", duplicate_number="261122-482-1408")
    event.data["ticket"]["reporter_ids"] = ["the-reporter", *reporters]
    return event


@pytest.mark.parametrize("late", [False, True])
def test_who_reported_it_by_a_merged_ticket_cannot_claim_it(late: bool) -> None:
    world = World()
    a_member(world, "li")
    a_member(world, "zhao")
    said = [ticket_event("ticket.offered", 3, offer_id="x", skills=[]), duplicate_added(4, "li")]
    for event in reversed(said) if late else said:
        handle(world, event)
    with refusal("offer-does-not-fit"):
        claim_offer(world, "x", "li")
    claim_offer(world, "x", "zhao")


def test_an_offer_that_follows_keeps_from_who_reported_it_whatever_is_heard_first(world: World) -> None:
    handle(world, ticket_event("ticket.offered", 9, offer_id="y", skills=["electric"]))
    handle(world, duplicate_added(5, "li"))
    with refusal("offer-does-not-fit"):
        claim_offer(world, "y", "li")


@pytest.mark.parametrize("late", [False, True])
def test_what_is_taken_out_of_a_volunteers_hands_ends_his_claim_and_he_is_told_once(world: World, late: bool) -> None:
    claim = claim_offer(world, "x", "li")
    taken = ticket_event(
        "ticket.assigned", 5, state="assigned", claim_id=None, assignee_id="staff", assignee_kind="staff",
        former_claim_id=claim.claim_id,
    )  # fmt: skip
    order = [taken, assigned(claim)] if late else [assigned(claim), taken]
    for event in [*order, *order]:
        handle(world, event)
    ended = world.claims[claim.claim_id]
    assert (ended.state, ended.reason) == (ClaimState.RELEASED, "taken_back")
    assert [event.data["reason"] for event in world.told("claim.released")] == ["taken_back"]
    assert world.offers["x"].state is OfferState.CLOSED


def test_who_handled_it_as_staff_neither_claims_it_nor_is_paid_for_it(world: World) -> None:
    event = ticket_event("ticket.offered", 4, offer_id="y", skills=["electric"])
    event.data["ticket"]["handler_ids"] = ["li"]
    handle(world, event)
    with refusal("offer-does-not-fit"):
        claim_offer(world, "y", "li")
    claim_offer(world, "y", "zhao")
    done = ticket_event(
        "ticket.confirmed", 9, state="confirmed", round=1, solver_id="li", solver_kind="member", rating=5, way="account"
    )  # fmt: skip
    done.data["ticket"]["handler_ids"] = ["li"]
    handle(world, done)
    assert world.ledger == []
