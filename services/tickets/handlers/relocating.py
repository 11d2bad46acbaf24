"""Tickets follow their grid and station when these move in the tree, batch by batch, each ticket once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.tickets.domain.relocating import relocate
from services.tickets.domain.ticket import Ticket
from services.tickets.handlers.life import do
from services.tickets.handlers.placing import placed_now
from services.tickets.handlers.ports import House, Store

BATCH = 50
"""Tickets in one transaction."""


class Batch(Store, Protocol):
    """A store that finds the tickets of a path, and keeps what it is given until `write`."""

    def unended_beneath(self, path: str, before: str | None, most: int) -> Sequence[Ticket]:
        """Tickets of which something can still become, the newest first, filed before that one."""

    def write(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Relocated:
    """`last`: where the next batch goes on; None when there is none."""

    tickets: int
    last: str | None


def relocate_batch(batch: Batch, house: House, from_path: str, before: str | None, now: datetime) -> Relocated:
    """Give those that still lie beneath a path that is no more the places that their grid and station have now."""
    found = batch.unended_beneath(from_path, before, BATCH)
    done = 0
    for ticket in found:
        to = placed_now(batch, ticket.placing)
        if to != ticket.placing:
            do(batch, house, ticket, now, lambda course, rules, to=to: relocate(course, rules, to))  # type: ignore[misc]
            done += 1
    batch.write()
    return Relocated(done, found[-1].id if len(found) == BATCH else None)
