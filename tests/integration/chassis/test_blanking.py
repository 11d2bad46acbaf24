"""Contact data in the event log: sealed, there for a repair, and gone after the grace."""

from services.chassis import feed
from services.chassis.prepare import prepare_broker
from tests.integration.chassis.conftest import Bench
from tests.integration.chassis.contact_data import blanked, contact, let_pass, published
from tests.support.eventually import eventually

QUEUE = "notifications.recipients"
SEALED = {"data.sealed": {"$exists": True}}


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
