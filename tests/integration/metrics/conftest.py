"""Metrics as it runs, with the databases of the services that it counts again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo.database import Database

from services.chassis import mongo, wire
from services.chassis.clock import BusinessClock
from services.chassis.ids import new_id
from services.chassis.migrations import migrate
from services.chassis.prepare import create_chassis_indexes, prepare_broker
from services.chassis.unit import Unit, Units
from services.contracts.tickets import example_ticket
from services.metrics.handlers.count import count_event
from services.metrics.recount import Difference, recount
from services.metrics.storage import MIGRATIONS, TotalsStore
from tests.support.namespaces import Namespace
from tests.support.processes import Processes, ServiceProcess
from tests.support.publishing import Publishing

Document = dict[str, Any]
SERVICES = ("accounts", "tickets", "volunteers", "notifications", "metrics")
BINHE, NANMEN = "/hequ/xikou/binhe/", "/hequ/xikou/nanmen/"


@dataclass
class Books:
    """The totals, and what they are held against."""

    processes: Processes
    publishing: Publishing
    databases: dict[str, Database[Document]]

    def worker(self, *, wait: bool = True) -> ServiceProcess:
        return self.processes.start("metrics", "worker", wait=wait)

    def a_day(self, tickets: int) -> list[Document]:
        """What the services publish of some tickets, with the state that they keep. Nothing is sent yet."""
        return [row for number in range(tickets) for row in self._ticket(number)]

    def send(self, rows: Sequence[Document]) -> None:
        self.publishing.send(rows)

    def count(self, rows: Sequence[Document]) -> None:
        """Count events as the worker does, in one unit of work, without a worker."""

        def add(unit: Unit) -> None:
            for row in rows:
                message = wire.message(row)
                headers = message.properties["application_headers"]
                event = wire.decode(wire.CONTENT_TYPE, headers, message.body)
                count_event(TotalsStore(unit).gathered(), event)

        self.units("metrics").run(add)

    def differences(self) -> list[Difference]:
        return recount(self.databases)

    def total(self, name: str) -> int:
        rows = self.databases["metrics"]["totals"].find({"total": name})
        return sum(row["value"] for row in rows)

    def units(self, service: str) -> Units:
        namespace = self.publishing.namespace
        clock = BusinessClock(mongo.shared_database(namespace.mongo, namespace.prefix)["clock"])
        return Units(namespace.mongo, self.databases[service], service, clock)

    def _ticket(self, number: int) -> list[Document]:
        ticket_id, late = new_id(), number % 3 == 0
        area_path = (BINHE if number % 2 else NANMEN) + "grid-1/"
        ticket = {**example_ticket(), "ticket_id": ticket_id, "area_path": area_path, "late": late}
        kinds = ["filed", *(["breached", "lifted"] if late else []), "resolved", "confirmed"]
        history = [{"kind": kind} for kind in kinds]
        self.databases["tickets"]["tickets"].insert_one({"_id": ticket_id, "history": history})

        def step(type_name: str, sequence: int, **more: Any) -> Document:
            return self.publishing.write(type_name, ticket_id, sequence, area_path=area_path, ticket=ticket, **more)

        rows = [step("ticket.filed", 1)]
        if late:
            rows += [step("ticket.clock_breached", 2), step("ticket.escalated", 3)]
        rows += [step("ticket.resolved", 4), step("ticket.confirmed", 5, rating=1 + number % 5)]
        return [*rows, self._award(area_path, 10 + number), self._notice(area_path)]

    def _award(self, area_path: str, points: int) -> Document:
        posting_id = new_id()
        self.databases["volunteers"]["ledger"].insert_one({"_id": posting_id, "kind": "award", "points": points})
        about: Document = {"posting_id": posting_id, "points": points}
        return self.publishing.write("points.awarded", new_id(), area_path=area_path, **about)

    def _notice(self, area_path: str) -> Document:
        notice_id = new_id()
        self.databases["notifications"]["notices"].insert_one({"_id": notice_id, "state": "sent"})
        return self.publishing.write("notice.sent", notice_id, area_path=area_path, notice_id=notice_id)


@pytest.fixture(scope="session")
def prepared_as() -> str:
    """Only a part of the schema is made here, and parts of documents are written."""
    return "metrics"


@pytest.fixture
def books(namespace: Namespace, processes: Processes) -> Books:
    databases = {name: mongo.database(namespace.mongo, f"{namespace.prefix}_{name}") for name in SERVICES}
    for db in databases.values():
        create_chassis_indexes(db)
    migrate(databases["metrics"], MIGRATIONS)
    prepare_broker(namespace.amqp_url, 0)
    processes.mark_prepared()
    return Books(processes, Publishing(namespace), databases)
