"""Fire the clocks of many tickets at once, as their timers become due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.tickets.domain.ticket import Ticket
from services.tickets.handlers.life import settle_ticket
from services.tickets.handlers.ports import House, Store


class Batch(Store, Protocol):
    """A store that reads many tickets at once, and keeps what it is given until `write`."""

    def tickets(self, ticket_ids: Sequence[str]) -> Sequence[Ticket]: ...
    def write(self) -> None: ...


def settle_all(batch: Batch, house: House, ticket_ids: Sequence[str], now: datetime) -> None:
    """Each as if it were alone; what a command has settled meanwhile is not fired again. Strangers are ignored."""
    for ticket in batch.tickets(ticket_ids):
        settle_ticket(batch, house, ticket, now)
    batch.write()
