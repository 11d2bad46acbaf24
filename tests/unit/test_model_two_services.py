"""Tickets and volunteers together, each by its own handlers, with every message between them late, twice, in any order.

In the end, when everything has arrived, both must say the same of every offer, claim, ticket and point.
"""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.contracts.queues import QUEUES
from services.contracts.types import Event
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import OPEN_STATES, Ticket
from services.tickets.domain.transitions import Actor
from services.volunteers.domain.claims import Claim, ClaimState
from services.volunteers.domain.ledger import ISSUANCE, debt_account, spendable_account
from services.volunteers.domain.members import MemberState
from services.volunteers.domain.offers import OfferState
from services.volunteers.domain.refusals import Refused
from services.volunteers.handlers import members
from services.volunteers.handlers.claims import claim_offer, withdraw_claim
from services.volunteers.handlers.table import handle
from tests.support.effort import stories
from tests.unit.arriving import NOW, arrived
from tests.unit.tickets.office import Choice, Office
from tests.unit.volunteers.world import World, a_member

PEOPLE = ("li", "zhao", "sun")
NEXT = {
    "filed": [("accept", "grid_worker")],
    "accepted": [("offer", "grid_worker"), ("offer", "grid_head"), ("assign", "grid_head")],
    "offered": [("assign", "grid_head"), ("cancel", "reporter")],
    "assigned": [
        ("arrive", "assignee"), ("arrive", "assignee"), ("resolve", "assignee"), ("offer", "grid_head"),
        ("assign", "grid_head"),
    ],
    "on_site": [("resolve", "assignee"), ("reclassify", "grid_head"), ("plan", "grid_head"), ("plan", "assignee"),
                ("resolve", "grid_head"), ("assign", "grid_head")],
    "planned": [("resolve", "assignee"), ("assign", "grid_head")],
    "resolved": [("confirm", "reporter"), ("confirm", "reporter"), ("reopen", "reporter")],
    "confirmed": [("reopen", "reporter")],
}  # fmt: skip

_PLANNED = ("arrive", "reclassify", "plan")
HURRIES = [(), ("arrive",), _PLANNED, ("arrive", "resolve"), ("resolve",), (*_PLANNED, "resolve")]
"""What is grave and planned the head says."""
"""What a claimant does before he gives it back, or is suspended."""


class TwoServices(RuleBasedStateMachine):
    """Two tickets, three members, and a post that keeps no order."""

    @initialize()
    def begin(self) -> None:
        self.office, self.world = Office(now=NOW), World()
        for person in PEOPLE:
            a_member(self.world, person, area_path="/hequ/")
        self.ids = [self.office.file(), self.office.file()]
        self.handled: dict[str, str] = {}
        self.to_volunteers: list[Event] = []
        self.to_tickets: list[Event] = []
        self.heard: list[Event] = []
        self.seen = [0, 0]
        for ticket_id in self.ids:
            self.work(ticket_id, 0, 5)
            self.work(ticket_id, 0, 5)

    # What happens

    @rule(number=st.integers(0, 1), which=st.integers(0, 4), rating=st.integers(1, 5), minutes=st.integers(0, 20))
    def staff_or_reporter_act(self, number: int, which: int, rating: int, minutes: int) -> None:
        self.office.now += timedelta(minutes=minutes)
        self.work(self.ids[number], which, rating)

    @rule(number=st.integers(0, 1), person=st.sampled_from(PEOPLE))
    def a_member_turns_out_to_have_reported_it_too(self, number: int, person: str) -> None:
        """What he reported is merged into it: from then on it is nothing for him to earn by."""
        into = self.office.ticket(self.ids[number])
        if into.state in OPEN_STATES and person not in into.reported_by:
            self.merge(self.office.file(resident=person), into)

    @rule(number=st.integers(0, 1), person=st.sampled_from(PEOPLE), passed_on=st.booleans(), claims=st.booleans())
    def a_member_turns_out_to_have_handled_the_same_as_staff(
        self, number: int, person: str, passed_on: bool, claims: bool
    ) -> None:
        """What he took in, or had in hand and passed on, is merged into it; he claims it before that is heard."""
        into = self.office.ticket(self.ids[number])
        if into.state not in OPEN_STATES:
            return
        duplicate, staff = self.office.file(), self.office.actor(into.id, "grid_head")
        first = staff if passed_on else Actor(person, frozenset({"grid_worker"}))
        deeds = [("accept", first, Choice())]
        if passed_on:
            deeds += [("assign", staff, Choice(assignee=person)), ("assign", staff, Choice())]
        assert not any(self.office.attempt(duplicate, *deed) for deed in deeds)
        self.handled[duplicate] = person
        self.merge(duplicate, into)
        if claims and into.offer is not None and into.offer.id in self.world.offers:
            self.he_claims(into.offer.id, person)

    def merge(self, duplicate: str, into: Ticket) -> None:
        """By the station's head: into what is grave, planned or not yet, an office alone merges."""
        planned = "merge-into-planned" if into.planned_for is not None else "merge-into-grave"
        wanted = planned if into.severity in ("special", "major") else None
        assert self.office.merge(duplicate, into.id) == wanted
        self.post()

    @precondition(lambda self: self.world.offers)
    @rule(data=st.data(), person=st.sampled_from(PEOPLE))
    def somebody_claims(self, data: st.DataObject, person: str) -> None:
        self.he_claims(data.draw(st.sampled_from(sorted(self.world.offers))), person)

    def he_claims(self, offer_id: str, person: str) -> None:
        offer = self.world.offers[offer_id]
        taken = offer.state is not OfferState.OPEN or person in offer.reporter_ids
        left_to_others = (offer.ticket_id, offer.round) in self.world.gave_back(person)
        try:
            claim_offer(self.world, offer_id, person)
        except Refused:
            assert taken or left_to_others or self.is_suspended(person)
        self.post()

    @precondition(lambda self: self.world.claims)
    @rule(data=st.data())
    def somebody_withdraws(self, data: st.DataObject) -> None:
        claim = self.world.claims[data.draw(st.sampled_from(sorted(self.world.claims)))]
        try:
            withdraw_claim(self.world, claim.claim_id, claim.person_id)
        except Refused:
            ended = claim.state in (ClaimState.WITHDRAWING, ClaimState.RELEASED) or claim.over
            assert ended or claim.asked_back or claim.revoked
        self.post()

    @rule(person=st.sampled_from(PEOPLE), again=st.booleans())
    def somebody_is_suspended_or_may_help_again(self, person: str, again: bool) -> None:
        self.decide(person)
        if again:
            self.decide(person)

    def decide(self, person: str) -> None:
        """Suspend who may help, and let help who is suspended."""
        member = self.world.member_of(person)
        assert member is not None
        if member.state is MemberState.APPROVED:
            members.suspend(self.world, member, "wang", "conduct", "sealed")
        else:
            members.approve(self.world, member, "wang")
        self.post()

    def is_suspended(self, person: str) -> bool:
        member = self.world.member_of(person)
        return member is not None and member.state is MemberState.SUSPENDED

    @precondition(lambda self: any(claim.state is ClaimState.WON for claim in self.world.claims.values()))
    @rule(data=st.data(), deeds=st.sampled_from(HURRIES), suspended=st.booleans())
    def a_claimant_hurries_and_then_gives_it_back(
        self, data: st.DataObject, deeds: Sequence[str], suspended: bool
    ) -> None:
        """Or is suspended."""
        won = sorted(claim.claim_id for claim in self.world.claims.values() if claim.state is ClaimState.WON)
        claim = self.world.claims[data.draw(st.sampled_from(won))]
        self.hurry(claim, deeds)
        if not suspended:
            self.gives_back(claim)
        elif not self.is_suspended(claim.person_id):
            self.decide(claim.person_id)

    def hurry(self, claim: Claim, deeds: Sequence[str]) -> None:
        """Tickets hears of his claim at once, volunteers of nothing yet that he does."""
        for event in [one for one in self.to_tickets if one.aggregate_id == claim.claim_id]:
            self.to_tickets.remove(event)
            self.deliver(event)
        for deed in deeds:
            ticket = self.office.ticket(claim.ticket_id)
            if ticket.is_open and ticket.claim_id == claim.claim_id:
                self.act(ticket.id, deed, "grid_head" if deed in ("reclassify", "plan") else "assignee", 5)

    def gives_back(self, claim: Claim) -> None:
        try:
            withdraw_claim(self.world, claim.claim_id, claim.person_id)
        except Refused:
            assert claim.over or claim.asked_back or claim.revoked
        self.post()

    @precondition(lambda self: self.to_volunteers)
    @rule(number=st.integers(0, 99), again=st.booleans())
    def volunteers_hears_any(self, number: int, again: bool) -> None:
        self.volunteers_hears(number % len(self.to_volunteers), again)

    @precondition(lambda self: self.to_tickets)
    @rule(number=st.integers(0, 99), again=st.booleans())
    def tickets_hears_any(self, number: int, again: bool) -> None:
        self.tickets_hears(number % len(self.to_tickets), again)

    @precondition(lambda self: self.heard)
    @rule(number=st.integers(0, 99))
    def something_comes_once_more(self, number: int) -> None:
        self.deliver(self.heard[number % len(self.heard)])

    # What must hold

    @invariant()
    def an_offer_has_one_holder_at_most(self) -> None:
        held = [c.offer_id for c in self.world.claims.values() if c.state is not ClaimState.RELEASED]
        assert len(held) == len(set(held))

    @invariant()
    def a_claim_is_told_once_and_answered_once_at_most(self) -> None:
        won = Counter(event.aggregate_id for event in self.world.told("claim.won"))
        assert won == Counter(dict.fromkeys(self.world.claims, 1))
        for kinds in (("ticket.assigned", "ticket.claim_declined"), ("ticket.withdrawal_declined",)):
            said = [event for event in self.office.shelf.events if event.type in kinds]
            assert set(Counter(e.data["claim_id"] for e in said if e.data["claim_id"]).values()) <= {1}

    @invariant()
    def points_add_up_and_nobody_is_below_zero(self) -> None:
        sums: Counter[str] = Counter()
        for transaction in self.world.ledger:
            for posting in transaction.postings:
                sums[posting.debit] -= posting.points
                sums[posting.credit] += posting.points
        assert sum(sums.values()) == 0
        for person, account in self.world.accounts.items():
            assert account.balance >= 0 <= account.debt
            assert (sums[spendable_account(person)], -sums[debt_account(person)]) == (account.balance, account.debt)
        assert -sums[ISSUANCE] == sum(account.balance - account.debt for account in self.world.accounts.values())

    def teardown(self) -> None:
        """Let everything arrive, in an order that nobody chose, then compare."""
        shuffled = random.Random(len(self.heard))
        while self.to_volunteers or self.to_tickets:
            if self.to_volunteers and (not self.to_tickets or shuffled.random() < 0.5):
                self.volunteers_hears(shuffled.randrange(len(self.to_volunteers)), again=shuffled.random() < 0.2)
            else:
                self.tickets_hears(shuffled.randrange(len(self.to_tickets)), again=shuffled.random() < 0.2)
        for ticket_id in self.ids:
            self.agree(self.office.ticket(ticket_id))
            self.nobody_is_given_what_he_reported_or_handled(ticket_id)
        self.each_has_in_hand_what_counts_as_such()
        self.who_is_suspended_has_nothing_in_hand()
        self.points_stand_for_what_was_confirmed()
        self.nobody_is_paid_without_a_claim_that_stands()

    def agree(self, ticket: Ticket) -> None:
        offers = [offer for offer in self.world.offers.values() if offer.ticket_id == ticket.id]
        standing = {ticket.offer.id} if ticket.state == "offered" and ticket.offer else set()
        assert {offer.offer_id for offer in offers if offer.state is OfferState.OPEN} == standing
        assert not [offer for offer in offers if offer.state is OfferState.TAKEN]
        for claim in self.world.claims.values():
            if claim.ticket_id != ticket.id:
                continue
            assert claim.state not in (ClaimState.WON, ClaimState.WITHDRAWING), "each has its answer"
            assert not claim.in_hand or (ticket.is_open and ticket.claim_id == claim.claim_id), "it counts in vain"
            if claim.state is ClaimState.CONFIRMED:
                assert ticket.claims[claim.claim_id] == ("kept" if claim.asked_back else "assigned")
                in_hand = ticket.is_open and claim.round == ticket.round
                assert not in_hand or ticket.claim_id == claim.claim_id, "what was taken from him is not his any more"
                assert claim.in_hand == in_hand
            if claim.reason == "declined":
                assert ticket.claims[claim.claim_id] == "declined"
        assert (ticket.claim_id is not None) == (ticket.assignee_kind == "member")
        if ticket.is_open and ticket.claim_id is not None:
            claim = self.world.claims[ticket.claim_id]
            assert claim.state is ClaimState.CONFIRMED
            assert claim.person_id == ticket.assignee_id

    def each_has_in_hand_what_counts_as_such(self) -> None:
        tickets = [self.office.ticket(ticket_id) for ticket_id in self.ids]
        had = Counter(one.assignee_id for one in tickets if one.is_open and one.assignee_kind == "member")
        assert {person: self.world.in_hand(person) for person in PEOPLE} == {person: had[person] for person in PEOPLE}

    def who_is_suspended_has_nothing_in_hand(self) -> None:
        """Each claim was revoked that he had when he was suspended, and he won none since."""
        assert not [person for person in PEOPLE if self.is_suspended(person) and self.world.in_hand(person)]
        revoked = Counter(event.aggregate_id for event in self.world.told("claim.revoked"))
        assert revoked == Counter(claim.claim_id for claim in self.world.claims.values() if claim.revoked)
        for claim in self.world.claims.values():
            assert not claim.revoked or claim.over or claim.state is ClaimState.RELEASED

    def points_stand_for_what_was_confirmed(self) -> None:
        earned = Counter(dict.fromkeys(PEOPLE, 0))
        for ticket_id in self.ids:
            history = self.office.ticket(ticket_id).history
            reopened = {step.round - 1 for step in history if step.kind == "reopened"}
            for step in history:
                by_member = step.kind == "confirmed" and step.detail["solver_kind"] == "member"
                own = step.kind == "confirmed" and step.detail["solver_id"] in self.barred_then(ticket_id, step)
                if by_member and not own and step.detail["rating"] >= 3 and step.round not in reopened:
                    earned[step.detail["solver_id"]] += 10
        assert {person: self.world.account(person).balance for person in PEOPLE} == dict(earned)

    def nobody_is_paid_without_a_claim_that_stands(self) -> None:
        held = {(c.ticket_id, c.round, c.person_id) for c in self.world.claims.values() if c.reason is None}
        assert {(paid.ticket_id, paid.round, paid.person_id) for paid in self.world.ledger} <= held

    def nobody_is_given_what_he_reported_or_handled(self, ticket_id: str) -> None:
        for step in self.office.ticket(ticket_id).history:
            if step.kind == "assigned" and step.detail["assignee_kind"] == "member":
                assert step.detail["assignee_id"] not in self.barred_then(ticket_id, step)

    def barred_then(self, ticket_id: str, step: Step) -> set[str]:
        """Who reported or handled the same by a ticket that had been merged into it."""
        history = self.office.ticket(ticket_id).history
        before = history[: next(at for at, one in enumerate(history) if one is step)]
        merged = [one.detail for one in before if one.kind == "duplicate_added"]
        handled = {self.handled.get(one["duplicate_id"], "nobody") for one in merged}
        return handled.union(*(one["reporters"] for one in merged))

    # How it is done

    def work(self, ticket_id: str, which: int, rating: int) -> None:
        possible = NEXT.get(self.office.ticket(ticket_id).state)
        if possible:
            self.act(ticket_id, *possible[which % len(possible)], rating)
        self.post()

    def act(self, ticket_id: str, deed: str, part: str, rating: int) -> None:
        chosen = Choice(rating=rating, severity="complex" if deed == "arrive" else "special")
        self.office.attempt(ticket_id, deed, self.office.actor(ticket_id, part), chosen)
        self.post()

    def post(self) -> None:
        """Put what was newly said on its way."""
        said, emitted = self.office.shelf.events, self.world.emitted
        fresh = [event for event in said[self.seen[0] :] if event.type in QUEUES["volunteers.tickets"].modes]
        self.to_volunteers += [arrived(event, "tickets") for event in fresh]
        fresh = [event for event in emitted[self.seen[1] :] if event.type in QUEUES["tickets.volunteers"].modes]
        self.to_tickets += [arrived(event, "volunteers") for event in fresh]
        self.seen = [len(said), len(emitted)]

    def volunteers_hears(self, number: int, again: bool) -> None:
        event = self.to_volunteers[number] if again else self.to_volunteers.pop(number)
        self.deliver(event)

    def tickets_hears(self, number: int, again: bool) -> None:
        event = self.to_tickets[number] if again else self.to_tickets.pop(number)
        self.deliver(event)

    def deliver(self, event: Event) -> None:
        claim = event.data
        if event.type == "claim.won":
            self.office.hear_claim(claim["ticket_id"], claim["claim_id"], claim["offer_id"], claim["person_id"])
        elif event.type == "claim.withdrawn":
            self.office.hear_withdrawal(claim["ticket_id"], claim["claim_id"])
        elif event.type == "claim.revoked":
            self.office.hear_revocation(claim["ticket_id"], claim["claim_id"])
        else:
            handle(self.world, event)
        self.heard.append(event)
        self.post()


TestTwoServices = TwoServices.TestCase
TestTwoServices.settings = stories(60, 40)


@pytest.mark.parametrize("passed_on", [True, False])
def test_who_handled_the_same_as_staff_claims_in_vain_what_volunteers_does_not_know_of_yet(passed_on: bool) -> None:
    """Chance alone seldom comes that far."""
    told = TwoServices()
    told.begin()
    while told.to_volunteers:
        told.volunteers_hears(0, again=False)
    told.a_member_turns_out_to_have_handled_the_same_as_staff(0, "li", passed_on, claims=True)
    assert told.world.claims
    told.teardown()


@pytest.mark.parametrize("confirmed_first", [False, True])
@pytest.mark.parametrize("deeds", HURRIES)
def test_who_gave_it_back_after_he_did_something_with_it(deeds: Sequence[str], confirmed_first: bool) -> None:
    """The story that is rarely drawn: who was on site has it as before. That he wants to give it back is heard before
    the reporter confirms, or after."""
    story = TwoServices()
    story.begin()
    while story.to_volunteers:
        story.volunteers_hears(0, again=False)
    claim = claim_offer(story.world, min(story.world.offers), "li")
    story.post()
    story.hurry(claim, deeds)
    story.gives_back(claim)
    if not confirmed_first:
        while story.to_tickets:
            story.tickets_hears(0, again=False)
    if story.office.ticket(claim.ticket_id).state == "resolved":
        story.act(claim.ticket_id, "confirm", "reporter", 5)
    story.teardown()
    begun, solved = "arrive" in deeds, deeds[:1] == ("arrive",) and "resolve" in deeds
    assert (story.world.in_hand("li"), story.world.account("li").balance) == (int(begun and not solved), 10 * solved)
    assert story.world.claims[claim.claim_id].reason == (None if begun else "withdrawn")


@pytest.mark.parametrize("deeds", HURRIES)
def test_who_is_suspended_after_he_did_something_with_it_has_it_no_more_unless_it_is_solved(
    deeds: Sequence[str],
) -> None:
    story = TwoServices()
    story.begin()
    while story.to_volunteers:
        story.volunteers_hears(0, again=False)
    claim = claim_offer(story.world, min(story.world.offers), "li")
    story.post()
    story.hurry(claim, deeds)
    story.decide("li")
    story.teardown()
    solved = deeds[:1] == ("arrive",) and "resolve" in deeds
    assert story.world.in_hand("li") == 0
    assert story.world.claims[claim.claim_id].reason == (None if solved else "taken_back")
    ticket = story.office.ticket(claim.ticket_id)
    assert (ticket.claim_id, ticket.is_open) == ((claim.claim_id, False) if solved else (None, True))
