"""The service's documents, and its entities made of them. Every read and write is part of the unit of work.

An offer is taken by writing its document: of two transactions that do so at once MongoDB lets one commit; the other
runs again and sees that the offer is gone. The unique index on held claims is the last guard.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.acts import Acts, act_indexes
from services.chassis.http import Page
from services.chassis.ids import new_id
from services.chassis.migrations import Migration
from services.chassis.standing import standing_index
from services.chassis.unit import Unit
from services.contracts.types import NewEvent
from services.volunteers.domain.acts import Act
from services.volunteers.domain.claims import Claim, ClaimState, Round
from services.volunteers.domain.ledger import Account, Cause, Posting, Transaction, TransactionKind
from services.volunteers.domain.members import Member, MemberState, Slot
from services.volunteers.domain.offers import History, Offer, OfferState, Step
from services.volunteers.domain.rules import Confirmation, PointsRule, parse_rules

Document = dict[str, Any]
T = TypeVar("T")


@cache
def points_rules() -> tuple[PointsRule, ...]:
    """The rules of `policies/points.json`. Raises RulesBroken."""
    return parse_rules(files("services.volunteers").joinpath("policies/points.json").read_text("utf-8"))


class Store:
    """What the service keeps, bound to one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    @property
    def now(self) -> datetime:
        return self._unit.now

    @property
    def rules(self) -> Sequence[PointsRule]:
        return points_rules()

    def new_id(self) -> str:
        return new_id()

    def emit(self, *events: NewEvent) -> None:
        self._unit.emit(*events)

    # members

    def member(self, member_id: str) -> Member | None:
        return _maybe(to_member, self._one("members", {"_id": member_id}))

    def member_of(self, person_id: str) -> Member | None:
        return _maybe(to_member, self._one("members", {"person_id": person_id}))

    def save_member(self, member: Member) -> None:
        self._save("members", from_entity(member, "member_id"))

    def record(self, by: str, act: Act) -> None:
        Acts(self._unit).record(by, [act])

    def members_in(self, areas: Iterable[str], state: str | None, page: Page) -> list[Member]:
        """Members of these areas and of what lies beneath them, in the order of registration."""
        wanted: Document = {"$or": [_beneath(area) for area in areas] or [{"_id": None}]}
        if state is not None:
            wanted["state"] = state
        if page.after is not None:
            wanted["_id"] = {"$gt": page.after[0]}
        rows = self._rows("members", wanted).sort("_id", ASCENDING).limit(page.fetch)
        return [to_member(row) for row in rows]

    # offers and claims

    def history(self, ticket_id: str) -> History:
        row = self._one("ticket_histories", {"_id": ticket_id})
        if row is None:
            return History(ticket_id)
        return History(ticket_id, tuple(Step(**step) for step in row["steps"]), tuple(row.get("reporter_ids", ())))

    def save_history(self, history: History) -> None:
        self._save("ticket_histories", from_entity(history, "ticket_id"))

    def offer(self, offer_id: str) -> Offer | None:
        return _maybe(to_offer, self._one("offers", {"_id": offer_id}))

    def offers_of(self, ticket_id: str) -> Sequence[Offer]:
        return [to_offer(row) for row in self._rows("offers", {"ticket_id": ticket_id})]

    def save_offer(self, offer: Offer) -> None:
        self._save("offers", from_entity(offer, "offer_id"))

    def offers_for(self, member: Member, page: Page) -> list[Offer]:
        """Open offers that reach and fit the member (see `domain.claims`), the oldest first."""
        wanted: Document = {
            "state": OfferState.OPEN.value,
            **_beneath(member.area_path),
            "reporter_id": {"$ne": member.person_id},
            "reporter_ids": {"$ne": member.person_id},
            "skills": {"$not": {"$elemMatch": {"$nin": list(member.skills)}}},
        }
        if gave_back := self.gave_back(member.person_id):
            wanted["$nor"] = [{"ticket_id": ticket_id, "round": round_} for ticket_id, round_ in sorted(gave_back)]
        if page.after is not None:
            offered_at, offer_id = page.after
            wanted["$or"] = [{"offered_at": {"$gt": offered_at}}, {"offered_at": offered_at, "_id": {"$gt": offer_id}}]
        rows = self._rows("offers", wanted).sort([("offered_at", ASCENDING), ("_id", ASCENDING)]).limit(page.fetch)
        return [to_offer(row) for row in rows]

    def claim(self, claim_id: str) -> Claim | None:
        return _maybe(to_claim, self._one("claims", {"_id": claim_id}))

    def save_claim(self, claim: Claim) -> None:
        held = claim.state is not ClaimState.RELEASED
        self._save("claims", {**from_entity(claim, "claim_id"), "held": held, "in_hand": claim.in_hand})

    def gave_back(self, person_id: str) -> frozenset[Round]:
        rows = self._rows("claims", {"person_id": person_id, "asked_back": True})
        return frozenset((row["ticket_id"], row["round"]) for row in rows)

    def claims_in_hand(self, person_id: str) -> Sequence[Claim]:
        rows = self._rows("claims", {"person_id": person_id, "in_hand": True}).sort("_id", ASCENDING)
        return [to_claim(row) for row in rows]

    def claimed_since(self, person_id: str, moment: datetime) -> int:
        wanted = {"person_id": person_id, "won_at": {"$gt": moment}}
        return self._unit.db["claims"].count_documents(wanted, session=self._unit.session)

    def hold_member(self, member: Member) -> None:
        self._unit.db["members"].update_one(
            {"_id": member.member_id}, {"$inc": {"holds": 1}}, session=self._unit.session
        )

    # points

    def account(self, person_id: str) -> Account:
        row = self._one("accounts", {"_id": person_id})
        return Account(row["_id"], row["balance"], row["debt"], row["sequence"]) if row else Account(person_id)

    def save_account(self, account: Account) -> None:
        self._save("accounts", from_entity(account, "person_id"))

    def posted(self, key: str) -> bool:
        return self._one("ledger", {"key": key}) is not None

    def awards_of(self, ticket_id: str, round_: int) -> Sequence[Transaction]:
        wanted = {"ticket_id": ticket_id, "round": round_, "kind": TransactionKind.AWARD.value}
        return [to_transaction(row) for row in self._rows("ledger", wanted)]

    def add_transaction(self, transaction: Transaction) -> None:
        row = from_entity(transaction, "posting_id")
        row.update(key=transaction.key, posted_at=self.now)
        self._unit.db["ledger"].insert_one(row, session=self._unit.session)

    def statement(self, person_id: str, page: Page) -> list[tuple[Transaction, datetime]]:
        """The person's transactions and when each was posted, the newest first."""
        wanted: Document = {"person_id": person_id}
        if page.after is not None:
            wanted["sequence"] = {"$lt": page.after[0]}
        rows = self._rows("ledger", wanted).sort("sequence", DESCENDING).limit(page.fetch)
        return [(to_transaction(row), row["posted_at"]) for row in rows]

    def keep_confirmation(self, deed: Confirmation) -> None:
        self._save("confirmations", from_entity(deed, "event_id"))

    def refutation(self, ticket_id: str, round_: int) -> Cause | None:
        row = self._one("refutations", {"ticket_id": ticket_id, "round": round_})
        if row is None:
            return None
        return Cause(row["_id"], row["ticket_id"], row["round"], row["area_path"], row["at"])

    def keep_refutation(self, refutation: Cause) -> None:
        self._save("refutations", from_entity(refutation, "event_id"))

    # MongoDB

    def _one(self, collection: str, wanted: Mapping[str, Any]) -> Document | None:
        return self._unit.db[collection].find_one(wanted, session=self._unit.session)

    def _rows(self, collection: str, wanted: Mapping[str, Any]) -> Any:
        return self._unit.db[collection].find(wanted, session=self._unit.session)

    def _save(self, collection: str, row: Document) -> None:
        self._unit.db[collection].replace_one({"_id": row["_id"]}, row, upsert=True, session=self._unit.session)


def _maybe(make: Callable[[Document], T], row: Document | None) -> T | None:
    return None if row is None else make(row)


def _beneath(area_path: str) -> Document:
    """The area itself and what lies beneath it."""
    return {"area_path": mongo.beneath(area_path)}


def from_entity(entity: Any, identity: str) -> Document:
    """The entity's document: its fields by name, its identity as `_id`."""
    row = asdict(entity)
    return {"_id": row.pop(identity), **row}


def _fields(row: Document, identity: str, *left_out: str) -> Document:
    kept = {name: value for name, value in row.items() if name not in ("_id", *left_out)}
    return {identity: row["_id"], **kept}


def to_member(row: Document) -> Member:
    values = _fields(row, "member_id", "holds")
    values["state"] = MemberState(row["state"])
    values["skills"] = tuple(row["skills"])
    values["availability"] = tuple(Slot(**slot) for slot in row["availability"])
    return Member(**values)


def to_offer(row: Document) -> Offer:
    values = _fields(row, "offer_id")
    values["state"] = OfferState(row["state"])
    values["skills"] = tuple(row["skills"])
    values["reporter_ids"] = tuple(row.get("reporter_ids", ()))
    return Offer(**values)


def to_claim(row: Document) -> Claim:
    values = _fields(row, "claim_id", "held", "in_hand")
    values["state"] = ClaimState(row["state"])
    return Claim(**values)


def to_transaction(row: Document) -> Transaction:
    values = _fields(row, "posting_id", "key", "posted_at")
    values["kind"] = TransactionKind(row["kind"])
    values["postings"] = tuple(Posting(**posting) for posting in row["postings"])
    return Transaction(**values)


def _first_schema(db: Database[Document]) -> None:
    db["members"].create_indexes([
        IndexModel("person_id", name="person", unique=True),
        IndexModel([("area_path", ASCENDING), ("_id", ASCENDING)], name="area"),
    ])  # fmt: skip
    db["offers"].create_indexes([
        IndexModel("ticket_id", name="ticket"),
        IndexModel([("state", ASCENDING), ("area_path", ASCENDING), ("offered_at", ASCENDING)], name="open"),
    ])  # fmt: skip
    db["claims"].create_indexes([
        IndexModel("offer_id", name="one_holder", unique=True, partialFilterExpression={"held": True}),
        IndexModel([("person_id", ASCENDING), ("_id", DESCENDING)], name="person"),
    ])  # fmt: skip
    db["ledger"].create_indexes([
        IndexModel("key", name="pays_once", unique=True),
        IndexModel([("person_id", ASCENDING), ("sequence", ASCENDING)], name="statement", unique=True),
        IndexModel([("ticket_id", ASCENDING), ("round", ASCENDING)], name="round"),
    ])  # fmt: skip
    db["confirmations"].create_index([("ticket_id", ASCENDING), ("round", ASCENDING)], name="round")
    db["refutations"].create_index([("ticket_id", ASCENDING), ("round", ASCENDING)], name="round", unique=True)


def _claims_in_hand(db: Database[Document]) -> None:
    """Which claims are in hand, of those that were won before this was kept."""
    for row in list(db["claims"].find({"in_hand": {"$exists": False}})):
        kept = db["ticket_histories"].find_one({"_id": row["ticket_id"]}) or {"steps": ()}
        history = History(row["ticket_id"], tuple(Step(**step) for step in kept["steps"]))
        claim = to_claim({**row, "over": history.is_over(row["offer_id"])})
        fresh = {"over": claim.over, "in_hand": claim.in_hand}
        db["claims"].update_one({"_id": row["_id"], "in_hand": {"$exists": False}}, {"$set": fresh})
    db["claims"].create_index("person_id", name="in_hand", partialFilterExpression={"in_hand": True})


def _claims_by_day(db: Database[Document]) -> None:
    db["claims"].create_index([("person_id", ASCENDING), ("won_at", ASCENDING)], name="by_day")


MIGRATIONS = (
    Migration(1, "members, offers, claims and the ledger", _first_schema),
    Migration(2, "which claims are in hand", _claims_in_hand),
    Migration(3, "whose tokens have ended", standing_index),
    Migration(4, "who claimed how much in a day", _claims_by_day),
    Migration(5, "acts of who decides on members", act_indexes),
)
