"""How a reporter is reached goes with their matter, where it goes on as another ticket."""

from services.tickets.domain.ticket import Ticket
from services.tickets.handlers.filing import tell_contact
from services.tickets.handlers.ports import House, Store
from services.tickets.handlers.revealing import personal

_REACHED_BY = ("name", "telephone", "email", "locale")


def can_be_reached(house: House, ticket: Ticket) -> bool:
    """Whether who filed it left a telephone or an address, so that somebody can ask whether there is such a person."""
    known = personal(house, ticket)
    return bool(known.get("telephone") or known.get("email"))


def pass_contact_on(store: Store, house: House, said_in: Ticket, to: Ticket) -> None:
    """What was said in one ticket holds for the other too: for a callback, or where its reporters are heard."""
    known = personal(house, said_in)
    contact = {name: known.get(name) for name in _REACHED_BY}
    if said_in.reporter_id is not None and any(contact.values()):
        tell_contact(store, house, said_in.reporter_id, contact, to)


def bring_reporters(store: Store, house: House, duplicate: Ticket, into: Ticket) -> None:
    """Those for whom a duplicate went on, also by what was merged into it before, hear of the ticket that goes on."""
    for person_id in duplicate.reporters:
        said_in = report_of(store, duplicate, person_id)
        if said_in is not None and person_id != into.reporter_id:
            pass_contact_on(store, house, said_in, into)


def report_of(store: Store, ticket: Ticket, person_id: str | None) -> Ticket | None:
    """The ticket by which somebody reported the matter: this one, or one that was merged into it."""
    if person_id is None or ticket.reporter_id == person_id:
        return ticket
    duplicates = (store.ticket(duplicate_id) for duplicate_id in ticket.duplicates)
    found = (report_of(store, duplicate, person_id) for duplicate in duplicates if duplicate is not None)
    return next((one for one in found if one is not None), None)
