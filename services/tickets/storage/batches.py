"""The store of a unit in which many tickets fire: read in one request, written in one for each collection."""

from collections.abc import Sequence

from pymongo import ReplaceOne

from services.chassis import timer_rows
from services.chassis.correlation import follow
from services.chassis.unit import Unit
from services.contracts.types import NewEvent
from services.tickets.domain.ticket import Ticket
from services.tickets.handlers.ports import Listing
from services.tickets.storage import TIMER, Tickets
from services.tickets.storage.documents import ENTITY, Document, ticket_document, ticket_entity


class TicketBatch(Tickets):
    """What was saved is written by `write`, not before: a ticket is to be saved once."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit)
        self._saved: list[ReplaceOne[Document]] = []
        self._timers: list[Document] = []
        self._ended: list[str] = []

    def tickets(self, ticket_ids: Sequence[str]) -> list[Ticket]:
        rows = self._db["tickets"].find({"_id": {"$in": list(ticket_ids)}}, ENTITY, session=self._session)
        return [ticket_entity(row) for row in rows]

    def save(self, ticket: Ticket, listing: Listing) -> None:
        self._saved.append(ReplaceOne({"_id": ticket.id}, ticket_document(ticket, listing)))
        key, ref = f"ticket:{ticket.id}", {"ticket_id": ticket.id}
        if listing.next_moment is None:
            self._ended.append(key)
        else:
            self._timers.append(timer_rows.row(key, TIMER, listing.next_moment, ref))

    def publish(self, events: Sequence[NewEvent]) -> None:
        follow(None)  # what one ticket's clocks set off is a story of its own
        super().publish(events)

    def write(self) -> None:
        if self._saved:
            self._db["tickets"].bulk_write(self._saved, ordered=False, session=self._session)
        self._unit.timers.change(self._timers, self._ended)
