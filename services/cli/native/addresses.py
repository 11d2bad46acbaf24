"""Which part listens on which port of the loopback interface. Remembered, so that `status` needs no settings."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from services.chassis.directory import SERVICES
from services.cli.native.ports import holder_of, is_free
from services.cli.native.programs import NotReady

ROLES = ("http", "worker")

DEFAULTS: Mapping[str, int] = {
    "edge": 8080,
    "mail": 8125,
    "rabbitmq": 8171,
    "rabbitmq_management": 8172,
    "rabbitmq_prometheus": 8173,
    "rabbitmq_distribution": 8174,
    "epmd": 8175,
    "mongod": 8176,
    "prometheus": 8190,
    "alertmanager": 8193,
    **{f"{service}_{role}": 8101 + 10 * i + j for i, service in enumerate(SERVICES) for j, role in enumerate(ROLES)},
}
_SMALLEST, _LARGEST = 1, 65535


def setting_of(name: str) -> str:
    """The environment variable that chooses the port of a part: `DOORSTEP_EDGE_PORT`."""
    return f"DOORSTEP_{name.upper()}_PORT"


def choose_ports(remembered: Path, environment: Mapping[str, str] = os.environ) -> dict[str, int]:
    """The environment's choice, else what was used before, else the default. Raises NotReady on what is no port."""
    before = json.loads(remembered.read_text()) if remembered.exists() else {}
    ports = {name: _port(environment.get(setting_of(name)), name, before) for name in DEFAULTS}
    twice = sorted(name for name, port in ports.items() if list(ports.values()).count(port) > 1)
    if twice:
        raise NotReady(f"these parts would share a port: {', '.join(f'{n} ({ports[n]})' for n in twice)}")
    return ports


def remember_ports(remembered: Path, ports: Mapping[str, int]) -> None:
    remembered.write_text(json.dumps(ports, indent=1) + "\n")


def refuse_taken(ports: Mapping[str, int]) -> None:
    """Raise NotReady that names every taken port, the program that holds it, and what to do."""
    taken = [name for name, port in ports.items() if not is_free(port)]
    if not taken:
        return
    lines = [f"  port {ports[name]} (for {name}) is held by {holder_of(ports[name])}" for name in taken]
    advice = " ".join(f"{setting_of(name)}=…" for name in taken)
    raise NotReady(
        "some ports are taken:\n" + "\n".join(lines) + f"\nend that program, or choose others: {advice} make up"
    )


def _port(chosen: str | None, name: str, before: Mapping[str, int]) -> int:
    if chosen is None:
        return before.get(name, DEFAULTS[name])
    if not chosen.isascii() or not chosen.isdigit() or not _SMALLEST <= int(chosen) <= _LARGEST:
        raise NotReady(f"{setting_of(name)} is {chosen!r}, which is no port (1 to 65535)")
    return int(chosen)
