"""Volunteers in memory: the handlers' whole world as one unit of work that always commits."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Event, NewEvent
from services.volunteers.domain.acts import Act
from services.volunteers.domain.claims import Claim, Round
from services.volunteers.domain.ledger import Account, Cause, Transaction, TransactionKind
from services.volunteers.domain.members import Member, MemberState
from services.volunteers.domain.offers import History, Offer
from services.volunteers.domain.refusals import Refused
from services.volunteers.domain.rules import Confirmation, PointsRule
from services.volunteers.storage import points_rules

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
GRID = "/hequ/xikou/binhe/grid-012/"
COMMUNITY = "/hequ/xikou/binhe/"


class World:
    """Satisfies `handlers.ports.Store`. Emitting checks each event against its contract and its sequence."""

    def __init__(self) -> None:
        self.now = NOW
        self.rules: Sequence[PointsRule] = points_rules()
        self.emitted: list[NewEvent] = []
        self.members: dict[str, Member] = {}
        self.acts: list[tuple[str, Act]] = []
        self.histories: dict[str, History] = {}
        self.offers: dict[str, Offer] = {}
        self.claims: dict[str, Claim] = {}
        self.accounts: dict[str, Account] = {}
        self.ledger: list[Transaction] = []
        self.confirmations: dict[str, Confirmation] = {}
        self.refutations: dict[tuple[str, int], Cause] = {}
        self._ids = 0
        self._sequences: dict[tuple[str, str], int] = {}

    def new_id(self) -> str:
        self._ids += 1
        return f"id-{self._ids}"

    def emit(self, *events: NewEvent) -> None:
        for event in events:
            assert not EVENT_TYPES[event.type].schema().validate(dict(event.data))
            aggregate = (event.type.partition(".")[0], event.aggregate_id)
            assert event.sequence == self._sequences.get(aggregate, 0) + 1, event
            self._sequences[aggregate] = event.sequence
            self.emitted.append(event)

    def told_before(self, event_type: str, aggregate_id: str, sequence: int) -> None:
        """Events up to this one were told before the test begins."""
        self._sequences[event_type.partition(".")[0], aggregate_id] = sequence

    def told(self, event_type: str) -> list[NewEvent]:
        return [event for event in self.emitted if event.type == event_type]

    def member(self, member_id: str) -> Member | None:
        return self.members.get(member_id)

    def member_of(self, person_id: str) -> Member | None:
        return next((m for m in self.members.values() if m.person_id == person_id), None)

    def save_member(self, member: Member) -> None:
        self.members[member.member_id] = member

    def record(self, by: str, act: Act) -> None:
        self.acts.append((by, act))

    def history(self, ticket_id: str) -> History:
        return self.histories.get(ticket_id, History(ticket_id))

    def save_history(self, history: History) -> None:
        self.histories[history.ticket_id] = history

    def offer(self, offer_id: str) -> Offer | None:
        return self.offers.get(offer_id)

    def offers_of(self, ticket_id: str) -> Sequence[Offer]:
        return [offer for offer in self.offers.values() if offer.ticket_id == ticket_id]

    def save_offer(self, offer: Offer) -> None:
        self.offers[offer.offer_id] = offer

    def claim(self, claim_id: str) -> Claim | None:
        return self.claims.get(claim_id)

    def save_claim(self, claim: Claim) -> None:
        self.claims[claim.claim_id] = claim

    def gave_back(self, person_id: str) -> frozenset[Round]:
        mine = (claim for claim in self.claims.values() if claim.person_id == person_id)
        return frozenset((claim.ticket_id, claim.round) for claim in mine if claim.asked_back)

    def claims_in_hand(self, person_id: str) -> Sequence[Claim]:
        return [claim for claim in self.claims.values() if claim.person_id == person_id and claim.in_hand]

    def in_hand(self, person_id: str) -> int:
        return len(self.claims_in_hand(person_id))

    def claimed_since(self, person_id: str, moment: datetime) -> int:
        return sum(claim.person_id == person_id and claim.won_at > moment for claim in self.claims.values())

    def hold_member(self, member: Member) -> None:
        """In memory nobody else is at work."""

    def account(self, person_id: str) -> Account:
        return self.accounts.get(person_id, Account(person_id))

    def save_account(self, account: Account) -> None:
        self.accounts[account.person_id] = account

    def posted(self, key: str) -> bool:
        return any(transaction.key == key for transaction in self.ledger)

    def awards_of(self, ticket_id: str, round_: int) -> Sequence[Transaction]:
        wanted = (TransactionKind.AWARD, ticket_id, round_)
        return [t for t in self.ledger if (t.kind, t.ticket_id, t.round) == wanted]

    def add_transaction(self, transaction: Transaction) -> None:
        self.ledger.append(transaction)

    def keep_confirmation(self, deed: Confirmation) -> None:
        self.confirmations[deed.event_id] = deed

    def refutation(self, ticket_id: str, round_: int) -> Cause | None:
        return self.refutations.get((ticket_id, round_))

    def keep_refutation(self, refutation: Cause) -> None:
        self.refutations[refutation.ticket_id, refutation.round] = refutation


def refusal(slug: str) -> AbstractContextManager[Any]:
    """Expect that the command is refused with this code."""
    return pytest.raises(Refused, check=lambda error: error.slug == slug)


def a_member(world: World, person_id: str, skills: Sequence[str] = (), area_path: str = COMMUNITY) -> Member:
    """An approved member."""
    member = Member(
        f"member-of-{person_id}", person_id, area_path, tuple(skills), (), MemberState.APPROVED, NOW, NOW
    )  # fmt: skip
    world.save_member(member)
    world.told_before("member.registered", member.member_id, member.published)
    return member


def ticket_event(
    event_type: str,
    sequence: int,
    *,
    state: str = "offered",
    ticket_id: str = "ticket-1",
    round_: int = 1,
    kind: str = "request",
    reporter_id: str | None = "the-reporter",
    **detail: Any,
) -> Event:
    """An event of tickets as the consumer gets it: the contract's example, changed where the test cares."""
    described = EVENT_TYPES[event_type]
    example = described.example()
    example["ticket"].update(
        ticket_id=ticket_id, state=state, round=round_, kind=kind, reporter_id=reporter_id, area_path=GRID
    )
    if "round" in example:
        example["round"] = round_
    data = described.schema().load({**example, **detail})
    return Event(
        f"{ticket_id}/{sequence}", event_type, "tickets", "1.0", sequence, ticket_id, GRID, NOW, NOW, data
    )  # fmt: skip
