"""What the writes of firings cost without any rule: transactions of 50 tickets, everything in them ready made."""

import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from pymongo import ReplaceOne, UpdateOne, WriteConcern
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from bench.open_tickets import MORNING, Copies, Template, database
from bench.stage import Stage
from services.chassis.ids import new_id
from services.chassis.outbox import partition_of, subject

Document = dict[str, Any]
FIRINGS, BATCH = 10_000, 50
_TYPES = ("ticket.clock_breached", "ticket.escalated")


def bare_firings_per_second(on: Stage, templates: Sequence[Template]) -> float:
    """One caller, one transaction after the other, each with a majority commit."""
    db, later = database(on), MORNING + timedelta(days=1)
    ids = Copies(db).add(templates, [later] * FIRINGS)
    batches = []
    while chosen := list(islice(ids, BATCH)):
        tickets = list(db["tickets"].find({"_id": {"$in": chosen}}))
        batches.append((tickets, [row for ticket in tickets for row in _events(templates[0], ticket["_id"])]))
        ids = ids[BATCH:]
    begun = time.monotonic()
    for tickets, events in batches:
        _write(db, tickets, events)
    return FIRINGS / (time.monotonic() - begun)


def _events(template: Template, ticket_id: str) -> list[Document]:
    """Two rows of the size of real ones, as yet unpublished."""
    row = {name: value for name, value in template.events[-1].items() if name not in ("published_at", "position")}
    about = subject(row["type"], ticket_id)
    own = {"subject": about, "aggregate_id": ticket_id, "partition": partition_of(about), "unpublished": True}
    return [{**row, **own, "_id": new_id(), "type": name, "sequence": n} for n, name in enumerate(_TYPES, 10)]


def _write(db: Database[Document], tickets: Sequence[Document], events: Sequence[Document]) -> None:
    later = {"$set": {"due_at": MORNING + timedelta(days=2), "lease": None}}
    with (
        db.client.start_session() as session,
        session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")),
    ):
        changed = ({**ticket, "level": "community", "late": True} for ticket in tickets)
        db["tickets"].bulk_write([ReplaceOne({"_id": one["_id"]}, one) for one in changed], session=session)
        db["outbox"].insert_many(events, session=session)
        timers = [UpdateOne({"_id": f"ticket:{ticket['_id']}"}, later) for ticket in tickets]
        db["timers"].bulk_write(timers, session=session)
