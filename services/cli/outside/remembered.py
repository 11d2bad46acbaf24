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
"""Nobody needs more: a few dozen types to at most a few queues. Who has more is not remembered."""


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
    if len(bindings) > MOST_BINDINGS:
        raise TooMany(f"{outsider.name} has {len(bindings)} bindings")
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


def remove_streams(home: Management) -> list[str]:
    """A stream keeps at least one segment, which whoever declares it may make as large as 3 GB: no policy bounds it.
    Returns the names of those that are gone."""
    names = [row["name"] for row in home.queues() if _is_stream(row)]
    for name in names:
        home.delete_queue(name)
    return names


def to_text(queues: Sequence[HomeQueue]) -> str:
    """As one text: names of arguments may hold what a document's keys may not."""
    return json.dumps([asdict(queue) for queue in queues])


def from_text(text: str) -> list[HomeQueue]:
    return [
        HomeQueue(row["name"], row["arguments"], tuple((key, arguments) for key, arguments in row["bindings"]))
        for row in json.loads(text)
    ]


def _is_stream(row: Document) -> bool:
    return row.get("type") == "stream" or row["arguments"].get("x-queue-type") == "stream"
