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
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

import amqp
import pytest
from pymongo.collection import Collection

from services.chassis import broker, outbox
from services.chassis.clock import system_now
from services.cli.management import Management
from services.cli.native.programs import Child, Children, Program, base_environment
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import NewEvent
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.places import put_area
from tests.support.processes import ROOT, Processes, ServiceProcess

EXAMPLES = ROOT / "docs" / "examples"
GRID = "/hequ/xikou/binhe/grid-012/"
Row = dict[str, Any]


@dataclass(frozen=True)
class TicketLog:
    """The event log of tickets in one namespace, whose relay runs."""

    namespace: Namespace
    relay: ServiceProcess

    def tell(self, type_name: str, ticket_id: str, sequence: int, area_path: str = GRID, **ticket: str) -> Row:
        """Write an event of one ticket and return once the relay has published it."""
        row = self.write(type_name, ticket_id, sequence, area_path, **ticket)
        eventually(lambda: self.is_published(row))
        return row

    def write(self, type_name: str, ticket_id: str, sequence: int, area_path: str = GRID, **ticket: str) -> Row:
        """Write an event of one ticket, for the relay to publish when it can."""
        body = EVENT_TYPES[type_name].example()
        body["ticket"] |= {"ticket_id": ticket_id, "number": ticket_id, **ticket}
        row = outbox.row(NewEvent(type_name, ticket_id, sequence, area_path, body), "tickets", system_now())
        self._rows.insert_one(row)
        return row

    def is_published(self, row: Row) -> bool:
        return self._rows.find_one({"_id": row["_id"], "published_at": {"$exists": True}}) is not None

    @property
    def _rows(self) -> Collection[Row]:
        return self.namespace.mongo[f"{self.namespace.prefix}_tickets"]["outbox"]


@dataclass(frozen=True)
class Admitted:
    """An outside consumer, as `doorstep consumer add` told its developer."""

    name: str
    url: str
    told: str
    namespace: Namespace

    @property
    def home(self) -> str:
        """Its virtual host."""
        return unquote(urlsplit(self.url).path[1:])

    def in_home(self) -> str:
        """The address by which an administrator looks into it."""
        return self.namespace.rabbit.url(self.home)

    def into(self, vhost: str) -> str:
        """The address by which it would enter another virtual host."""
        return urlsplit(self.url)._replace(path=f"/{quote(vhost, safe='')}").geturl()

    def lengths(self) -> dict[str, int]:
        """Messages in each queue of its home; none where there is no home."""
        rabbit = self.namespace.rabbit
        return rabbit.queue_lengths(self.home) if self.home in rabbit.vhosts() else {}

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
        child.wait_until(lambda: consumers_of(who, queue) == 1, 30)
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


def consumers_of(one: Admitted, queue: str) -> int:
    """How many consume from a queue of its home; none from one that is not there."""
    connection = broker.connect(one.in_home(), "test")
    try:
        return int(connection.channel().queue_declare(queue, passive=True).consumer_count)
    except amqp.NotFound:
        return 0
    finally:
        connection.close()


def management_of(log: TicketLog, kind: type[Management] = Management) -> Management:
    return kind(f"http://127.0.0.1:{log.namespace.rabbit.ports.management}", log.namespace.amqp_url)


Admit = Callable[..., Admitted]


def url_in(told: str) -> str:
    found = re.search(r"amqps?://\S+", told)
    assert found is not None, told
    return found[0]


@pytest.fixture
def log(namespace: Namespace, processes: Processes) -> TicketLog:
    return TicketLog(namespace, processes.start("tickets", "relay"))


@pytest.fixture
def examples(namespace: Namespace, tmp_path: Path) -> Iterator[Examples]:
    own = Examples(namespace, tmp_path)
    with own.children:
        yield own


@pytest.fixture
def admit(log: TicketLog, processes: Processes) -> Iterator[Admit]:
    """Add consumers under names of this test, for the street of the log's grid if they want no more; they are revoked
    at its end."""
    put_area(log.namespace.mongo[f"{log.namespace.prefix}_tickets"], "/hequ/xikou/")
    names: list[str] = []

    def add(*options: str) -> Admitted:
        name = f"hotline-{uuid4().hex[:8]}"
        names.append(name)
        told = processes.cli("consumer", "add", name, *options).stdout
        return Admitted(name, url_in(told), told, log.namespace)

    yield add
    for name in names:
        processes.cli("consumer", "revoke", name, "--yes", check=False)
