"""Show what is sealed: to the reporter, or to who works on the ticket, and then that is recorded."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.tickets.domain.reading import asks_about, may_reveal, sees_own_reporter
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import Actor, check_not_rated
from services.tickets.handlers.ports import House, Store
from services.writing.masks import masked_name
from services.writing.telephones import masked_telephone


def personal(house: House, ticket: Ticket) -> dict[str, Any]:
    """What the reporter said and how to reach them, in clear."""
    return dict(house.seal.unseal(ticket.sealed)) if ticket.sealed else {}


def masked(known: Mapping[str, Any]) -> dict[str, Any]:
    """Of what `personal` says: enough to recognise a reporter, not enough to reach one."""
    name, telephone = known.get("name"), known.get("telephone")
    return {
        "name": masked_name(name) if name else None,
        "telephone": masked_telephone(telephone) if telephone else None,
    }


def reveal(store: Store, house: House, ticket: Ticket, actor: Actor, reason: str, now: datetime) -> dict[str, Any]:
    """In clear, for who works on the ticket. Raises Refused: not-allowed; of a callback rated-oneself, only-people."""
    if actor.person_id is None or not may_reveal(actor):
        raise Refused("not-allowed")
    check_not_rated(ticket, actor.person_id)
    if asks_about(ticket, actor):
        raise Refused("only-people")
    store.record_reveal(ticket.id, actor.person_id, reason, now)
    shown = ticket if sees_own_reporter(ticket, actor) else _of_who_stands(store, ticket)
    return {} if shown is None else personal(house, shown)


def _of_who_stands(store: Store, ticket: Ticket) -> Ticket | None:
    """The first of those merged into it, or into one of these, whose reporter it goes on for."""
    merged = deque(ticket.duplicates)
    while merged:
        one = store.ticket(merged.popleft())
        if one is not None and one.reporter_id in ticket.also_reported_by:
            return one
        merged.extend(one.duplicates if one is not None else ())
    return None
