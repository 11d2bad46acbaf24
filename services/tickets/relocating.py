"""Tickets follow a place that moved: by the command that moved it, and by the worker where that was interrupted."""

from collections.abc import Callable

from services.chassis.context import Context
from services.chassis.unit import Unit
from services.tickets.handlers.relocating import Relocated, relocate_batch
from services.tickets.house import house_of
from services.tickets.storage.batches import TicketBatch


def relocate_all(context: Context, from_path: str, progress: Callable[[int], None] = lambda done: None) -> int:
    """Bring along every ticket beneath a path that is no more; how many were moved.

    Killed, it is run again and goes on; by two at once, each ticket moves once.
    """
    house, done, last = house_of(context), 0, None
    while True:

        def work(unit: Unit, last: str | None = last) -> Relocated:
            return relocate_batch(TicketBatch(unit), house, from_path, last, unit.now)

        part = context.units.run(work)
        done, last = done + part.tickets, part.last
        progress(done)
        if last is None:
            return done
