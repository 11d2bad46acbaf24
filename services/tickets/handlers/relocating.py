"""Tickets follow their grid and station when these move in the tree, batch by batch, each ticket once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from services.tickets.domain.relocating import relocate
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course, Placing, Ticket
from services.tickets.handlers.handing_back import Staff, hand_back_from
from services.tickets.handlers.life import do
from services.tickets.handlers.placing import placed_now
from services.tickets.handlers.ports import House, Store

BATCH = 50
"""Tickets in one transaction."""


class Batch(Store, Staff, Protocol):
    """A store that finds the tickets of a path, and keeps what it is given until `write`."""

    def unended_beneath(self, path: str, before: str | None, most: int) -> Sequence[Ticket]:
        """Tickets of which something can still become, the newest first, filed before that one."""

    def write(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Relocated:
    """`last`: where the next batch goes on; None when there is none."""

    tickets: int
    last: str | None


def _relocate(batch: Batch, to: Placing, course: Course, rules: Rules) -> None:
    """Whoever has it in hand keeps it, unless he has no role where it lies now: he could do nothing with it."""
    relocate(course, rules, to)
    if course.ticket.assignee_id is not None:
        hand_back_from(batch, course, rules, course.ticket.assignee_id)


def relocate_batch(batch: Batch, house: House, from_path: str, before: str | None, now: datetime) -> Relocated:
    """Give those that still lie beneath a path that is no more the places that their grid and station have now."""
    found = batch.unended_beneath(from_path, before, BATCH)
    done = 0
    for ticket in found:
        to = placed_now(batch, ticket.placing)
        if to != ticket.placing:
            do(batch, house, ticket, now, partial(_relocate, batch, to))
            done += 1
    batch.write()
    return Relocated(done, found[-1].id if len(found) == BATCH else None)
