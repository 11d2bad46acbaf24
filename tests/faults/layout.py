"""What the system under faults consists of: its programs, their ports and settings."""

import os
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from services.chassis.directory import SERVICES
from services.cli.native.configuration import edge_environment
from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Child, Program
from tests.faults.keeper import Slot
from tests.faults.line import Lines
from tests.support.namespaces import Namespace
from tests.support.processes import ROOT, ServiceProcess, environment
from tests.support.smtp import SmtpSink

POINTS = "DOORSTEP_FAULT_POINTS"
"""Names the folder in which a file `<point>` has the first process that passes there end itself."""
ROLES = ("http", "worker")
START_SECONDS = 90.0
"""How long a part may take until it works, and all processes together."""
_LAUNCHER = "tests.faults.launch"
"""Starts services.chassis.launch with the points at which a process can be made to end itself."""


class Part:
    """The broker or the database: a program that can be killed and started again."""

    def __init__(self, program: Program, ready: Callable[[], bool]) -> None:
        self._program = program
        self._ready = ready
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None, f"{self._program.name} was not started"
        return self._child.pid

    def start(self) -> None:
        """Returns when it works."""
        self._child = Child(self._program)
        self._child.wait_until(self._ready, START_SECONDS)

    def kill(self) -> None:
        assert self._child is not None, f"{self._program.name} was not started"
        self._child.kill()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()


Place = tuple[str, str, int]
EDGE: Place = ("edge", "edge", 1)


def ports_for(replicas: int) -> dict[Place, int]:
    """A port for every process, the same after each restart."""
    places = [(service, role, number + 1) for service in SERVICES for role in ROLES for number in range(replicas)]
    return {place: free_port() for place in (EDGE, *places)}


def settings_for(
    namespace: Namespace, lines: Lines, smtp: SmtpSink, ports: Mapping[Place, int], folder: Path,
    chosen: Mapping[str, str],
) -> dict[str, str]:  # fmt: skip
    (folder / "points").mkdir()
    own = {
        **namespace.amqp_through(lines.port),
        "SMTP_URL": smtp.url,
        "RETRY_DELAYS": "1,3,10,30",
        "MAIL_GRACE_SECONDS": "10",
        "MAIL_LEASE_SECONDS": "30",
        "MAIL_RETRY_SECONDS": "2,5,10,20",
    }
    jwks_url = f"http://{LOOPBACK}:{ports[EDGE]}/api/v1/jwks.json"
    return {**environment(namespace, jwks_url, **{**own, **chosen}), POINTS: str(folder / "points")}


def slots_for(ports: Mapping[Place, int], env: Mapping[str, str], folder: Path) -> list[Slot]:
    slots = []
    for (service, role, replica), port in ports.items():
        if service == EDGE[0]:
            continue

        def start(service: str = service, role: str = role, replica: int = replica, port: int = port) -> ServiceProcess:
            log = folder / "processes" / f"{service}-{role}-{replica}.log"
            module = (_LAUNCHER, service) if find_spec(_LAUNCHER) else ()
            return ServiceProcess(service, role, {**env, "PYTHONUNBUFFERED": "1"}, log, module, port)

        slots.append(Slot(service, role, replica, start, start()))
    return slots


def edge_program(ports: Mapping[Place, int], folder: Path) -> Program:
    """The edge of `deploy/caddy`, before all replicas of each service."""
    first = {f"{service}_http": port for (service, role, replica), port in ports.items() if role == "http"}
    env = edge_environment({"edge": ports[EDGE], **first}, ROOT / "docs")
    for service in SERVICES:
        upstreams = [
            f"{LOOPBACK}:{port}" for (name, role, _), port in ports.items() if (name, role) == (service, "http")
        ]
        env[f"DOORSTEP_{service.upper()}_ADDRESS"] = " ".join(upstreams)
    argv = (
        *(str(Path(sys.executable).parent / "caddy"), "run", "--adapter", "caddyfile"),
        *("--config", str(ROOT / "deploy" / "caddy" / "Caddyfile")),
    )
    home = {"XDG_DATA_HOME": str(folder), "HOME": str(folder), "PATH": os.environ.get("PATH", os.defpath)}
    return Program("edge", argv, folder / "parts" / "edge.log", {**env, **home})
