"""Lists and searches among a million tickets, over HTTP through the edge, by one caller after the other."""

import asyncio
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from urllib.parse import urlencode
from uuid import uuid4

from pymongo import WriteConcern

from bench import load
from bench.edge import start_edge
from bench.filing import load_county
from bench.open_tickets import Document, database
from bench.results import Aim, Result
from bench.stage import Stage, medians
from services.tickets.domain.ticket import OPEN_STATES
from services.tickets.storage.search_indexes import INDEXES, create_search_indexes
from tests.support.many_tickets import NOW, grid_paths, many_tickets, number_of, telephone_of, worker_of
from tests.support.processes import sealer_of

TICKETS = int(os.environ.get("BENCH_TICKETS", "1_000_000"))
"""Fewer, to see whether it works; the figures are about a million."""
ROUNDS = 3
ASKED = 100
"""Requests of each sort in a round."""
_BATCH, _THREADS = 1_000, 2
_COUNTY = "/hequ/"
_OPEN = [("state", state) for state in sorted(OPEN_STATES)]
_WORDS = ("路灯不亮", "电梯停运", "下水道堵塞", "窨井盖松动", "垃圾满溢")
Asked = Callable[[], bytes]


def measure(on: Stage) -> Result:
    """Nothing else of Doorstep runs than one http process of tickets."""
    load_county(on)
    seeding = seed(on, TICKETS)
    http = on.processes.start("tickets", "http")
    port, sorts = start_edge(on, {"tickets": [http.port]}), _sorts(on)
    for make in sorts.values():
        asyncio.run(_times(port, make, 20))
    rounds = [_round(port, sorts) for _ in range(ROUNDS)]
    on.processes.stop(http)
    found = medians(rounds)
    aims = [_aim(found, name, what, aim) for name, what, aim in _ROWS]
    return Result("search", {**found, **seeding}, rounds, aims)


_ROWS = (
    ("work_list", "a page of a grid's work list", 50), ("community_newest", "a community's newest", 100),
    ("county_open", "the county's open ones by due time", 100), ("county_red", "the county's red ones", 100),
    ("due", "what is due in the county within an hour", 100), ("owner", "what a person answers for", 100),
    ("rare", "a rare kind and category in the county", 100), ("text_in_grid", "words in a grid", 100),
    ("text_in_county", "words and a house number in the county", 100), ("telephone", "a telephone number", 100),
    ("reference", "an external reference", 100),
)  # fmt: skip


def _aim(found: Mapping[str, float], name: str, what: str, aim: float) -> Aim:
    p95 = found[f"{name}_p95_ms"]
    return Aim(f"{what}, of {TICKETS:,}, p95", p95, "ms", found["one_p95_ms"], p95, aim, below=True)


def seed(on: Stage, count: int) -> dict[str, float]:
    """Write them as the program would have; the indexes afterwards, as a migration does. Seconds and gigabytes."""
    begun = time.monotonic()
    db = database(on)
    for name in INDEXES:
        db["tickets"].drop_index(name)
    sealer = sealer_of("tickets")
    sealed = sealer.seal({"description": "灯不亮了。", "name": "王小明", "telephone": telephone_of(1)})
    rows = many_tickets(count, digest=lambda telephone: sealer.lookup("telephone", telephone), sealed=sealed)
    tickets = db["tickets"].with_options(write_concern=WriteConcern(1))
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: list[Future[object]] = []
        for batch in _batches(rows):
            waiting.append(pool.submit(tickets.insert_many, batch, ordered=False))
            if len(waiting) > 2 * _THREADS:
                waiting.pop(0).result()
        for one in waiting:
            one.result()
    written = time.monotonic()
    create_search_indexes(db)
    size = db.command("collStats", "tickets")
    return {
        "seeding_seconds": round(written - begun, 1), "indexing_seconds": round(time.monotonic() - written, 1),
        "tickets_gb": round(size["storageSize"] / 1e9, 3), "indexes_gb": round(size["totalIndexSize"] / 1e9, 3),
    }  # fmt: skip


def _batches(rows: Iterator[Document]) -> Iterator[list[Document]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _sorts(on: Stage) -> Mapping[str, Asked]:
    """What is asked, each time of another place, person or ticket."""
    draw, grids = random.Random(1341), grid_paths()  # noqa: S311
    communities = sorted({path.rstrip("/").rsplit("/", 1)[0] + "/" for path in grids})

    def of(role: str, area: str, *asked: tuple[str, object]) -> bytes:
        headers = on.tokens.headers((role, area), person_id=str(uuid4()))
        return load.get(f"/api/v1/tickets?{urlencode(asked)}", **headers)

    def telephone() -> bytes:
        # Each by another person: one may look for 120 an hour.
        headers = on.tokens.headers(("district", _COUNTY), person_id=str(uuid4()))
        body = json.dumps({"telephone": telephone_of(draw.randrange(30_000))}).encode()
        return load.post("/api/v1/tickets/search", body, **headers)

    def due() -> bytes:
        # The open ones were filed within the last three days.
        since = NOW - timedelta(seconds=draw.randrange(3 * 86_400))
        until = since + timedelta(hours=1)
        return of(*county, ("due_after", since.isoformat()), ("due_before", until.isoformat()))

    def serial() -> int:
        return draw.randrange(0, TICKETS, 5)

    county = ("district", _COUNTY)
    return {
        "one": lambda: of(*county, ("number", number_of(serial()))),
        "work_list": lambda: of("grid_worker", draw.choice(grids), *_OPEN, ("sort", "due"), ("limit", 50)),
        "community_newest": lambda: of("community", draw.choice(communities), ("limit", 50)),
        "county_open": lambda: of(*county, *_OPEN, ("sort", "due"), ("limit", 50)),
        "due": due,
        "owner": lambda: of(*county, ("owner", worker_of(draw.choice(grids).split("/")[-2]))),
        "county_red": lambda: of(*county, ("colour", "red"), ("limit", 50)),
        "rare": lambda: of(*county, ("kind", "loan"), ("category", "well"), ("limit", 50)),
        "text_in_grid": lambda: of("grid_worker", draw.choice(grids), ("text", draw.choice(_WORDS)), ("limit", 50)),
        "text_in_county": lambda: of(*county, ("text", f"{draw.randrange(1, 40)}号楼{draw.choice(_WORDS)}")),
        "telephone": telephone,
        "reference": lambda: of(*county, ("external_system", "hotline-12345"), ("external_id", f"H{serial():08d}")),
    }  # fmt: skip


def _round(port: int, sorts: Mapping[str, Asked]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, make in sorts.items():
        cuts = statistics.quantiles(asyncio.run(_times(port, make, ASKED)), n=20)
        found |= {f"{name}_p50_ms": cuts[9] * 1000, f"{name}_p95_ms": cuts[18] * 1000}
    return found


async def _times(port: int, make: Asked, times: int) -> Sequence[float]:
    """Seconds until each answer. Raises RuntimeError when an answer is not 200."""
    connection, taken = await load.connect(port), []
    try:
        for request in [make() for _ in range(times)]:
            begun = time.monotonic()
            await connection.ask(request, 200)
            taken.append(time.monotonic() - begun)
    finally:
        connection.close()
    return taken
