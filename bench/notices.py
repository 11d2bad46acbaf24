"""From the answer to a resident until the notice of it is there: tickets are filed at a steady pace through the edge,
with the workers of tickets and notifications at work.

The answer is timed where it arrives; the notice when a reader of the database's change stream sees it committed, on
the same machine by the same clock. So the reader's own delay counts as ours.
"""

import json
import statistics
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import uuid4

from pymongo.errors import PyMongoError

from bench import load
from bench.edge import start_edge
from bench.filing import file_request, load_county
from bench.results import Aim, Result
from bench.stage import Shares, Stage, wait_for

PER_SECOND = 50
SECONDS = 20
WARM_UP_SECONDS = 2
CONNECTIONS = 32


def measure(on: Stage) -> Result:
    load_county(on)
    running = {
        name: on.processes.start(name, role) for name, role in (("tickets", "worker"), ("notifications", "worker"))
    }
    http = on.processes.start("tickets", "http")
    edge = start_edge(on, {"tickets": [http.port]})
    with _seen(on) as seen:
        _file(on, edge, seen, WARM_UP_SECONDS)
        shares = Shares({"http": http.pid, "mongod": on.mongod, **{name: p.pid for name, p in running.items()}})
        waits = _file(on, edge, seen, SECONDS)
        busy = shares.until_now()
    for process in (*running.values(), http):
        on.processes.stop(process)
    cuts = statistics.quantiles(waits, n=100)
    found = {
        "filed": float(len(waits)), "p50_ms": cuts[49] * 1000, "p99_ms": cuts[98] * 1000, "max_ms": max(waits) * 1000,
        "before_the_answer": float(sum(wait < 0 for wait in waits)),
        **{f"{name}_processor": share for name, share in busy.items()},
    }  # fmt: skip
    found = {name: round(value, 3) for name, value in found.items()}
    p99 = found["p99_ms"]
    what = f"from answer to recorded notice at {PER_SECOND} tickets/s, p99"
    return Result("notices", found, [found], [Aim(what, p99, "ms", None, p99, 500, below=True)])


def _file(on: Stage, edge: int, seen: Mapping[str, float], seconds: int) -> list[float]:
    """Seconds from each answer until the first notice of its ticket was seen; below zero: the notice came first."""
    people = [on.tokens.headers(("resident", "/hequ/"), person_id=str(uuid4())) for _ in range(CONNECTIONS)]
    requests = [file_request(people[number % CONNECTIONS]) for number in range(seconds * PER_SECOND)]
    answers = load.paced(edge, requests, PER_SECOND, CONNECTIONS)
    answered = {str(json.loads(body)["id"]): at for body, at in answers}
    wait_for("every ticket has its notice", lambda: answered.keys() <= seen.keys(), within=60)
    return [seen[ticket_id] - at for ticket_id, at in answered.items()]


@contextmanager
def _seen(on: Stage) -> Iterator[Mapping[str, float]]:
    """Ticket ids, and when the first notice of each was seen to be committed."""
    notices = on.namespace.mongo[f"{on.namespace.prefix}_notifications"]["notices"]
    seen: dict[str, float] = {}
    ended = threading.Event()
    with notices.watch([{"$match": {"operationType": "insert"}}], max_await_time_ms=200) as stream:

        def read() -> None:
            while not ended.is_set():
                try:
                    change = stream.try_next()
                except PyMongoError:
                    return
                if change is not None:
                    seen.setdefault(change["fullDocument"]["ticket_id"], time.time())

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield seen
        finally:
            ended.set()
            reader.join(10)
