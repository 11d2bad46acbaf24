"""Which handlers an event of the queue `volunteers.tickets` calls: the service's index."""

from collections.abc import Callable, Mapping

from services.contracts.types import Event
from services.volunteers.handlers import offers, points
from services.volunteers.handlers.ports import Store

EventHandler = Callable[[Store, Event], None]

EVENT_HANDLERS: Mapping[str, tuple[EventHandler, ...]] = {
    "ticket.offered": (offers.on_offered,),
    "ticket.assigned": (offers.on_assigned,),
    "ticket.claim_declined": (offers.on_claim_declined,),
    "ticket.withdrawal_declined": (offers.on_withdrawal_declined,),
    "ticket.resolved": (offers.on_moved_on,),
    "ticket.confirmed": (offers.on_moved_on, points.on_confirmed),
    "ticket.reopened": (offers.on_moved_on, points.on_reopened),
    "ticket.closed": (offers.on_moved_on,),
    "ticket.rejected": (offers.on_moved_on,),
    "ticket.cancelled": (offers.on_moved_on,),
    "ticket.transferred": (offers.on_moved_on,),
    "ticket.relocated": (offers.on_relocated,),
    "ticket.duplicate_added": (offers.on_duplicate_added,),
    "ticket.handed_back": (offers.on_handed_back,),
    "ticket.merged": (offers.on_moved_on,),
}


def handle(store: Store, event: Event) -> None:
    """Let every handler of the event's type have it."""
    for handler in EVENT_HANDLERS[event.type]:
        handler(store, event)
