"""What outside consumers cost: the relay's throughput with none, one and five of them, in one run.

Each gets every event that is relayed, through its gate, buffer and shovel, into a queue of its virtual host
(docs/adr/0010). Measured besides: how fast events reach the slowest of these queues, from when the relay may begin.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from bench.relay import QUEUE, TYPE, purge, relayed
from bench.results import Aim, Result
from bench.stage import Stage, medians, wait_for
from services.chassis import broker
from tests.support.processes import ServiceProcess

ROUNDS = 3
EVENTS = 5_000
OUTSIDERS = (1, 5)


def measure(on: Stage) -> Result:
    relay = on.processes.start("tickets", "relay")
    relayed(on, relay, 1_000)
    rounds = [_round(on, relay) for _ in range(ROUNDS)]
    on.processes.stop(relay)
    found = medians(rounds)
    alone = found["relayed_per_second_0"]
    aims = []
    for count in OUTSIDERS:
        with_them = f"with {count} outside consumer{'s' if count > 1 else ''}"
        aims += [
            Aim(f"relay {with_them}, of the relay without", found[f"relayed_per_second_{count}"], "events/s", alone,
                found[f"relayed_{count}_of_0"], None),
            Aim(f"carried to the last {with_them}, of the relay without", found[f"carried_per_second_{count}"],
                "events/s", alone, found[f"carried_{count}_of_0"], None),
        ]  # fmt: skip
    return Result("outsiders", found, rounds, aims)


def _round(on: Stage, relay: ServiceProcess) -> dict[str, float]:
    purge(on, QUEUE)
    alone, _ = relayed(on, relay, EVENTS)
    figures = {"relayed_per_second_0": alone}
    for count in OUTSIDERS:
        purge(on, QUEUE)
        with _outsiders(on, count) as homes:
            begun = time.monotonic()
            rate, _ = relayed(on, relay, EVENTS)
            wait_for("all are carried", lambda homes=homes: all(_waiting(url) == EVENTS for url in homes))  # type: ignore[misc]
            carried = EVENTS / (time.monotonic() - begun)
        figures |= {
            f"relayed_per_second_{count}": rate, f"relayed_{count}_of_0": rate / alone,
            f"carried_per_second_{count}": carried, f"carried_{count}_of_0": carried / alone,
        }  # fmt: skip
    return figures


@contextmanager
def _outsiders(on: Stage, count: int) -> Iterator[list[str]]:
    """So many, each with a queue that nobody reads. Gives the addresses of their homes, for the administrator."""
    names = [f"bench-{number}" for number in range(count)]
    homes = []
    for name in names:
        told = on.processes.cli("consumer", "add", name, "--types", TYPE).stdout
        (address,) = re.findall(r"amqps?://\S+", told)[:1]
        connection = broker.connect(address, "bench")
        with connection.channel() as channel:
            queue, exchange = f"outside.{name}.inbox", f"outside.{name}.events"
            channel.queue_declare(queue, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
            channel.queue_bind(queue, exchange, TYPE)
        connection.close()
        homes.append(f"{on.namespace.rabbit.url(unquote(urlsplit(address).path[1:]))}#{queue}")
    try:
        yield homes
    finally:
        for name in names:
            on.processes.cli("consumer", "revoke", name, "--yes")


def _waiting(home: str) -> int:
    url, _, queue = home.partition("#")
    connection = broker.connect(url, "bench")
    try:
        return int(connection.channel().queue_declare(queue, passive=True).message_count)
    finally:
        connection.close()
