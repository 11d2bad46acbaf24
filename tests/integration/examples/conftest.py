"""The programs of docs/examples, as whoever copies them would run them.

| fixture | gives |
|---|---|
| `log` | tells events the way tickets does: rows of its outbox, which its real relay publishes |
| `admit` | adds outside consumers, and revokes them at the end |
| `examples` | starts a program of docs/examples with a database file of its own |
"""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import amqp
import pytest

from services.chassis import broker, outbox
from services.chassis.clock import system_now
from services.cli.native.programs import Child, Children, Program, base_environment
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import NewEvent
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.processes import ROOT, Processes

EXAMPLES = ROOT / "docs" / "examples"
GRID = "/hequ/xikou/binhe/grid-012/"
Row = dict[str, Any]


@dataclass(frozen=True)
class TicketLog:
    """The event log of tickets in one namespace, whose relay runs."""

    namespace: Namespace

    def tell(self, type_name: str, ticket_id: str, sequence: int, area_path: str = GRID, **ticket: str) -> Row:
        """Write an event of one ticket and return once the relay has published it."""
        body = EVENT_TYPES[type_name].example()
        body["ticket"] |= {"ticket_id": ticket_id, "number": ticket_id, **ticket}
        row = outbox.row(NewEvent(type_name, ticket_id, sequence, area_path, body), "tickets", system_now())
        rows = self.namespace.mongo[f"{self.namespace.prefix}_tickets"]["outbox"]
        rows.insert_one(row)
        eventually(lambda: rows.find_one({"_id": row["_id"], "published_at": {"$exists": True}}))
        return row


@dataclass(frozen=True)
class Admitted:
    """An outside consumer, as `doorstep consumer add` told its developer."""

    name: str
    url: str
    told: str

    @property
    def source(self) -> str:
        return f"outside.{self.name}"

    @property
    def exchange(self) -> str:
        return f"{self.source}.events"

    @property
    def queue(self) -> str:
        return f"{self.source}.inbox"


@dataclass
class Examples:
    """Runs programs of docs/examples; what still runs at the end is stopped."""

    namespace: Namespace
    folder: Path
    children: Children = field(default_factory=Children)

    @property
    def database(self) -> Path:
        return self.folder / "example.db"

    def start(self, program: str, who: Admitted, queue: str) -> Child:
        """Start a consumer; returns once it consumes from its queue."""
        env = {"AMQP_URL": who.url, "SOURCE": who.source, "DATABASE": str(self.database)}
        child = self.children.start(Program(program, self._argv(program), self.folder / "log", env))
        child.wait_until(lambda: consumers_of(self.namespace, queue) == 1, 30)
        return child

    def run(self, program: str, **settings: str) -> str:
        """Run a program to its end; what it printed. Raises CalledProcessError when it fails."""
        env = {**base_environment(), "DATABASE": str(self.database), **settings}
        done = subprocess.run(self._argv(program), env=env, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.database) as db:
            return db.execute(query).fetchall()

    def _argv(self, program: str) -> tuple[str, ...]:
        # eventlet announces the end of its own life on import: no news for a reader of the log.
        return (sys.executable, "-W", "ignore", str(EXAMPLES / program))


def consumers_of(namespace: Namespace, queue: str) -> int:
    """How many consume from a queue; none from one that is not there."""
    connection = broker.connect(namespace.amqp_url, "test")
    try:
        return int(connection.channel().queue_declare(queue, passive=True).consumer_count)
    except amqp.NotFound:
        return 0
    finally:
        connection.close()


Admit = Callable[..., Admitted]


def url_in(told: str) -> str:
    found = re.search(r"amqps?://\S+", told)
    assert found is not None, told
    return found[0]


@pytest.fixture
def log(namespace: Namespace, processes: Processes) -> TicketLog:
    processes.start("tickets", "relay")
    return TicketLog(namespace)


@pytest.fixture
def examples(namespace: Namespace, tmp_path: Path) -> Iterator[Examples]:
    own = Examples(namespace, tmp_path)
    with own.children:
        yield own


@pytest.fixture
def admit(log: TicketLog, processes: Processes) -> Iterator[Admit]:
    """Add consumers under names of this test; they are revoked at its end."""
    names: list[str] = []

    def add(*options: str) -> Admitted:
        name = f"hotline-{uuid4().hex[:8]}"
        names.append(name)
        told = processes.cli("consumer", "add", name, *options).stdout
        return Admitted(name, url_in(told), told)

    yield add
    for name in names:
        processes.cli("consumer", "revoke", name, "--yes", check=False)
