"""What lives of tickets leave behind: bytes on disk in every service's database, and memory of every process.

All ten processes and the edge run. Each life is a request that is filed, accepted, assigned, reached, solved and
confirmed over HTTP; every event reaches every consumer before anything is weighed.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from bench import load
from bench.edge import start_edge
from bench.filing import load_county
from bench.results import Aim, Result
from bench.stage import Stage, peak_megabytes, wait_for
from services.chassis.directory import SERVICES
from services.contracts.queues import QUEUES

Document = dict[str, Any]
LIVES = 2_000
CONNECTIONS = 16
TICKETS_A_YEAR = 60_000
"""Two of each household of Jinta county: 30,000 households, 119 stations (report 000). The two are ours."""
_PASSING = ("idempotency", "limits", "sign_in_attempts", "timers")
"""Collections whose rows go by themselves within days, and so do not grow with the years."""
_GRID, _COMMUNITY = "grid-001", "/hequ/qingxi/qingyuan/"
_TICKET = {"kind": "request", "grid_id": _GRID, "description": "楼道灯不亮了,晚上看不见台阶。", "category": "lighting"}
_GUESSES = 3
_LOOKS = ("/api/v1/tickets", "/api/v1/members", f"/api/v1/reports/summary?area_path={_COMMUNITY}")
_DEEDS: tuple[tuple[str, Document], ...] = (
    ("accept", {}),
    ("assign", {}),
    ("arrive", {"severity": "ordinary"}),
    ("resolve", {"text": "灯已换好。"}),
)


def measure(on: Stage) -> Result:
    load_county(on)
    running = {f"{s}_{role}": on.processes.start(s, role) for s in SERVICES for role in ("http", "worker")}
    edge = start_edge(on, {service: [running[f"{service}_http"].port] for service in SERVICES})
    _play(on, edge, 20)
    _come_to_rest(on)
    before = _bytes(on)
    _play(on, edge, LIVES)
    _come_to_rest(on)
    kept = {name: (size - before.get(name, 0)) / LIVES for name, size in _bytes(on).items()}
    memory = {f"{name}_peak_mb": peak_megabytes(process.pid) for name, process in running.items()}
    for process in running.values():
        on.processes.stop(process)
    return _result(kept, memory)


def _result(kept: Mapping[str, float], memory: Mapping[str, float]) -> Result:
    """Bytes a ticket by service and by collection, and what that comes to in a year."""
    each = sum(size for name, size in kept.items() if "." not in name)
    own = kept["tickets"]
    lasting = each - sum(size for name, size in kept.items() if name.partition(".")[2] in _PASSING)
    year = lasting * TICKETS_A_YEAR / 1e9
    found = {
        **{f"{name}_bytes": round(size) for name, size in sorted(kept.items()) if abs(size) >= 1},
        "all_services_bytes": round(each), "lasting_bytes": round(lasting), "gigabytes_a_year": round(year, 3),
        **{name: round(size, 1) for name, size in memory.items()},
    }  # fmt: skip
    largest = max(memory.values())
    return Result("lives", found, [found], [
        Aim("on disk: a ticket of six steps, with its events, in tickets", own / 1024, "KiB", None, own / 1024, None),
        Aim("on disk: the same in all services", each / 1024, "KiB", None, each / 1024, None),
        Aim(f"on disk: growth a year at {TICKETS_A_YEAR:,} tickets", year, "GB", None, year, None),
        Aim("resident at its peak under load, largest of ten processes", largest, "MB", None, largest, 120, below=True),
    ])  # fmt: skip


def _play(on: Stage, edge: int, lives: int) -> None:
    asyncio.run(_all(on, edge, lives))


async def _all(on: Stage, edge: int, lives: int) -> None:
    each = [lives // CONNECTIONS + (number < lives % CONNECTIONS) for number in range(CONNECTIONS)]
    await asyncio.gather(_sign_in(edge), *(_several(on, edge, count) for count in each))


async def _sign_in(edge: int) -> None:
    """Somebody guesses: checking a password takes the most memory of all that accounts does."""
    connection = await load.connect(edge)
    for _ in range(_GUESSES):
        guess = _json({"login": "nobody", "password": uuid4().hex})
        await connection.ask(load.post("/api/v1/sessions", guess), 401)
    connection.close()


async def _several(on: Stage, edge: int, lives: int) -> None:
    """One resident and one grid worker, who live through some tickets together; now and then somebody looks."""
    resident = on.tokens.headers(("resident", "/hequ/"), person_id=str(uuid4()))
    worker = on.tokens.headers(("grid_worker", f"{_COMMUNITY}{_GRID}/"), person_id=str(uuid4()))
    leader = on.tokens.headers(("community", _COMMUNITY), person_id=str(uuid4()))
    connection = await load.connect(edge)
    for number in range(lives):
        filing = load.post("/api/v1/tickets", _json(_TICKET), Idempotency_Key=uuid4().hex, **resident)
        path = f"/api/v1/tickets/{json.loads(await connection.ask(filing, 201))['id']}"
        for deed, body in _DEEDS:
            await connection.ask(load.post(f"{path}/{deed}", _json(body), **worker), 200)
        await connection.ask(load.post(f"{path}/confirm", _json({"rating": 5}), **resident), 200)
        if number % 10 == 0:
            await connection.ask(load.get("/api/v1/inbox", **resident), 200)
            for seen in _LOOKS:
                await connection.ask(load.get(seen, **leader), 200)
    connection.close()


def _json(body: Document) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _come_to_rest(on: Stage) -> None:
    """Every event is published and stands in the inbox of each queue that it goes to."""
    space = on.namespace

    def count(service: str, collection: str, wanted: Document) -> int:
        return int(space.mongo[f"{space.prefix}_{service}"][collection].count_documents(wanted))

    def rests() -> bool:
        if any(count(service, "outbox", {"unpublished": True}) for service in SERVICES):
            return False
        return all(
            count(queue.consumer, "inbox", {"_id": {"$regex": f"^{re.escape(queue.name)}[|]"}})
            == sum(count(publisher, "outbox", {"type": {"$in": list(queue.modes)}}) for publisher in queue.publishers)
            for queue in QUEUES.values()
        )

    wait_for("every event has taken effect", rests, within=180, every=1.0)


def _bytes(on: Stage) -> dict[str, float]:
    """What each service's database takes on disk, and of it each collection with its indexes ("service.collection")."""
    on.namespace.mongo.admin.command("fsync")
    found: dict[str, float] = {}
    for service in SERVICES:
        database = on.namespace.mongo[f"{on.namespace.prefix}_{service}"]
        for name in database.list_collection_names():
            size = float(database.command("collStats", name)["totalSize"])
            found[f"{service}.{name}"] = size
            found[service] = found.get(service, 0) + size
    return found
