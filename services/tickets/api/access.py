"""Who a caller is to a ticket; who is nothing to it learns nothing of it."""

import hmac
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.chassis.auth.principal import NotFound
from services.chassis.http import Call, Limit
from services.chassis.unit import Unit
from services.tickets.domain.handled import solved_by
from services.tickets.domain.numbers import looks_like_number, parse_number
from services.tickets.domain.parts import FollowUpSecret, parts_of
from services.tickets.domain.reading import shown_by
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import AUTHOR, REPORTER, SECRET, SLIP, STAFF, Actor
from services.tickets.handlers.contacts import can_be_reached
from services.tickets.handlers.filing import secret_digest
from services.tickets.handlers.life import settle_due
from services.tickets.handlers.ports import House
from services.tickets.house import house_of

ON_DUTY = (*sorted(STAFF),)
"""Roles of those who handle tickets."""
TAGS = ("tickets",)
NUMBERS = ("number-malformed", "number-check-digit")
"""What a route may answer whose address may name a ticket by its number."""


def stranger(call: Call) -> str | None:
    """The digest of the address of a caller without a token; others are not limited by it."""
    return call.client if call.caller is None else None


def _secret(call: Call) -> str | None:
    """By which secret a caller without a token speaks."""
    return call.body.get("follow_up_secret") if call.caller is None else None


FOLLOWING_UP = Limit("follow-up", 60, timedelta(hours=1), _secret)
"""An hour and secret *(ours)*: who shares an address with others, a village behind one line, is never refused for what
they try. Nobody guesses a secret of 144 bits at whatever speed; what an address may cost the machine is bounded for all
routes together (`DOORSTEP_ADDRESS_REQUESTS`)."""


class Base:
    """What every part of the interface has at hand."""

    chassis: Any
    store: Any

    @property
    def house(self) -> House:
        return house_of(self.chassis)


def find(store: Any, ticket_id: str) -> Ticket:
    """By identity or by number. Raises NotFound, and what `parse_number` refuses."""
    if looks_like_number(ticket_id):
        ticket: Ticket | None = store.ticket_by_number(parse_number(ticket_id))
    else:
        ticket = store.ticket(ticket_id)
    if ticket is None:
        raise NotFound
    return ticket


def actor(house: House, call: Call, ticket: Ticket, secret: str | None = None, store: Any = None) -> Actor:
    """What the caller is to the ticket. Raises NotFound for who is nothing to it, as if it did not exist.

    With `store` the secrets of the tickets that were merged into it are known too.
    """
    found = known_as(house, call, ticket, secret, store)
    if not found.parts:
        raise NotFound
    return found


def known_as(house: House, call: Call, ticket: Ticket, secret: str | None = None, store: Any = None) -> Actor:
    """What the caller is to the ticket; nothing at all, maybe.

    Raises Refused: secret-not-for-staff where a secret is sent by who works on the ticket, worked on it when it was
    solved, or printed it; slip-ended where the account of who printed it is disabled.
    """
    caller, knows = call.caller, known_secret(house, ticket, secret, store) if secret else None
    if knows and knows.printed_by and store is not None and store.is_disabled(knows.printed_by):
        raise Refused("slip-ended")
    if caller is None:
        return parts_of(ticket, knows.reporter_id if knows else None, frozenset(), knows)
    covering = (g for g in caller.grants if any(g.covers(path) for path in ticket.placing.paths))
    found = parts_of(ticket, caller.person_id, frozenset(grant.role for grant in covering), knows)
    had_it = knows and caller.person_id in (ticket.slip_by, knows.printed_by, *solved_by(ticket))
    if secret and (had_it or found.parts - REPORTER - AUTHOR):
        raise Refused("secret-not-for-staff")
    return replace(found, is_program=caller.is_program, answerable=caller.answerable)


def known_secret(house: House, ticket: Ticket, secret: str, store: Any = None) -> FollowUpSecret | None:
    """Which secret this is: of the ticket itself, or, with a store, of one that was merged into it and whose reporter
    has not taken his report back."""
    digest = secret_digest(house, secret)
    if _is_one(digest, ticket.secret_hash):
        # Whoever filed where nobody can be reached may be anybody, also who works on it: it proves no resident.
        return FollowUpSecret(SECRET if can_be_reached(house, ticket) else SLIP, ticket.reporter_id)
    if _is_one(digest, ticket.slip_hash):
        return FollowUpSecret(SLIP, ticket.reporter_id, ticket.slip_by)
    duplicates = (store.ticket(duplicate_id) for duplicate_id in (ticket.duplicates if store is not None else ()))
    found = (known_secret(house, duplicate, secret, store) for duplicate in duplicates if duplicate is not None)
    known = next((one for one in found if one is not None), None)
    return known if known is not None and known.reporter_id in ticket.reporters else None


def _is_one(digest: str, kept: str | None) -> bool:
    return kept is not None and hmac.compare_digest(digest, kept)


def goes_on(ticket: Ticket, who: Actor) -> None:
    """Guide who reported it to where it went. Raises Refused("ticket-merged") for a ticket that was merged."""
    if ticket.merged_into_number is not None and who.reports_as is not None:
        raise Refused("ticket-merged", number=ticket.merged_into_number)


def etag(ticket: Ticket) -> str:
    """What people did, and what the clocks did since: the second part is not asked for by If-Match."""
    return f"{ticket.revision}-{ticket.sequence}"


def unchanged(call: Call, ticket: Ticket, who: Actor) -> None:
    """Refuse an edit of what people have changed since, and tell what, as he reads it in the history; a clock that
    fired in between does not count."""
    seen = {int(one): f"{one}-{rest}" for one, rest in re.findall(r'"(\d{1,6})-(\d+)"', call.if_match_header or "")}
    deeds = ticket.deeds[max((one for one in seen if one <= ticket.revision), default=ticket.revision) :]
    call.if_match(
        seen.get(ticket.revision, etag(ticket)), required=False, state=ticket.state,
        changes=[{"kind": step.kind, "at": step.at.isoformat(), "by": shown_by(ticket, who, step)} for step in deeds],
    )  # fmt: skip


def settle_first(self: Base, unit: Unit, call: Call, ticket_id: str) -> None:
    """Fire what was due before this command, in a transaction of its own that stays when the command is refused."""
    store = self.store(unit)
    settle_due(store, self.house, find(store, ticket_id).id, unit.now)
