"""Offers against a model of tickets: whatever the order of events and answers, both sides end up agreeing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.contracts.queues import QUEUES
from services.contracts.types import Event, NewEvent
from services.volunteers.domain.claims import ClaimState
from services.volunteers.domain.members import MemberState
from services.volunteers.domain.offers import OfferState
from services.volunteers.domain.refusals import Refused
from services.volunteers.handlers import members
from services.volunteers.handlers.claims import claim_offer, withdraw_claim
from services.volunteers.handlers.table import handle
from tests.unit.volunteers.world import World, a_member, ticket_event

PEOPLE = ("li", "zhao", "sun")
WAITING = (ClaimState.WON, ClaimState.WITHDRAWING)
"""For what tickets answers."""


@dataclass
class ModelTicket:
    """One ticket as tickets keeps it: it answers each claim.won once, and each claim.withdrawn that it heard after; by
    claim.revoked it takes back what is not solved."""

    said: list[Event] = field(default_factory=list)
    state: str = "filed"
    round: int = 1
    offer_id: str | None = None
    claim_id: str | None = None
    given_back: set[str] = field(default_factory=set)
    had: set[str] = field(default_factory=set)
    """Claims by which somebody had it once."""

    def say(self, event_type: str, state: str, **detail: Any) -> None:
        self.state = state
        sequence = len(self.said) + 1
        self.said.append(ticket_event(event_type, sequence, state=state, round_=self.round, **detail))

    def offer(self, offer_id: str, **detail: Any) -> None:
        self.offer_id, self.claim_id = offer_id, None
        self.say("ticket.offered", "offered", offer_id=offer_id, skills=[], **detail)

    def take_back(self) -> dict[str, Any]:
        former, self.claim_id = self.claim_id, None
        return {"former_claim_id": former}

    def take_from_suspended(self, *, begun: bool) -> None:
        taken = {**self.take_back(), "reason_code": "suspended"}
        if begun:
            self.say("ticket.handed_back", "accepted", **taken)
        else:
            self.offer(f"again-{len(self.said)}", **taken)

    def assign_staff(self) -> None:
        self.say("ticket.assigned", "assigned", **self.take_back(), claim_id=None, assignee_id="staff",
                 assignee_kind="staff")  # fmt: skip

    def resolve(self) -> None:
        self.say("ticket.resolved", "resolved")

    def reopen(self) -> None:
        self.round += 1
        self.claim_id = None
        self.say("ticket.reopened", "accepted", previous_round=self.round - 1)

    def hear(self, event: NewEvent, same_offer_again: bool) -> None:
        claim_id, offer_id = event.data["claim_id"], event.data["offer_id"]
        if event.type == "claim.withdrawn":
            self.given_back.add(claim_id)
            if self.claim_id == claim_id and self.state == "assigned":
                self.offer(offer_id if same_offer_again else f"again-{len(self.said)}", former_claim_id=claim_id)
            elif claim_id in self.had:
                self.say("ticket.withdrawal_declined", self.state, claim_id=claim_id, reason="over")
        elif event.type == "claim.revoked":
            self.given_back.add(claim_id)
            if self.claim_id == claim_id and self.state == "assigned":
                self.take_from_suspended(begun=same_offer_again)
        elif self.state == "offered" and self.offer_id == offer_id and claim_id not in self.given_back:
            self.claim_id = claim_id
            self.had.add(claim_id)
            self.say("ticket.assigned", "assigned", claim_id=claim_id, assignee_id=event.data["person_id"],
                     assignee_kind="member")  # fmt: skip
        else:
            self.say("ticket.claim_declined", self.state, claim_id=claim_id, offer_id=offer_id, reason="not-open")


class OffersAndClaims(RuleBasedStateMachine):
    """Members act, staff acts, and every message between the two services is delivered late, twice, in any order."""

    @initialize()
    def begin(self) -> None:
        self.world = World()
        for person in PEOPLE:
            a_member(self.world, person)
        self.ticket = ModelTicket()
        self.undelivered: list[Event] = []
        self.unheard: list[NewEvent] = []
        self.seen_said = self.seen_emitted = 0

    def post(self) -> None:
        """Put what was newly said on its way."""
        self.undelivered += self.ticket.said[self.seen_said :]
        self.seen_said = len(self.ticket.said)
        heard = QUEUES["tickets.volunteers"].modes
        self.unheard += [event for event in self.world.emitted[self.seen_emitted :] if event.type in heard]
        self.seen_emitted = len(self.world.emitted)

    def act(self, action: Callable[[], object]) -> None:
        action()
        self.post()

    @precondition(lambda self: self.ticket.state in ("filed", "accepted", "assigned", "offered"))
    @rule()
    def staff_offers(self) -> None:
        self.act(lambda: self.ticket.offer(f"offer-{len(self.ticket.said)}", **self.ticket.take_back()))

    @precondition(lambda self: self.ticket.state in ("accepted", "offered", "assigned"))
    @rule()
    def staff_takes_it(self) -> None:
        self.act(self.ticket.assign_staff)

    @precondition(lambda self: self.ticket.state == "assigned")
    @rule()
    def it_is_resolved(self) -> None:
        self.act(self.ticket.resolve)

    @precondition(lambda self: self.ticket.state == "resolved")
    @rule()
    def it_is_reopened(self) -> None:
        self.act(self.ticket.reopen)

    @precondition(lambda self: self.world.offers)
    @rule(data=st.data(), person=st.sampled_from(PEOPLE))
    def somebody_claims(self, data: st.DataObject, person: str) -> None:
        offer = self.world.offers[data.draw(st.sampled_from(sorted(self.world.offers)))]
        gave_back = (offer.ticket_id, offer.round) in self.world.gave_back(person)
        if offer.state is OfferState.OPEN and not gave_back and not self.is_suspended(person):
            self.act(lambda: claim_offer(self.world, offer.offer_id, person))
        else:
            with pytest.raises(Refused):
                claim_offer(self.world, offer.offer_id, person)

    @precondition(lambda self: self.world.claims)
    @rule(data=st.data())
    def somebody_withdraws(self, data: st.DataObject) -> None:
        claim = self.world.claims[data.draw(st.sampled_from(sorted(self.world.claims)))]
        ended = claim.over or claim.asked_back or claim.revoked
        if claim.state in (ClaimState.WON, ClaimState.CONFIRMED) and not ended:
            self.act(lambda: withdraw_claim(self.world, claim.claim_id, claim.person_id))
        else:
            with pytest.raises(Refused):
                withdraw_claim(self.world, claim.claim_id, claim.person_id)

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_is_suspended_or_may_help_again(self, person: str) -> None:
        member = self.world.member_of(person)
        assert member is not None
        if self.is_suspended(person):
            self.act(lambda: members.approve(self.world, member, "wang"))
        else:
            self.act(lambda: members.suspend(self.world, member, "wang", "conduct", "sealed"))

    def is_suspended(self, person: str) -> bool:
        member = self.world.member_of(person)
        return member is not None and member.state is MemberState.SUSPENDED

    @precondition(lambda self: self.undelivered)
    @rule(data=st.data())
    def volunteers_hears_any(self, data: st.DataObject) -> None:
        event = self.undelivered.pop(data.draw(st.integers(0, len(self.undelivered) - 1)))
        self.act(lambda: handle(self.world, event))

    @precondition(lambda self: self.ticket.said)
    @rule(data=st.data())
    def volunteers_hears_something_again(self, data: st.DataObject) -> None:
        waiting = {event.sequence for event in self.undelivered}
        heard = [event for event in self.ticket.said if event.sequence not in waiting]
        if heard:
            again = data.draw(st.sampled_from(heard))
            self.act(lambda: handle(self.world, again))

    @precondition(lambda self: self.unheard)
    @rule(data=st.data(), same_offer_again=st.booleans())
    def tickets_hears_any(self, data: st.DataObject, same_offer_again: bool) -> None:
        event = self.unheard.pop(data.draw(st.integers(0, len(self.unheard) - 1)))
        self.act(lambda: self.ticket.hear(event, same_offer_again))

    @invariant()
    def an_offer_has_one_holder_at_most(self) -> None:
        holders = [c.offer_id for c in self.world.claims.values() if c.state in WAITING]
        assert len(holders) == len(set(holders))

    @invariant()
    def each_claim_is_told_once(self) -> None:
        won = [event.aggregate_id for event in self.world.told("claim.won")]
        assert sorted(won) == sorted(self.world.claims)

    def teardown(self) -> None:
        """Let everything arrive, then compare."""
        while self.undelivered or self.unheard:
            if self.undelivered:
                self.act(lambda: handle(self.world, self.undelivered.pop()))
            else:
                self.act(lambda: self.ticket.hear(self.unheard.pop(), same_offer_again=True))
        open_offers = {o.offer_id for o in self.world.offers.values() if o.state is OfferState.OPEN}
        assert open_offers == ({self.ticket.offer_id} if self.ticket.state == "offered" else set())
        assert not [claim for claim in self.world.claims.values() if claim.state in WAITING], "each has its answer"
        assert not [person for person in PEOPLE if self.is_suspended(person) and self.world.in_hand(person)]
        if self.ticket.claim_id is not None and self.ticket.state == "assigned":
            assert self.world.claims[self.ticket.claim_id].state is ClaimState.CONFIRMED


TestOffersAndClaims = OffersAndClaims.TestCase
TestOffersAndClaims.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def life_of_a_ticket() -> list[Event]:
    """Offered, given to staff, reopened, offered again, superseded, claimed elsewhere, cancelled."""
    ticket = ModelTicket()
    ticket.offer("x")
    ticket.assign_staff()
    ticket.resolve()
    ticket.reopen()
    ticket.offer("y")
    ticket.say("ticket.claim_declined", "offered", claim_id="unknown", offer_id="x", reason="not-open")
    ticket.offer("z")
    ticket.say("ticket.cancelled", "cancelled")
    return ticket.said


@settings(deadline=None)
@given(st.permutations(life_of_a_ticket()), st.lists(st.integers(0, 7), max_size=8))
def test_any_order_and_any_repetition_ends_the_same(order: list[Event], again: list[int]) -> None:
    world = World()
    for event in [*order, *(order[number] for number in again)]:
        handle(world, event)
    ends = {offer.offer_id: (offer.state, offer.reason) for offer in world.offers.values()}
    assert ends == {
        "x": (OfferState.CLOSED, "assigned"),
        "y": (OfferState.CLOSED, "superseded"),
        "z": (OfferState.CLOSED, "cancelled"),
    }


@settings(deadline=None)
@given(st.permutations(life_of_a_ticket()[:5]))
def test_an_offer_of_a_later_round_is_open_in_the_end(order: list[Event]) -> None:
    world = World()
    for event in order:
        handle(world, event)
    assert (world.offers["x"].state, world.offers["y"].state) == (OfferState.CLOSED, OfferState.OPEN)
