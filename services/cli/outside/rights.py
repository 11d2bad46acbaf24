"""What an outside consumer is called in the broker, and what it may do there.

Its events come to an exchange of its own, `outside.NAME.events`, bound to the publishers' exchanges for the types that
were granted, and where an area was granted through a headers exchange that lets only events beneath it pass. So nobody
outside needs a right on the exchanges of Doorstep: with one to declare, as stock nameko wants, comes one to delete.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts.registry import EVENT_TYPES

NAME = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
"""It stands in names of the broker, in file names and in regular expressions."""
POLICY_PRIORITY = 10
"""Above that of Doorstep's own queues."""
DELIVERY_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Outsider:
    """An outside consumer: which events it gets, and how much it may hold in the broker."""

    name: str
    types: tuple[str, ...]
    area: str | None
    """Events beneath this area path only; None: of everywhere."""
    max_bytes: int
    """In each of its queues; beyond, the oldest are dropped."""
    connections: int

    @property
    def user(self) -> str:
        return f"outside.{self.name}"

    @property
    def source(self) -> str:
        """What stock nameko calls the source service: its exchange is `{source}.events`."""
        return f"outside.{self.name}"

    @property
    def exchange(self) -> str:
        """Where it binds its queues."""
        return f"{self.source}.events"

    @property
    def gate(self) -> str | None:
        """The headers exchange before it that lets only its area pass."""
        return f"{self.source}.area" if self.area else None

    @property
    def entrance(self) -> str:
        """Where its events come in."""
        return self.gate or self.exchange

    @property
    def _keys(self) -> str:
        return "|".join(re.escape(name) for name in self.types)

    @property
    def queues(self) -> str:
        """Regular expression of the names that its queues may have: `outside.NAME.…`, and what stock nameko makes."""
        own = re.escape(self.source)
        # A hyphen alone would not tell `hotline` from `hotline-two`.
        return rf"^({own}\.(?!events$|area$).+|evt-{own}-({self._keys})(--.+)?)$"

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
    def policy(self) -> dict[str, Any]:
        definition = {"max-length-bytes": self.max_bytes, "overflow": "drop-head", "delivery-limit": DELIVERY_LIMIT}
        return {
            "pattern": self.queues, "apply-to": "queues", "priority": POLICY_PRIORITY, "definition": definition,
        }  # fmt: skip

    def bindings(self) -> Iterator[tuple[str, str]]:
        """(exchange, type) of the publishers that lead to its entrance."""
        for name in self.types:
            for publisher in EVENT_TYPES[name].publishers:
                yield EVENT_TYPES[name].exchange(publisher), name


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
