"""Filing a ticket over HTTP, through the edge, by one http process and by two; held against a bare insert of stock
nameko.
"""

import json
from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from bench import load
from bench.edge import start_edge
from bench.results import Aim, Result
from bench.stage import Shares, Stage, medians, resident_megabytes
from tests.support.processes import ROOT, ServiceProcess

CONNECTIONS = 32
SECONDS = 8.0
ROUNDS = 3
_COUNTY = ROOT / "deploy" / "demo" / "hequ.yml"
_TICKET = json.dumps({"kind": "request", "grid_id": "grid-001", "description": "the lamp is broken"}).encode()


def measure(on: Stage) -> Result:
    """All take turns; the workers of Doorstep are not running, so that each has the same two processors."""
    load_county(on)
    https = [on.processes.start("tickets", "http") for _ in range(2)]
    bare = on.processes.start("bench", "service", module=("bench.baselines",), MONGO_URL=on.namespace.mongo_url)
    one, two = start_edge(on, {"tickets": [https[0].port]}), start_edge(on, {"tickets": [p.port for p in https]})
    residents, strangers = _residents(on), [_insert] * CONNECTIONS
    for port, requests in ((two, residents), (bare.port, strangers)):
        load.run(port, requests, 2)
    rounds = [_round(on, https, (one, two, bare.port), residents, strangers) for _ in range(ROUNDS)]
    for process in (*https, bare):
        on.processes.stop(process)
    found = medians(rounds)
    return Result("filing", found, rounds, [
        Aim("filing through the edge, of a bare nameko insert", found["filed_per_second"], "tickets/s",
            found["bare_per_second"], found["ratio"], 0.6),
        Aim("filing, p99", found["p99_ms"], "ms", found["bare_p99_ms"], found["p99_ms"], 150, below=True),
        Aim("filing by two http processes, of a bare nameko insert", found["two_filed_per_second"], "tickets/s",
            found["bare_per_second"], found["two_ratio"], None),
        Aim("filing by two http processes, p99", found["two_p99_ms"], "ms", found["bare_p99_ms"], found["two_p99_ms"],
            None),
    ])  # fmt: skip


def load_county(on: Stage) -> None:
    on.processes.prepare()
    on.processes.cli("places", "load", str(_COUNTY))


def _round(
    on: Stage, https: Sequence[ServiceProcess], ports: tuple[int, int, int],
    residents: Sequence[load.Request], strangers: Sequence[load.Request],
) -> dict[str, float]:  # fmt: skip
    asked = _requests(on)
    shares = Shares({"http": https[0].pid, "mongod": on.mongod})
    ours = load.run(ports[0], residents, SECONDS)
    busy, asked = shares.until_now(), _requests(on) - asked
    shares = Shares({"first": https[0].pid, "second": https[1].pid, "mongod": on.mongod})
    both = load.run(ports[1], residents, SECONDS)
    two = shares.until_now()
    bare = load.run(ports[2], strangers, SECONDS)
    return {
        "filed_per_second": ours["per_second"], "p50_ms": ours["p50_ms"], "p99_ms": ours["p99_ms"],
        "two_filed_per_second": both["per_second"], "two_p50_ms": both["p50_ms"], "two_p99_ms": both["p99_ms"],
        "bare_per_second": bare["per_second"], "bare_p50_ms": bare["p50_ms"], "bare_p99_ms": bare["p99_ms"],
        "ratio": ours["per_second"] / bare["per_second"], "two_ratio": both["per_second"] / bare["per_second"],
        "http_processor": busy["http"], "mongod_processor": busy["mongod"],
        "two_first_processor": two["first"], "two_second_processor": two["second"],
        "two_mongod_processor": two["mongod"],
        "generator_processor": max(one["own_processor"] for one in (ours, both, bare)),
        "database_requests_per_ticket": asked / (ours["per_second"] * SECONDS),
        "http_resident_mb": max(resident_megabytes(http.pid) for http in https),
    }  # fmt: skip


def _requests(on: Stage) -> int:
    """How many requests the database has got so far."""
    return int(on.namespace.mongo.admin.command("serverStatus")["network"]["numRequests"])


def _residents(on: Stage) -> Sequence[load.Request]:
    """One resident a connection: a person may file 3,000 times an hour."""
    return [partial(file_request, on.tokens.headers(("resident", "/hequ/"), person_id=str(uuid4())))
            for _ in range(CONNECTIONS)]  # fmt: skip


def file_request(headers: dict[str, str]) -> bytes:
    return load.post("/api/v1/tickets", _TICKET, Idempotency_Key=uuid4().hex, **headers)


def _insert() -> bytes:
    return load.post("/insert", _TICKET)
