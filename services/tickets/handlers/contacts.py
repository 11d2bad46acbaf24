"""How a reporter is reached goes with their matter, where it goes on as another ticket."""

from services.tickets.domain.ticket import Ticket
from services.tickets.handlers.filing import tell_contact
from services.tickets.handlers.ports import House, Store
from services.tickets.handlers.revealing import personal

_REACHED_BY = ("name", "telephone", "email", "locale")


def pass_contact_on(store: Store, house: House, said_in: Ticket, to: Ticket) -> None:
    """What was said in one ticket holds for the other too: for a callback, or where its reporters are heard."""
    known = personal(house, said_in)
    contact = {name: known.get(name) for name in _REACHED_BY}
    if said_in.reporter_id is not None and any(contact.values()):
        tell_contact(store, house, said_in.reporter_id, contact, to)


def bring_reporters(store: Store, house: House, duplicate: Ticket, into: Ticket) -> None:
    """Of a duplicate and of what was merged into it before: all its reporters hear of the ticket that goes on."""
    if duplicate.reporter_id != into.reporter_id:
        pass_contact_on(store, house, duplicate, into)
    for earlier in map(store.ticket, duplicate.duplicates):
        if earlier is not None:
            bring_reporters(store, house, earlier, into)
