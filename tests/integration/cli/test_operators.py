"""Operators' commands on a real database: what they refuse changes nothing."""

from datetime import timedelta

import pytest
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.clock import BusinessClock, Document, system_now
from services.chassis.deferred import Deferred, Received
from services.chassis.unit import Units
from services.cli.native.ports import LOOPBACK
from services.contracts.tickets import example_ticket
from services.contracts.types import NewEvent
from tests.support.places import put_area
from tests.support.processes import Processes, sealer_of


@pytest.fixture
def prepared(processes: Processes) -> Processes:
    processes.prepare()
    return processes


def database(processes: Processes, service: str) -> Database[Document]:
    return mongo.database(processes.namespace.mongo, f"{processes.namespace.prefix}_{service}")


def test_prepare_may_be_repeated_and_says_that_nothing_is_pending(prepared: Processes) -> None:
    again = prepared.cli("prepare", "--dry-run").stdout
    assert again.count("nothing to migrate") == 5


def test_places_are_told_of_again_only_once_the_broker_has_the_queues_for_it(prepared: Processes) -> None:
    """A relay of the version before publishes at once: what is not bound yet would be confirmed, and lost for good."""
    db = database(prepared, "tickets")
    put_area(db, "/hequ/")
    db["directory"].delete_one({"_id": "told of all places"})
    failed = prepared.cli("prepare", check=False, DOORSTEP_RABBITMQ_MANAGEMENT_URL=f"http://{LOOPBACK}:1")
    assert failed.returncode == 1, failed.stderr
    assert db["outbox"].count_documents({}) == 0
    assert db["directory"].find_one({"_id": "told of all places"}) is None
    prepared.cli("prepare")
    assert [row["type"] for row in db["outbox"].find()] == ["area.defined"]


def test_a_virtual_host_that_is_not_there_is_said_in_words(prepared: Processes) -> None:
    del prepared.env["DOORSTEP_RABBITMQ_MANAGEMENT_URL"]
    elsewhere = f"{prepared.env['DOORSTEP_AMQP_URL']}-elsewhere"
    refused = prepared.cli("prepare", check=False, DOORSTEP_AMQP_URL=elsewhere)
    assert refused.returncode == 1, refused.stderr
    assert "a virtual host that is there" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_installation_with_a_history_does_not_let_time_be_set_back(prepared: Processes) -> None:
    client, db = prepared.namespace.mongo, database(prepared, "tickets")
    clock = BusinessClock(mongo.shared_database(client, prepared.namespace.prefix)["clock"])
    event = NewEvent("ticket.filed", "t", 1, "/hequ/", {"ticket": example_ticket()})
    Units(client, db, "tickets", clock).run(lambda unit: unit.emit(event))
    yesterday = (system_now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S%z")
    for command in (("clock", "step", yesterday), ("clock", "run", yesterday)):
        refused = prepared.cli(*command, check=False)
        assert refused.returncode == 1
        assert "never runs backwards" in refused.stderr
    assert not clock.is_stored()


def test_an_empty_installation_may_begin_in_the_past(prepared: Processes) -> None:
    prepared.cli("clock", "step", "2026-06-01T08:00:00")
    assert "2026-06-01T08:00:00+08:00" in prepared.cli("clock", "show").stdout


def test_parked_messages_are_listed_tried_again_and_thrown_away_only_when_confirmed(prepared: Processes) -> None:
    db = database(prepared, "metrics")
    key = "metrics.tickets|the-event"
    received = Received("metrics.tickets", "application/json", {"cloudEvents_id": "the-event"}, b'{"secret": 1}')
    Deferred(db, sealer_of("metrics"), (1,)).add(received, "failed:ValueError")
    db["deferred"].update_one({}, {"$set": {"state": "parked"}})
    assert key in prepared.cli("parked", "list").stdout
    assert "secret" not in prepared.cli("parked", "show", key).stdout
    assert '{\\"secret\\": 1}' in prepared.cli("parked", "show", "--body", key).stdout

    assert "would be discarded" in prepared.cli("parked", "discard", "--dry-run", key).stdout
    assert prepared.cli("parked", "discard", key, check=False).returncode == 1  # nobody there to confirm
    assert db["deferred"].count_documents({"state": "parked"}) == 1
    prepared.cli("parked", "replay", key)
    assert db["deferred"].count_documents({"state": "waiting", "attempts": 0}) == 1
    db["deferred"].update_one({}, {"$set": {"state": "parked"}})
    prepared.cli("parked", "discard", "--yes", key)
    assert db["deferred"].count_documents({}) == 0
    missing = prepared.cli("parked", "show", key, check=False)
    assert missing.returncode == 1
    assert "no parked message" in missing.stderr


def test_wrong_settings_are_all_named_and_nothing_is_reached_for(prepared: Processes) -> None:
    assert "the settings are good" in prepared.cli("settings").stdout
    prepared.env |= {"DOORSTEP_TIMEZONE": "Asia/Nowhere", "DOORSTEP_SMTP_URL": "mail.example.org"}
    refused = prepared.cli("settings", check=False)
    assert refused.returncode == 78
    assert "DOORSTEP_TIMEZONE" in refused.stderr
    assert "DOORSTEP_SMTP_URL" in refused.stderr
