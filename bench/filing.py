"""Filing a ticket over HTTP, through the edge, by one http process; held against a bare insert in stock nameko."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from bench import load
from bench.results import Aim, Result
from bench.stage import Shares, Stage, medians, resident_megabytes
from services.chassis.directory import SERVICES
from services.cli.native.configuration import edge_environment
from services.cli.native.parts import answers
from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Program
from tests.support.processes import ROOT

CONNECTIONS = 32
SECONDS = 8.0
ROUNDS = 5
_COUNTY = ROOT / "deploy" / "demo" / "hequ.yml"
_TICKET = json.dumps({"kind": "request", "grid_id": "grid-001", "description": "the lamp is broken"}).encode()


def measure(on: Stage) -> Result:
    """Both take turns; the workers of Doorstep are not running, so that the two use the same two processors."""
    on.processes.prepare()
    on.processes.cli("places", "load", str(_COUNTY))
    http = on.processes.start("tickets", "http")
    bare = on.processes.start("bench", "service", module=("bench.baselines",))
    edge = _start_edge(on, http.port)
    residents, strangers = _residents(on), [_insert] * CONNECTIONS
    load.run(edge, residents, 2)
    load.run(bare.port, strangers, 2)
    rounds = []
    for _ in range(ROUNDS):
        shares, asked = Shares({"http": http.pid, "mongod": on.mongod}), _requests(on)
        ours = load.run(edge, residents, SECONDS)
        busy, asked = shares.until_now(), _requests(on) - asked
        theirs = load.run(bare.port, strangers, SECONDS)
        rounds.append({
            "filed_per_second": ours["per_second"], "p50_ms": ours["p50_ms"], "p99_ms": ours["p99_ms"],
            "bare_per_second": theirs["per_second"], "bare_p50_ms": theirs["p50_ms"], "bare_p99_ms": theirs["p99_ms"],
            "ratio": ours["per_second"] / theirs["per_second"],
            "http_processor": busy["http"], "mongod_processor": busy["mongod"],
            "generator_processor": max(ours["own_processor"], theirs["own_processor"]),
            "database_requests_per_ticket": asked / (ours["per_second"] * SECONDS),
            "http_resident_mb": resident_megabytes(http.pid),
        })  # fmt: skip
    for process in (http, bare):
        on.processes.stop(process)
    found = medians(rounds)
    return Result("filing", found, rounds, [
        Aim("filing through the edge, of a bare nameko insert", found["filed_per_second"], "tickets/s",
            found["bare_per_second"], found["ratio"], 0.6),
        Aim("filing, p99", found["p99_ms"], "ms", found["bare_p99_ms"], found["p99_ms"], 150, below=True),
    ])  # fmt: skip


def _requests(on: Stage) -> int:
    """How many requests the database has got so far."""
    return int(on.namespace.mongo.admin.command("serverStatus")["network"]["numRequests"])


def _residents(on: Stage) -> Sequence[load.Request]:
    """One resident a connection: a person may file 3,000 times an hour."""
    return [partial(_file, on.tokens.headers(("resident", "/hequ/"), person_id=str(uuid4())))
            for _ in range(CONNECTIONS)]  # fmt: skip


def _file(headers: dict[str, str]) -> bytes:
    return load.post("/api/v1/tickets", _TICKET, Idempotency_Key=uuid4().hex, **headers)


def _insert() -> bytes:
    return load.post("/insert", _TICKET)


def _start_edge(on: Stage, port: int) -> int:
    """The edge as it is delivered. Only tickets is behind it; nothing else is asked for."""
    ports = {"edge": free_port(), **{f"{name}_http": port for name in SERVICES}}
    env = {**edge_environment(ports, ROOT / "docs"), "XDG_DATA_HOME": str(on.folder), "HOME": str(on.folder)}
    configuration = str(ROOT / "deploy" / "caddy" / "Caddyfile")
    argv = (str(Path(sys.executable).parent / "caddy"), "run", "--adapter", "caddyfile", "--config", configuration)
    url = f"http://{LOOPBACK}:{ports['edge']}"
    on.children.start(Program("edge", argv, on.folder / "edge.log", env)).wait_until(answers(f"{url}/healthz"), 20)
    return urlsplit(url).port or 0
