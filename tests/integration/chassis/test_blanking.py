"""Contact data in the event log: sealed, there for a repair, and gone after the grace."""

from datetime import timedelta
from typing import Any

from services.chassis import feed
from services.chassis.clock import system_now
from services.chassis.prepare import prepare_broker
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually

QUEUE = "notifications.recipients"
SEALED = {"data.sealed": {"$exists": True}}


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


def test_contact_data_that_the_broker_lost_can_be_sent_again_within_the_grace(bench: Bench) -> None:
    published(bench, "anna", "bo")
    eventually(lambda: bench.ready(QUEUE) == 2)
    bench.delete_queue(QUEUE)
    bench.processes.cli("prepare")
    assert bench.ready(QUEUE) == 0
    bench.processes.cli("events", "replay", "--from", "tickets", "--to", QUEUE)
    assert bench.ready(QUEUE) == 2


def test_after_the_grace_nothing_sealed_is_left_in_the_log(bench: Bench) -> None:
    bench.processes.stop(published(bench, "anna", "bo", "chen"))
    let_pass(bench, "anna", days=7, seconds=1)
    let_pass(bench, "bo", days=6, hours=23)
    relay = bench.start("relay", service="tickets")
    eventually(lambda: blanked(bench) == {"anna"})
    bench.processes.kill(relay)
    let_pass(bench, "bo", days=8)
    let_pass(bench, "chen", days=40)
    for _ in range(2):  # two replicas at once
        bench.start("relay", service="tickets")
    eventually(lambda: bench.tickets.db["outbox"].count_documents(SEALED) == 0)
    assert blanked(bench) == {"anna", "bo", "chen"}
    assert bench.tickets.db["outbox"].count_documents({"position": {"$exists": True}}) == 3  # the rows stay


def test_an_installation_may_keep_contact_data_shorter(bench: Bench) -> None:
    bench.processes.stop(published(bench, "anna"))
    bench.start("relay", service="tickets", CONTACT_REPAIR_DAYS="0")
    eventually(lambda: blanked(bench) == {"anna"})


def test_contact_data_that_was_never_published_is_not_blanked(bench: Bench) -> None:
    bench.tickets.run(lambda unit: unit.emit(contact("anna")))
    bench.delete_queue(QUEUE)  # so that the relay waits
    relay = bench.start("relay", service="tickets", wait=False, CONTACT_REPAIR_DAYS="0")
    eventually(lambda: f"waits for {QUEUE}" in relay.log)
    prepare_broker(bench.namespace.amqp_url, 0)
    eventually(lambda: bench.tickets.db["outbox"].count_documents({"unpublished": True}) == 0, within=60)
    assert bench.ready(QUEUE) == 1


def test_contact_data_never_shows_in_the_feed(bench: Bench) -> None:
    bench.processes.stop(published(bench, "anna", "bo"))
    assert feed.read(bench.tickets.db, None).events == []
    let_pass(bench, "anna", days=8)
    bench.start("relay", service="tickets")
    eventually(lambda: blanked(bench) == {"anna"})
    assert feed.read(bench.tickets.db, None).events == []
