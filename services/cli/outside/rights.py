"""What an outside consumer is called in the broker, what it may do there, and what it may take up.

It has a virtual host of its own, its home. There its events come to an exchange, `outside.NAME.events`, to which it
binds its queues. Beside Doorstep's own queues stands one bounded queue for it, the buffer, behind a headers exchange,
the gate, that is bound to the publishers' exchanges for the types that were granted and lets only events beneath its
area pass. A shovel carries them from the buffer into the home. So Doorstep's publishing waits for the buffer, which
never refuses, and never for what somebody outside has declared.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from services.chassis import wire
from services.contracts.registry import EVENT_TYPES

NAME = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
"""It stands in names of the broker, in file names and in regular expressions."""
POLICY_PRIORITY = 10
"""Above that of Doorstep's own queues."""
DELIVERY_LIMIT = 1000
CARRYING_LIMIT = 20
"""How often the shovel tries to hand over one event. A queue of an outsider that refuses (`x-overflow: reject-publish`)
would otherwise have it carried round for ever. A stop of the broker counts as one try."""
CARRIED_AT_ONCE = 200
"""Events that the shovel may have under way."""
LEAST_BUFFER_BYTES = 10_000_000
"""So that a replay, which waits while some thousands of events are in the buffer, never overflows it."""
QUORUM = {"x-queue-type": "quorum"}
MOST_QUEUES = 10
"""In a home, unless the operator says otherwise."""


@dataclass(frozen=True, slots=True)
class Outsider:
    """An outside consumer: which events it gets, and how much it may hold in the broker."""

    name: str
    types: tuple[str, ...]
    area: str | None
    """Events beneath this area path only; None: of everywhere."""
    max_bytes: int
    """In each of its queues, and in its buffer; beyond, the oldest are dropped."""
    connections: int
    max_queues: int = MOST_QUEUES

    def home(self, vhost: str) -> str:
        """Its virtual host, beside that of Doorstep: other installations on the same broker have their own."""
        return f"{vhost}.{self.source}"

    def user(self, vhost: str) -> str:
        return self.home(vhost)

    @property
    def source(self) -> str:
        """What stock nameko calls the source service: its exchange is `{source}.events`."""
        return f"outside.{self.name}"

    @property
    def exchange(self) -> str:
        """In its home: where it binds its queues."""
        return f"{self.source}.events"

    @property
    def gate(self) -> str:
        """Beside Doorstep's exchanges: the headers exchange that lets its area pass, or everything."""
        return f"{self.source}.gate"

    @property
    def passes(self) -> dict[str, Any]:
        """By which headers an event passes the gate; all of these, which may be none."""
        return {"x-match": "all", **({wire.area_header(self.area): True} if self.area else {})}

    @property
    def buffer(self) -> str:
        """Beside Doorstep's queues: where its events wait for the shovel."""
        return f"{self.source}.buffer"

    @property
    def buffer_policy(self) -> dict[str, Any]:
        return _policy(f"^{re.escape(self.buffer)}$", max(self.max_bytes, LEAST_BUFFER_BYTES), CARRYING_LIMIT)

    def shovel(self, vhost: str) -> dict[str, Any]:
        """Within the node, so that it needs no password. An event leaves the buffer once the home has confirmed it."""
        return {
            "src-protocol": "amqp091", "src-uri": _local(vhost), "src-queue": self.buffer,
            "src-queue-args": QUORUM, "src-prefetch-count": CARRIED_AT_ONCE,
            "dest-protocol": "amqp091", "dest-uri": _local(self.home(vhost)), "dest-exchange": self.exchange,
            "ack-mode": "on-confirm", "reconnect-delay": 5,
        }  # fmt: skip

    @property
    def _keys(self) -> str:
        return "|".join(re.escape(name) for name in self.types)

    @property
    def queues(self) -> str:
        """Regular expression of the names that its queues may have: `outside.NAME.…`, and what stock nameko makes."""
        own = re.escape(self.source)
        # A hyphen alone would not tell `hotline` from `hotline-two`.
        return rf"^({own}\.(?!events$).+|evt-{own}-({self._keys})(--.+)?)$"

    def owns(self, queue: str) -> bool:
        return re.match(self.queues, queue) is not None

    @property
    def permissions(self) -> dict[str, str]:
        """Its exchange it may declare again, as nameko does at every start. It may write to its queues, which binding
        them needs, and to no exchange."""
        own = re.escape(self.source)
        inner = self.queues[2:-2]
        return {
            "configure": rf"^({own}\.events|{inner})$", "write": self.queues, "read": rf"^({own}\.events|{inner})$",
        }  # fmt: skip

    @property
    def topic_permissions(self) -> dict[str, str]:
        """With which keys it may bind: exactly its types, no wildcard."""
        return {"exchange": self.exchange, "write": "^$", "read": rf"^({self._keys})$"}

    @property
    def policies(self) -> dict[str, dict[str, Any]]:
        """Of every queue in its home, whatever it is called. An argument of its own can only be narrower.

        The broker applies a policy to no queue that knows not all of it, and of those left the first: classic queues
        know no delivery limit, streams no overflow.
        """
        whole = _policy(".*", self.max_bytes, DELIVERY_LIMIT)
        stream = {"max-length-bytes": self.max_bytes}
        classic = {**stream, "overflow": "drop-head"}
        return {
            "bounded": whole,
            "bounded-classic": {**whole, "priority": POLICY_PRIORITY - 1, "definition": classic},
            "bounded-stream": {**whole, "priority": POLICY_PRIORITY - 2, "definition": stream},
        }

    def bindings(self) -> Iterator[tuple[str, str]]:
        """(exchange, type) of the publishers that lead to its gate."""
        for name in self.types:
            for publisher in EVENT_TYPES[name].publishers:
                yield EVENT_TYPES[name].exchange(publisher), name


def _policy(pattern: str, max_bytes: int, delivery_limit: int) -> dict[str, Any]:
    definition = {"max-length-bytes": max_bytes, "overflow": "drop-head", "delivery-limit": delivery_limit}
    return {"pattern": pattern, "apply-to": "queues", "priority": POLICY_PRIORITY, "definition": definition}


def _local(vhost: str) -> str:
    return f"amqp:///{quote(vhost, safe='')}"


def public_types() -> list[str]:
    return sorted(name for name, event_type in EVENT_TYPES.items() if not event_type.private)


def expand(patterns: Sequence[str]) -> tuple[str, ...]:
    """The types that are meant: by name, or all of an aggregate by `ticket.*`. Raises ValueError naming the unknown."""
    found: set[str] = set()
    for pattern in patterns:
        prefix = pattern.removesuffix("*") if pattern.endswith(".*") else None
        meant = {name for name in public_types() if (name.startswith(prefix) if prefix else name == pattern)}
        if not meant:
            raise ValueError(f"there is no event type {pattern}; there are {', '.join(public_types())}")
        found |= meant
    return tuple(sorted(found))
