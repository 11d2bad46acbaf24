"""What a batch of events leaves behind is what the same events leave one by one, in whatever order they come."""

import random
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.batch import handle_all
from services.chassis.clock import BusinessClock
from services.chassis.migrations import migrate
from services.chassis.prepare import create_chassis_indexes
from services.chassis.unit import Unit, Units
from services.contracts.types import Event
from services.volunteers.domain.claims import Claim
from services.volunteers.handlers.table import handle
from services.volunteers.storage import MIGRATIONS, Store
from services.volunteers.storage_batches import BatchStore
from tests.support.namespaces import Namespace
from tests.unit.volunteers.world import GRID, NOW, ticket_event

Document = dict[str, Any]
KEPT = ("accounts", "claims", "confirmations", "ledger", "offers", "outbox", "refutations", "ticket_histories")
PASSING = (
    "_id",
    "at",
    "answered_at",
    "posted_at",
    "posting_id",
    "reverses",
    "recorded_at",
    "occurred_at",
    "traceparent",
)
"""Ids that are made and moments at which something was done: they differ from run to run."""


def a_ticket(number: int) -> list[Event]:
    """Offered twice, claimed twice, solved, paid, reopened and paid to another."""
    about: dict[str, Any] = {"ticket_id": f"ticket-{number}"}
    first, second = f"offer-{number}-1", f"offer-{number}-2"
    solved: dict[str, Any] = {"solver_id": f"solver-{number % 3}", "solver_kind": "member"}
    other: dict[str, Any] = {"solver_id": "solver-0", "solver_kind": "member"}
    return [
        ticket_event("ticket.offered", 3, **about, offer_id=first, skills=["electric"]),
        ticket_event("ticket.claim_declined", 4, **about, claim_id=f"claim-{number}-1", offer_id=first,
                     reason="not-open"),
        ticket_event("ticket.offered", 5, **about, offer_id=second, skills=[]),
        ticket_event("ticket.assigned", 6, **about, state="assigned", claim_id=f"claim-{number}-2",
                     assignee_id=solved["solver_id"], assignee_kind="member"),
        ticket_event("ticket.resolved", 7, **about, state="resolved", **solved),
        ticket_event("ticket.confirmed", 8, **about, state="confirmed", rating=5, **solved),
        ticket_event("ticket.reopened", 9, **about, state="accepted", round_=2, previous_round=1, solver_id=None),
        ticket_event("ticket.resolved", 10, **about, state="resolved", round_=2, **other),
        ticket_event("ticket.confirmed", 11, **about, state="confirmed", round_=2, rating=4, **other),
        ticket_event("ticket.closed", 12, **about, state="closed", round_=2, outcome="confirmed"),
    ]  # fmt: skip


def a_claim(number: int, which: int) -> Claim:
    offer = f"offer-{number}-{which}"
    person = f"solver-{number % 3}"
    return Claim(f"claim-{number}-{which}", offer, f"ticket-{number}", 1, f"member-of-{person}", person, GRID, NOW)


def units(namespace: Namespace, name: str) -> Units:
    db: Database[Document] = mongo.database(namespace.mongo, f"{namespace.prefix}_{name}")
    create_chassis_indexes(db)
    migrate(db, MIGRATIONS)
    clock = BusinessClock(mongo.shared_database(namespace.mongo, namespace.prefix)["clock"])
    found = Units(namespace.mongo, db, "volunteers", clock)
    for number in range(4):
        for which in (1, 2):
            found.run(partial(keep, a_claim(number, which)))
    return found


def keep(claim: Claim, unit: Unit) -> None:
    Store(unit).save_claim(claim)


def in_one_unit(of: Units, events: Sequence[Event], store: type[Store]) -> None:
    def effects(unit: Unit) -> None:
        handle_all(unit, events, lambda unit, event: handle(store(unit), event))

    of.run(effects)


def left(of: Units) -> dict[str, list[str]]:
    def lasting(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: lasting(inner) for name, inner in sorted(value.items()) if name not in PASSING}
        return [lasting(inner) for inner in value] if isinstance(value, list) else value

    return {name: sorted(str(lasting(row)) for row in of.db[name].find()) for name in KEPT}


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_leaves_what_its_events_leave_one_by_one(namespace: Namespace, seed: int) -> None:
    events = [event for number in range(4) for event in a_ticket(number)]
    if seed:
        random.Random(seed).shuffle(events)
    alone, together = units(namespace, "alone"), units(namespace, "together")
    for event in events:
        in_one_unit(alone, [event], Store)
    middle = len(events) // 2
    for batch in (events[:middle], events[middle:]):
        in_one_unit(together, batch, BatchStore)
    assert left(together) == left(alone)
    assert all(rows for rows in left(together).values())
