"""The audit of the ledger (`doorstep points audit`): does every point have its cause, and do the sums agree?

It reads one snapshot of the database and trusts neither the indexes nor the stored balances.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.volunteers.domain.ledger import ISSUANCE, TransactionKind, award_key, debt_account, spendable_account
from services.volunteers.domain.rules import Confirmation, PointsRule, earns, in_force
from services.volunteers.storage import points_rules, to_transaction

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong. `code` is stable, `ids` name the documents, `detail` gives figures, never names."""

    code: str
    ids: tuple[str, ...]
    detail: str


@dataclass(slots=True)
class Books:
    """What the audit adds up while it reads the ledger once."""

    sums: Counter[str] = field(default_factory=Counter)
    """Points by account, out of the postings alone."""
    transactions: Counter[str] = field(default_factory=Counter)
    """Number of transactions by person."""
    keys: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    awards: dict[str, Document] = field(default_factory=dict)
    reversals: list[Document] = field(default_factory=list)


def audit(db: Database[Document]) -> list[Finding]:
    """All that is wrong with the ledger of one database; an empty list says that it is right."""
    with db.client.start_session(snapshot=True) as session:
        books = Books()
        findings = [*_read(db, session, books), *_duplicates(books)]
        findings += _awards(db, session, books)
        findings += _reversals(db, session, books)
        findings += _accounts(db, session, books)
    return findings


def _rows(db: Database[Document], collection: str, session: ClientSession) -> Iterator[Document]:
    yield from db[collection].find({}, session=session).sort("_id", 1)


def _read(db: Database[Document], session: ClientSession, books: Books) -> Iterator[Finding]:
    """Fold the ledger into the books; each transaction must be well-formed by itself."""
    for row in _rows(db, "ledger", session):
        fault = _fault(row)
        if fault is not None:
            yield Finding("malformed", (row["_id"],), fault)
            continue
        for posting in row["postings"]:
            books.sums[posting["debit"]] -= posting["points"]
            books.sums[posting["credit"]] += posting["points"]
        books.transactions[row["person_id"]] += 1
        books.keys[to_transaction(row).key].append(row["_id"])
        if row["kind"] == TransactionKind.AWARD:
            books.awards[row["_id"]] = row
        else:
            books.reversals.append(row)


def _fault(row: Document) -> str | None:
    """What is wrong with the shape of one transaction."""
    try:
        transaction = to_transaction(row)
    except (KeyError, TypeError, ValueError):
        return "not readable as a transaction"
    persons = {spendable_account(transaction.person_id), debt_account(transaction.person_id)}
    for posting in transaction.postings:
        out, into = posting.debit, posting.credit
        if transaction.kind is TransactionKind.REVERSAL:
            out, into = into, out
        if out != ISSUANCE or into not in persons:
            return f"posting between wrong accounts in a transaction of kind {transaction.kind}"
        if not isinstance(posting.points, int) or posting.points <= 0:
            return "posting without positive whole points"
    if sum(posting.points for posting in transaction.postings) != transaction.points:
        return "postings do not add up to the transaction's points"
    return None if row.get("key") == transaction.key else "stored key is not that of the transaction"


def _duplicates(books: Books) -> Iterator[Finding]:
    for key, ids in sorted(books.keys.items()):
        if len(ids) > 1:
            yield Finding("paid-twice", tuple(ids), f"{len(ids)} transactions for {key}")


def _awards(db: Database[Document], session: ClientSession, books: Books) -> Iterator[Finding]:
    """Every award has one confirmed event that earns it, and every such event its award."""
    expected: dict[tuple[str, str, str], int] = {}
    for row in _rows(db, "confirmations", session):
        deed = Confirmation(event_id=row.pop("_id"), **row)
        for rule in _earned(deed):
            expected[deed.event_id, deed.solver_id, rule.code] = rule.points
            if award_key(rule.code, deed.ticket_id, deed.round, deed.solver_id) not in books.keys:
                yield Finding("award-missing", (deed.event_id,), f"person {deed.solver_id} has no award by {rule.code}")
    for identity, award in books.awards.items():
        if expected.get((award["event_id"], award["person_id"], award["rule"])) != award["points"]:
            yield Finding("award-without-cause", (identity,), f"event {award['event_id']} does not earn it")


def _earned(deed: Confirmation) -> list[PointsRule]:
    return [rule for rule in in_force(points_rules(), "ticket.confirmed", deed.at) if earns(rule, deed)]


def _reversals(db: Database[Document], session: ClientSession, books: Books) -> Iterator[Finding]:
    """Every reversal takes back one whole award of a refuted round, and every such award is taken back."""
    refuted = {(row["ticket_id"], row["round"]) for row in _rows(db, "refutations", session)}
    reversed_awards = {row["reverses"] for row in books.reversals}
    for row in books.reversals:
        award = books.awards.get(row["reverses"])
        same = award is not None and all(award[name] == row[name] for name in _SAME)
        if not same or (row["ticket_id"], row["round"]) not in refuted:
            yield Finding("reversal-without-cause", (row["_id"],), f"reverses {row['reverses']}")
    for identity, award in sorted(books.awards.items()):
        if (award["ticket_id"], award["round"]) in refuted and identity not in reversed_awards:
            yield Finding("reversal-missing", (identity,), "its round was reopened")


_SAME = ("person_id", "ticket_id", "round", "rule", "points")


def _accounts(db: Database[Document], session: ClientSession, books: Books) -> Iterator[Finding]:
    """Each stored balance is that of its postings, none is below zero, and with issuance all add up to zero."""
    stored_total, seen = 0, set()
    for row in _rows(db, "accounts", session):
        person_id, balance, debt = row["_id"], row["balance"], row["debt"]
        seen.add(person_id)
        stored_total += balance - debt
        yield from _balance(person_id, balance, debt, row["sequence"], books)
    for person_id in sorted(set(books.transactions) - seen):
        yield Finding("account-missing", (person_id,), f"{books.transactions[person_id]} transactions")
    total = stored_total + books.sums[ISSUANCE]
    if total != 0:
        yield Finding("sum-not-zero", (ISSUANCE,), f"stored balances and issuance add up to {total}")


def _balance(person_id: str, balance: int, debt: int, sequence: int, books: Books) -> Iterator[Finding]:
    spendable, owed = books.sums[spendable_account(person_id)], -books.sums[debt_account(person_id)]
    count = books.transactions[person_id]
    if balance != spendable:
        yield Finding("balance-differs", (person_id,), f"stored {balance}, postings {spendable}")
    if debt != owed:
        yield Finding("debt-differs", (person_id,), f"stored {debt}, postings {owed}")
    if balance < 0 or debt < 0 or (balance and debt):
        yield Finding("not-a-balance", (person_id,), f"balance {balance}, debt {debt}")
    if sequence != count:
        yield Finding("sequence-differs", (person_id,), f"stored {sequence}, transactions {count}")
