"""The queues that an outside consumer has in its home: read while they are there, made again when they are gone.

It makes them itself, when its program starts. While that program is away an emptied broker would have nothing to keep
its events in, and they would be lost to it without a word.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.cli.management import Management, ManagementError
from services.cli.outside.rights import Outsider

Document = dict[str, Any]
MOST_BINDINGS = 1000
"""Nobody needs more: a few dozen types to at most a few queues. Who has more loses all but those remembered."""
MOST_BYTES = 1_000_000
"""Of all its bindings together, as the broker tells them: arguments have no bound there."""


@dataclass(frozen=True, slots=True)
class HomeQueue:
    """A durable queue, and by which keys and arguments it is bound to the exchange of its home."""

    name: str
    arguments: Document
    bindings: tuple[tuple[str, Document], ...]


class TooMany(Exception):
    """It has bound its queues more often than is remembered."""


def read_queues(home: Management, outsider: Outsider) -> list[HomeQueue]:
    """What is there and would outlast a restart. Raises ManagementError, TooMany."""
    bindings = home.bindings_from(outsider.exchange)
    if len(bindings) > MOST_BINDINGS or len(json.dumps(bindings)) > MOST_BYTES:
        raise TooMany(f"{outsider.name} has {len(bindings)} bindings, of {len(json.dumps(bindings))} bytes")
    lasting = [row for row in home.queues() if row["durable"] and not row["auto_delete"] and not row["exclusive"]]
    return [
        HomeQueue(row["name"], row["arguments"], tuple(
            (binding["routing_key"], binding["arguments"])
            for binding in bindings if binding["destination"] == row["name"]
        ))
        for row in lasting if not _is_stream(row)
    ]  # fmt: skip


def restore(home: Management, outsider: Outsider, queues: Sequence[HomeQueue]) -> list[str]:
    """Make them again; harmless where they are there. Returns the names of those that the broker refuses now."""
    refused = []
    for queue in queues:
        try:
            home.put_queue(queue.name, queue.arguments)
            for key, arguments in queue.bindings:
                home.bind_queue(outsider.exchange, queue.name, key, arguments)
        except ManagementError:
            refused.append(queue.name)
    return refused


def remove_unbounded(home: Management, outsider: Outsider) -> list[str]:
    """Take away what nothing else bounds, or what has everything sent to it again and again. Returns the names.

    A stream keeps at least one segment, which whoever declares it may make as large as 3 GB. A queue that refuses has
    the shovel bring each event to all the others 21 times. Exchanges have no number that may not be exceeded, and by
    one of its own a consumer could publish.
    """
    queues = [row["name"] for row in home.queues() if _is_stream(row) or _refuses(row)]
    exchanges = [name for name in home.exchanges() if name != outsider.exchange]
    for name in queues:
        home.delete_queue(name)
    for name in exchanges:
        home.delete_exchange(name)
    return [*queues, *exchanges]


def to_text(queues: Sequence[HomeQueue]) -> str:
    """As one text: names of arguments may hold what a document's keys may not."""
    return json.dumps([asdict(queue) for queue in queues])


def from_text(text: str) -> list[HomeQueue]:
    return [
        HomeQueue(row["name"], row["arguments"], tuple((key, arguments) for key, arguments in row["bindings"]))
        for row in json.loads(text)
    ]


def _refuses(row: Document) -> bool:
    return str(row["arguments"].get("x-overflow", "")).startswith("reject-publish")


def _is_stream(row: Document) -> bool:
    return row.get("type") == "stream" or row["arguments"].get("x-queue-type") == "stream"
