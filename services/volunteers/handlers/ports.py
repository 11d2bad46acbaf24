"""What the handlers need of the world: state that is read and written in one transaction, ids, time, events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.contracts.types import NewEvent
from services.volunteers.domain.acts import Act
from services.volunteers.domain.claims import Claim, Round
from services.volunteers.domain.ledger import Account, Cause, Transaction
from services.volunteers.domain.members import Member
from services.volunteers.domain.offers import History, Offer
from services.volunteers.domain.rules import Confirmation, PointsRule


class World(Protocol):
    """One unit of work."""

    @property
    def now(self) -> datetime: ...

    def new_id(self) -> str: ...

    def emit(self, *events: NewEvent) -> None: ...


class MemberStore(World, Protocol):
    def member(self, member_id: str) -> Member | None: ...

    def member_of(self, person_id: str) -> Member | None: ...

    def save_member(self, member: Member) -> None: ...

    def record(self, by: str, act: Act) -> None:
        """Keep for good who did it."""


class OfferStore(World, Protocol):
    def member_of(self, person_id: str) -> Member | None: ...

    def history(self, ticket_id: str) -> History: ...

    def save_history(self, history: History) -> None: ...

    def offer(self, offer_id: str) -> Offer | None: ...

    def offers_of(self, ticket_id: str) -> Sequence[Offer]: ...

    def save_offer(self, offer: Offer) -> None: ...

    def claim(self, claim_id: str) -> Claim | None: ...

    def save_claim(self, claim: Claim) -> None: ...

    def gave_back(self, person_id: str) -> frozenset[Round]:
        """Rounds of tickets that the person claimed and gave back."""

    def claims_in_hand(self, person_id: str) -> Sequence[Claim]:
        """The claims that the person has in hand, in the order in which he won them."""

    def claimed_since(self, person_id: str, moment: datetime) -> int:
        """How many claims the person won after that moment, whatever became of them."""

    def hold_member(self, member: Member) -> None:
        """Of two units that do this for the same member at once, one runs again and sees what the other did."""


class SuspendingStore(MemberStore, OfferStore, Protocol):
    """Who is suspended has his claims taken from him in the same unit."""


class LedgerStore(World, Protocol):
    def claim(self, claim_id: str) -> Claim | None: ...

    @property
    def rules(self) -> Sequence[PointsRule]: ...

    def account(self, person_id: str) -> Account: ...

    def save_account(self, account: Account) -> None: ...

    def posted(self, key: str) -> bool:
        """Whether a transaction with this key is in the ledger."""

    def awards_of(self, ticket_id: str, round_: int) -> Sequence[Transaction]: ...

    def add_transaction(self, transaction: Transaction) -> None: ...

    def keep_confirmation(self, deed: Confirmation) -> None: ...

    def refutation(self, ticket_id: str, round_: int) -> Cause | None:
        """The reopening that refuted this round, if one is known."""

    def keep_refutation(self, refutation: Cause) -> None: ...


class Store(MemberStore, OfferStore, LedgerStore, Protocol):
    """All of it, for the table of event handlers."""
