"""The system under faults: everything of `make up` on parts of its own, two replicas of each process, and ways to
break each part from outside.

Call it from one thread that lasts: the kernel ends what a thread started together with the thread.
"""

import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from services.chassis import mongo
from services.chassis.clock import BusinessClock
from services.chassis.context import Context
from services.cli.demo.edge import Edge
from services.cli.installation import all_contexts
from services.cli.native.mongo import MongoNode
from services.cli.native.parts import answers
from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Children
from services.cli.native.rabbit import Login, RabbitNode, RabbitPorts
from tests.faults import scans
from tests.faults.keeper import End, Keeper
from tests.faults.layout import EDGE, START_SECONDS, Part, edge_program, ports_for, settings_for, slots_for
from tests.faults.line import Lines
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace, fresh_namespace
from tests.support.processes import Processes, ServiceProcess
from tests.support.smtp import SmtpSink, running_smtp_sink


@dataclass(frozen=True, slots=True)
class Running:
    """A process of a service as it runs just now; after a restart it is another."""

    service: str
    role: str
    replica: int
    process: ServiceProcess

    @property
    def name(self) -> str:
        return f"{self.service} {self.role} {self.replica}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        return self.process.url


@dataclass
class System:
    """A running system and the handles by which it is broken."""

    folder: Path
    """Logs of every part lie beneath it."""
    say: Callable[[str], None]
    rabbit: RabbitNode
    mongo_node: MongoNode
    namespace: Namespace
    lines: Lines
    points: Path
    smtp: SmtpSink
    contexts: Mapping[str, Context]
    edge: Edge
    keeper: Keeper
    _processes: Processes
    _broker: Part
    _database: Part
    poison: set[str] = field(default_factory=set)
    """Message ids of what was put into queues and can never be read; exactly these may be parked."""
    lost_poison: set[str] = field(default_factory=set)
    """Poison that was in no consumer's keeping when the broker was emptied: it may or may not be parked."""

    @property
    def mongo(self) -> MongoClient[dict[str, Any]]:
        return self.namespace.mongo

    @property
    def clock(self) -> BusinessClock:
        return self.contexts["tickets"].clock

    @property
    def databases(self) -> dict[str, Any]:
        """As the administrator sees them, who may also ask which queries scanned."""
        names = {service: f"{self.namespace.prefix}_{service}" for service in self.contexts}
        return {service: mongo.database(self.mongo, name) for service, name in names.items()}

    def queue_lengths(self) -> dict[str, int]:
        """Messages in each queue of this system, those that wait for an acknowledgement included."""
        return self.rabbit.queue_lengths(self.namespace.vhost)

    @property
    def ends(self) -> Sequence[End]:
        """Every end of a process so far."""
        return list(self.keeper.ends)

    # Processes

    def processes(self, service: str | None = None, role: str | None = None) -> list[Running]:
        """What runs now, of one service or role if asked."""
        return [
            Running(slot.service, slot.role, slot.replica, slot.process)
            for slot in self.keeper.slots
            if service in (None, slot.service) and role in (None, slot.role) and not slot.process.has_ended()
        ]

    def kill(self, running: Running) -> None:
        """SIGKILL; the keeper starts it again."""
        running.process.signal(signal.SIGKILL)

    def signal(self, running: Running, number: signal.Signals) -> None:
        if number == signal.SIGTERM:
            slot = next(slot for slot in self.keeper.slots if slot.process is running.process)
            slot.asked_to_end = True
        running.process.signal(number)

    def wait_until_ready(self, within: float = START_SECONDS) -> None:
        """Returns when all processes run and say that they can work."""

        def ready() -> bool:
            running = self.processes()
            assert len(running) == len(self.keeper.slots), "a process is not running"
            waiting = [one.name for one in running if not one.process.is_ready()]
            assert not waiting, f"not ready: {', '.join(waiting)}"
            return True

        eventually(ready, within)

    def processes_cli(self, *arguments: str, check: bool = True) -> str:
        """Run the `doorstep` command on this system; what it wrote. Raises AssertionError when it fails."""
        done = self._processes.cli(*arguments, check=check)
        return done.stdout + done.stderr

    # Broker and database

    @property
    def broker_pid(self) -> int:
        return self._broker.pid

    @property
    def database_pid(self) -> int:
        return self._database.pid

    def kill_broker(self) -> None:
        self._broker.kill()

    def start_broker(self, *, empty: bool = False) -> None:
        """Start the broker that was killed; returns when it listens. `empty`: with nothing that it ever knew, but the
        virtual host, as an operator makes it."""
        if empty:
            shutil.rmtree(self.rabbit.folder / "data")
            kept = {row["event_id"] for db in self.databases.values() for row in db["deferred"].find()}
            self.lost_poison |= self.poison - kept
            self.poison &= kept
        self._broker.start()
        if empty:
            self.rabbit.add_vhost(self.namespace.vhost)

    def kill_database(self) -> None:
        self._database.kill()

    def start_database(self) -> None:
        """Start the database that was killed; returns when it takes writes."""
        self._database.start()
        scans.watch(self.databases)

    def close(self) -> None:
        """End all processes as an operator would. Raises AssertionError when one did not end by itself."""
        self.keeper.pause()
        running = [one.process for one in self.processes()]
        with ThreadPoolExecutor(len(running) or 1) as hands:
            statuses = list(hands.map(ServiceProcess.stop, running))
        self.keeper.close()
        for context in self.contexts.values():
            context.client.close()
        unclean = [f"{p.name}: {status}" for p, status in zip(running, statuses, strict=True) if status != 0]
        assert not unclean, f"did not end cleanly on SIGTERM: {', '.join(unclean)}"


@contextmanager
def running_system(
    folder: Path, say: Callable[[str], None], moment: datetime, *, replicas: int = 2,
    settings: Mapping[str, str] | None = None,
) -> Iterator[System]:  # fmt: skip
    """Everything fresh, on free ports of loopback; business time stands still at `moment` before any process sees it.
    `settings` as in tests.support.processes.environment."""
    login = Login("doorstep", "for-faults-only")
    rabbit = RabbitNode(folder / "rabbit", RabbitPorts(*(free_port() for _ in range(5))), login)
    mongo = MongoNode(folder / "mongo", free_port(), login)
    epmd, broker_program = rabbit.programs(folder / "parts")
    broker = Part(broker_program, rabbit.is_ready)
    database = Part(mongo.program(folder / "parts"), mongo.is_ready)
    with Children() as children, ExitStack() as stack:
        children.start(epmd)
        for part in (broker, database):
            stack.callback(part.stop)
            part.start()
        lines = Lines(rabbit.ports.amqp)
        stack.callback(lines.close)
        smtp, namespace = stack.enter_context(running_smtp_sink()), stack.enter_context(fresh_namespace(rabbit, mongo))
        ports = ports_for(replicas)
        env = settings_for(namespace, lines, smtp, ports, folder, settings or {})
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in env.items():
            patch.setenv(name, value)
        processes = Processes(namespace, env, folder)
        processes.prepare()
        children.start(edge_program(ports, folder))
        edge_url = f"http://{LOOPBACK}:{ports[EDGE]}"
        contexts = all_contexts()
        contexts["tickets"].clock.step(moment)
        system = System(
            folder, say, rabbit, mongo, namespace, lines, folder / "points", smtp, contexts,
            Edge(edge_url), Keeper(slots_for(ports, env, folder)), processes, broker, database,
        )  # fmt: skip
        stack.callback(system.edge.close)
        stack.callback(system.close)
        stack.enter_context(processes.keeper())
        eventually(answers(f"{edge_url}/healthz"), 20)
        system.wait_until_ready()
        scans.watch(system.databases)
        yield system
