"""Messages that no program of ours would send, and events that come several times at once."""

import random
from typing import Any

from services.chassis import broker, wire
from services.chassis.ids import new_id
from services.chassis.publisher import Publisher
from services.contracts.queues import QUEUES
from tests.faults.faults.fault import Faults
from tests.faults.system import System

Document = dict[str, Any]
_COPIES = 5
_EVENTS = 100
_QUEUES = ("metrics.tickets", "notifications.tickets", "volunteers.tickets")


class Poison:
    """One of each sort into a queue drawn from those of tickets' events. Each must end parked, and stop nobody."""

    def make(self, system: System, rng: random.Random) -> str:
        rows = _latest(system, "tickets", 1)
        if not rows:
            return "there was no event yet to be spoilt"
        made = _poisons(rows[0])
        system.poison.update(message.properties["message_id"] for message in made.values())
        _send(system, [(rng.choice(_QUEUES), message) for message in made.values()])
        return ", ".join(made)


class SameEventAtOnce:
    """Events of the last moments, and such as are not published yet, several times into each of their queues."""

    def make(self, system: System, rng: random.Random) -> str:
        rows = _latest(system, "tickets", _EVENTS)
        copies = [
            (queue, wire.message(row)) for queue in _QUEUES for row in rows if row["type"] in QUEUES[queue].modes
        ] * _COPIES
        rng.shuffle(copies)
        _send(system, copies)
        return f"{len(copies)} deliveries of {len(rows)} events"


def _poisons(row: Document) -> dict[str, Any]:
    """By what is wrong with it; each bears an id of its own, by which the oracle finds it parked."""
    names = ("body is no JSON", "body is no UTF-8", "data without its fields", "no content type of ours",
             "unknown type", "unknown major version", "headers without a time")  # fmt: skip
    made = {name: wire.message({**row, "_id": f"poison-{new_id()}"}) for name in names}
    headers = {name: message.properties["application_headers"] for name, message in made.items()}
    made["body is no JSON"].body = b"{"
    made["body is no UTF-8"].body = b'{"ticket": "\xff"}'
    made["data without its fields"].body = b'{"ticket": {}}'
    made["no content type of ours"].properties["content_type"] = "text/plain"
    headers["unknown type"]["cloudEvents_type"] = "ticket.vanished"
    headers["unknown major version"]["cloudEvents_dataschema"] = "/api/asyncapi.json#/ticket.filed/9.0"
    del headers["headers without a time"]["cloudEvents_time"]
    return made


def _latest(system: System, publisher: str, count: int) -> list[Document]:
    rows = system.databases[publisher]["outbox"].find().sort("_id", -1).limit(count)
    return [row for row in rows if row["data"] is not None]


def _send(system: System, messages: list[tuple[str, Any]]) -> None:
    """Straight into queues, over a connection of our own."""
    connection = broker.connect(system.namespace.amqp_url, "faults")
    try:
        outcome = Publisher(connection).publish([("", queue, message) for queue, message in messages])
        assert len(outcome.confirmed) == len(messages)
        assert not outcome.returned
    finally:
        connection.close()


FAULTS: Faults = {"poison": Poison(), "same-event-at-once": SameEventAtOnce()}
