"""Contact data in the event log of a publisher: published, grown old, and blanked."""

from datetime import timedelta
from typing import Any

from services.chassis.clock import system_now
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually


def contact(person: str, sequence: int = 1) -> NewEvent:
    data = {"person_id": person, "sealed": f"gAAAAA-contact-of-{person}"}
    return NewEvent("recipient.upserted", person, sequence, "/hequ/", data)


def published(bench: Bench, *persons: str) -> Any:
    """Tell how these can be reached, and wait until a relay has told it. Returns the relay."""
    relay = bench.start("relay", service="tickets")
    bench.tickets.run(lambda unit: unit.emit(*map(contact, persons)))
    log = bench.tickets.db["outbox"]
    eventually(lambda: log.count_documents({"unpublished": True}) == 0)
    return relay


def let_pass(bench: Bench, person: str, **time: float) -> None:
    """As if the person's contact data had been published so much earlier."""
    earlier = {"$set": {"published_at": system_now() - timedelta(**time)}}
    bench.tickets.db["outbox"].update_one({"aggregate_id": person}, earlier)


def blanked(bench: Bench) -> set[str]:
    return {row["aggregate_id"] for row in bench.tickets.db["outbox"].find({"data": None})}
