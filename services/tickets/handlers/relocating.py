"""Tickets follow their grid and station when these move in the tree, batch by batch, each ticket once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from services.tickets.domain.places import Place
from services.tickets.domain.relocating import relocate
from services.tickets.domain.ticket import Placing, Ticket
from services.tickets.handlers.life import do
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


def placed_now(store: Store, placed: Placing) -> Placing:
    """Where the same grid and station lie now. A station that stayed behind in the former community is left: an open
    one of the grid takes its place. What is not known any more stays as it was."""
    grid = store.place(placed.grid_id)
    station = store.place(placed.station_id) if placed.station_id else None
    if grid is None:
        return placed
    if station is not None and _stayed_behind(station, placed, grid):
        station = store.station_of_grid(grid.id)
        if station is None:
            return replace(placed, area_path=grid.area_path, station_id=None, station_path=None)
    if station is None:
        return replace(placed, area_path=grid.area_path)
    return replace(placed, area_path=grid.area_path, station_id=station.id, station_path=station.area_path)


def _stayed_behind(station: Place, placed: Placing, grid: Place) -> bool:
    former = placed.area_path.rstrip("/").rsplit("/", 1)[0] + "/"
    return station.above == former != grid.above
