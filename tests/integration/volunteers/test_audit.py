"""The audit finds each fault that somebody could plant, and nothing in a ledger that is right."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pymongo.database import Database

from services.chassis.clock import BusinessClock
from services.chassis.unit import Unit, Units
from services.contracts.types import Event
from services.volunteers.audit import audit
from services.volunteers.handlers.table import handle
from services.volunteers.storage import Store
from tests.integration.volunteers.conftest import Desk
from tests.unit.volunteers.world import ticket_event

Books = Database[dict[str, Any]]


def confirmed(ticket_id: str, solver: str) -> Event:
    return ticket_event(
        "ticket.confirmed", 10, state="confirmed", ticket_id=ticket_id, solver_id=solver, solver_kind="member", rating=5
    )


def apply(event: Event, unit: Unit) -> None:
    handle(Store(unit), event)


@pytest.fixture
def books(desk: Desk) -> Books:
    """Li was paid for t1 and t2, of which t2 was reopened; Zhao for t3."""
    shared = desk.namespace.mongo[f"{desk.namespace.prefix}_shared"]["clock"]
    units = Units(desk.namespace.mongo, desk.db, "volunteers", BusinessClock(shared))
    events = [
        confirmed("t1", "li"),
        confirmed("t2", "li"),
        confirmed("t3", "zhao"),
        ticket_event("ticket.reopened", 15, state="accepted", ticket_id="t2", round_=2, previous_round=1),
    ]
    for event in events:
        units.run(partial(apply, event))
    return desk.db


def award_of(books: Books, ticket_id: str) -> dict[str, Any]:
    row = books["ledger"].find_one({"ticket_id": ticket_id, "kind": "award"})
    assert row is not None
    return row


def pay_twice(books: Books) -> None:
    books["ledger"].drop_index("pays_once")
    books["ledger"].insert_one({**award_of(books, "t1"), "_id": "planted", "sequence": 99})


def invent_an_award(books: Books) -> None:
    award = award_of(books, "t1")
    books["ledger"].update_one({"_id": award["_id"]}, {"$set": {"event_id": "of-nowhere"}})


def lose_an_award(books: Books) -> None:
    books["ledger"].delete_one({"_id": award_of(books, "t1")["_id"]})


def raise_an_award(books: Books) -> None:
    award = award_of(books, "t1")
    postings = [{**award["postings"][0], "points": 11}]
    books["ledger"].update_one({"_id": award["_id"]}, {"$set": {"points": 11, "postings": postings}})


FAULTS: list[tuple[Callable[[Books], object], str]] = [
    (lambda b: b["accounts"].update_one({"_id": "li"}, {"$inc": {"balance": 1}}), "balance-differs"),
    (lambda b: b["accounts"].update_one({"_id": "li"}, {"$inc": {"balance": 1}}), "sum-not-zero"),
    (lambda b: b["accounts"].update_one({"_id": "li"}, {"$set": {"debt": 3}}), "debt-differs"),
    (lambda b: b["accounts"].update_one({"_id": "li"}, {"$set": {"balance": -1}}), "not-a-balance"),
    (lambda b: b["accounts"].update_one({"_id": "li"}, {"$inc": {"sequence": 1}}), "sequence-differs"),
    (lambda b: b["accounts"].delete_one({"_id": "li"}), "account-missing"),
    (pay_twice, "paid-twice"),
    (invent_an_award, "award-without-cause"),
    (raise_an_award, "award-without-cause"),
    (lose_an_award, "award-missing"),
    (lambda b: b["confirmations"].delete_one({"ticket_id": "t1"}), "award-without-cause"),
    (lambda b: b["refutations"].delete_one({"ticket_id": "t2"}), "reversal-without-cause"),
    (lambda b: b["ledger"].delete_one({"kind": "reversal"}), "reversal-missing"),
    (lambda b: b["ledger"].update_one({"ticket_id": "t1"}, {"$set": {"points": 12}}), "malformed"),
    (lambda b: b["ledger"].update_one({"ticket_id": "t1"}, {"$unset": {"postings": 1}}), "malformed"),
    (lambda b: b["ledger"].update_one({"ticket_id": "t1"}, {"$set": {"person_id": "sun"}}), "malformed"),
]


def test_a_ledger_that_is_right_has_no_findings(books: Books) -> None:
    assert books["ledger"].count_documents({}) == 4
    assert audit(books) == []


def test_each_planted_fault_is_found_by_its_name(books: Books) -> None:
    kept = {name: list(books[name].find()) for name in ("accounts", "ledger", "confirmations", "refutations")}
    for plant, code in FAULTS:
        plant(books)
        findings = audit(books)
        assert code in {finding.code for finding in findings}, (code, findings)
        assert all(finding.ids for finding in findings)
        for name, rows in kept.items():
            books[name].delete_many({})
            books[name].insert_many(rows)
    assert audit(books) == []


def test_the_operators_command_says_so_and_fails_when_something_is_wrong(desk: Desk, books: Books) -> None:
    assert "The ledger holds." in desk.processes.cli("points", "audit").stdout
    books["accounts"].update_one({"_id": "li"}, {"$inc": {"balance": 1}})
    wrong = desk.processes.cli("points", "audit", check=False)
    assert wrong.returncode != 0
    assert "balance-differs: li: stored 11, postings 10" in wrong.stdout
