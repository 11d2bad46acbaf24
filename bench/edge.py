"""The edge as it is delivered, in front of the http processes that a measurement has started."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.stage import Stage
from services.chassis.directory import SERVICES
from services.cli.native.configuration import edge_environment
from services.cli.native.parts import answers
from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Program
from tests.support.processes import ROOT


def start_edge(on: Stage, upstreams: Mapping[str, Sequence[int]]) -> int:
    """The edge's port. `upstreams` names for each service that will be asked the ports of its http processes."""
    port, nobody = free_port(), free_port()
    env = edge_environment({"edge": port, **{f"{service}_http": nobody for service in SERVICES}}, ROOT / "docs")
    for service, ports in upstreams.items():
        env[f"DOORSTEP_{service.upper()}_ADDRESS"] = " ".join(f"{LOOPBACK}:{one}" for one in ports)
    home = {"XDG_DATA_HOME": str(on.folder), "HOME": str(on.folder)}
    configuration = str(ROOT / "deploy" / "caddy" / "Caddyfile")
    argv = (str(Path(sys.executable).parent / "caddy"), "run", "--adapter", "caddyfile", "--config", configuration)
    program = Program(f"edge-{port}", argv, on.folder / f"edge-{port}.log", {**env, **home})
    on.children.start(program).wait_until(answers(f"http://{LOOPBACK}:{port}/healthz"), 20)
    return port
