"""The ledger of points (积分): double entry, append-only. What was posted is reversed, never edited.

Each person has two accounts. `spendable:P` holds what P may spend; `debt:P` what P owes since a payment was taken back
after it was spent. The other side of both is the system account `issuance`, whose balance nobody stores. At any time
one of a person's two balances is zero, so that the order of payments and reversals does not matter:
spendable − debt = paid − reversed − spent. See docs/adr on the debt account.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.volunteers.domain.refusals import Refused

ISSUANCE = "issuance"


def spendable_account(person_id: str) -> str:
    return f"spendable:{person_id}"


def debt_account(person_id: str) -> str:
    return f"debt:{person_id}"


@dataclass(frozen=True, slots=True)
class Posting:
    """`points` leave the account `debit` and reach the account `credit`; whole and positive."""

    debit: str
    credit: str
    points: int


class TransactionKind(StrEnum):
    AWARD = "award"
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Transaction:
    """What happened to one person's points at once; its postings share its identity and add up to `points`."""

    posting_id: str
    kind: TransactionKind
    person_id: str
    rule: str
    ticket_id: str
    round: int
    area_path: str
    points: int
    postings: tuple[Posting, ...]
    event_id: str
    at: datetime
    """When the deed was confirmed or refuted, in business time."""
    sequence: int
    """Grows by one with each transaction of the person; also the sequence of its event."""
    balance: int
    debt: int
    """Of the person, after this transaction."""
    reverses: str | None = None

    @property
    def key(self) -> str:
        """Nothing with the same key is ever posted twice: (rule, ticket, round, person), whatever the version."""
        return _key(self.kind, self.rule, self.ticket_id, self.round, self.person_id)


def award_key(rule: str, ticket_id: str, round_: int, person_id: str) -> str:
    """The `key` that an award by this rule, in whichever version, has in the ledger."""
    return _key(TransactionKind.AWARD, rule, ticket_id, round_, person_id)


def _key(kind: TransactionKind, rule: str, ticket_id: str, round_: int, person_id: str) -> str:
    return f"{kind}:{rule.partition('/')[0]}:{ticket_id}:{round_}:{person_id}"


@dataclass(frozen=True, slots=True)
class Account:
    """A person's two balances; never below zero, never both above."""

    person_id: str
    balance: int = 0
    debt: int = 0
    sequence: int = 0

    def changed(self, signed_points: int) -> "Account":
        """After `signed_points`: what comes in repays the debt first, what goes out beyond the balance is a debt."""
        net = self.balance - self.debt + signed_points
        return replace(self, balance=max(net, 0), debt=max(-net, 0), sequence=self.sequence + 1)


@dataclass(frozen=True, slots=True)
class Cause:
    """The verified event behind a transaction."""

    event_id: str
    ticket_id: str
    round: int
    area_path: str
    at: datetime


def award(account: Account, rule: str, points: int, cause: Cause, posting_id: str) -> tuple[Account, Transaction]:
    """Pay `points`: to the debt first, the rest to be spent."""
    after = account.changed(points)
    repaid = account.debt - after.debt
    postings = _postings(
        (ISSUANCE, debt_account(account.person_id), repaid),
        (ISSUANCE, spendable_account(account.person_id), points - repaid),
    )
    return after, _transaction(TransactionKind.AWARD, after, rule, points, postings, cause, posting_id)


def reverse(account: Account, paid: Transaction, cause: Cause, posting_id: str) -> tuple[Account, Transaction]:
    """Take an award back: from what can be spent first, the rest becomes a debt. Raises Refused for another's award."""
    if paid.kind is not TransactionKind.AWARD or paid.person_id != account.person_id:
        raise Refused("not-reversible")
    after = account.changed(-paid.points)
    taken = account.balance - after.balance
    postings = _postings(
        (spendable_account(account.person_id), ISSUANCE, taken),
        (debt_account(account.person_id), ISSUANCE, paid.points - taken),
    )
    taken_back = _transaction(TransactionKind.REVERSAL, after, paid.rule, paid.points, postings, cause, posting_id)
    return after, replace(taken_back, reverses=paid.posting_id)


def _postings(*lines: tuple[str, str, int]) -> tuple[Posting, ...]:
    return tuple(Posting(debit, credit, points) for debit, credit, points in lines if points)


def _transaction(
    kind: TransactionKind,
    after: Account,
    rule: str,
    points: int,
    postings: Sequence[Posting],
    cause: Cause,
    posting_id: str,
) -> Transaction:
    return Transaction(
        posting_id=posting_id,
        kind=kind,
        person_id=after.person_id,
        rule=rule,
        ticket_id=cause.ticket_id,
        round=cause.round,
        area_path=cause.area_path,
        points=points,
        postings=tuple(postings),
        event_id=cause.event_id,
        at=cause.at,
        sequence=after.sequence,
        balance=after.balance,
        debt=after.debt,
    )
