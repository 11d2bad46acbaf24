"""A publisher's database and broker for tests of the chassis, and the recorder as its consumer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import amqp
import pytest
from pymongo.database import Database

from services.chassis import broker, mongo
from services.chassis.clock import BusinessClock
from services.chassis.prepare import create_chassis_indexes, create_collections, prepare_broker
from services.chassis.publisher import Outcome, Publisher
from services.chassis.unit import Units
from services.contracts.queues import QUEUES
from services.contracts.tickets import example_ticket
from services.contracts.types import NewEvent
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.processes import Processes, ServiceProcess

Document = dict[str, Any]


@dataclass
class Bench:
    """Two databases as the chassis makes them: `tickets` publishes, `metrics` consumes with the recorder."""

    namespace: Namespace
    processes: Processes
    tickets: Units
    recorded: Database[Document]

    def start(self, role: str, service: str = "metrics", *, wait: bool = True, **settings: str) -> ServiceProcess:
        module = ("tests.support.recorder", service)
        return self.processes.start(service, role, wait=wait, module=module, **settings)

    def publish(self, *messages: Any, queue: str = "metrics.tickets") -> Outcome:
        """Put messages straight into the recorder's queue."""
        connection = broker.connect(self.namespace.amqp_url, "test")
        try:
            return Publisher(connection).publish([("", queue, message) for message in messages])
        finally:
            connection.close()

    def ready(self, queue: str = "metrics.tickets") -> int:
        """Messages that wait in the queue; those in a consumer's hands are not among them."""
        connection = broker.connect(self.namespace.amqp_url, "test")
        try:
            return int(connection.channel().queue_declare(queue, passive=True).message_count)
        finally:
            connection.close()

    def settle(self) -> None:
        """Wait until the queue is empty, then let the consumers finish what they hold and stop."""
        eventually(lambda: self.ready() == 0)
        self.processes.stop_all()

    def delete_queues(self) -> None:
        """As after an accident with the broker: every queue that takes tickets' events is gone."""
        for queue in QUEUES.values():
            if "tickets" in queue.publishers:
                self.delete_queue(queue.name)

    def delete_queue(self, queue: str) -> None:
        connection = broker.connect(self.namespace.amqp_url, "test")
        try:
            connection.channel().queue_delete(queue)
        finally:
            connection.close()

    def empty_broker(self, *, admitted: bool = True) -> None:
        """As `Namespace.empty_broker`."""
        self.namespace.empty_broker(admitted=admitted)

    def has_exchange(self, name: str) -> bool:
        connection = broker.connect(self.namespace.amqp_url, "test")
        try:
            connection.channel().exchange_declare(name, "topic", passive=True)
        except amqp.NotFound:
            return False
        finally:
            broker.drop(connection)
        return True

    def counts(self, collection: str = "effects") -> dict[str, int]:
        """How often each event (or timer) took effect."""
        return {row["_id"]: row["n"] for row in self.recorded[collection].find()}

    def deferred(self, state: str) -> list[Document]:
        return list(self.recorded["deferred"].find({"state": state}))


@pytest.fixture(scope="session")
def prepared_as() -> str:
    """Only a part of the schema is made here, and parts of documents are written."""
    return "chassis"


@pytest.fixture
def bench(namespace: Namespace, processes: Processes) -> Bench:
    client = namespace.mongo
    databases = {name: mongo.database(client, f"{namespace.prefix}_{name}") for name in ("tickets", "metrics")}
    for db in databases.values():
        create_chassis_indexes(db)
        create_collections(db, ("counter", "effects", "firings", "tried"))
    prepare_broker(namespace.amqp_url, 0)
    processes.mark_prepared()
    clock = BusinessClock(mongo.shared_database(client, namespace.prefix)["clock"])
    units = Units(client, databases["tickets"], "tickets", clock)
    return Bench(namespace, processes, units, databases["metrics"])


@pytest.fixture
def filed() -> Callable[..., NewEvent]:
    """Makes `ticket.filed` events of different tickets."""

    def make(number: int, area_path: str = "/hequ/", sequence: int = 1) -> NewEvent:
        return NewEvent("ticket.filed", f"ticket-{number}", sequence, area_path, {"ticket": example_ticket()})

    return make
