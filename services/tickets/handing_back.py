"""What somebody had who is there no more goes back into the list: the worker does it, as accounts say so."""

from services.chassis.context import Context
from services.chassis.unit import Unit
from services.tickets.handlers.handing_back import hand_back_batch
from services.tickets.house import house_of
from services.tickets.storage.batches import TicketBatch


def hand_back_all(context: Context, person_id: str) -> int:
    """How many went back. Killed, it is run again and goes on; by two at once, each ticket goes back once."""
    house, done, last = house_of(context), 0, None
    while True:

        def work(unit: Unit, last: str | None = last) -> tuple[int, str | None]:
            return hand_back_batch(TicketBatch(unit), house, person_id, last, unit.now)

        part, last = context.units.run(work)
        done += part
        if last is None:
            return done
