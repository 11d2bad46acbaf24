"""Whoever reads the mail of an address that somebody typed at filing confirms it: from then on it is the person's.

A mail to such an address tells a link. It leads to a page with a button, since mail programs open links by themselves.
What the link holds is good for one statement and works once: an old link brings no old address back.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from services.notifications.domain.recipients import CONFIRMED, Statement, source_of
from services.notifications.handlers.ports import Store

PATH = "/api/v1/addresses/confirm"
Lookup = Callable[[str, str], str]
"""(purpose, value) → keyed digest."""
Open = Callable[[str], Mapping[str, str | None]]
Seal = Callable[[Mapping[str, str | None]], str]


class Link(StrEnum):
    """What a link is good for."""

    OPEN = "open"
    USED = "used"
    VOID = "void"


def link(lookup: Lookup, person_id: str, ticket_id: str, sequence: int) -> str:
    """The address of the page, without the host."""
    asked = {"person": person_id, "ticket": ticket_id, "token": _token(lookup, person_id, ticket_id, sequence)}
    return f"{PATH}?{urlencode(asked)}"


def state_of(store: Store, lookup: Lookup, person_id: str, ticket_id: str, token: str) -> Link:
    """Void where the link was never ours, or what it confirms was erased."""
    said = store.statements(person_id).get(source_of("tickets", ticket_id))
    if said is None or not hmac.compare_digest(_token(lookup, person_id, ticket_id, said.sequence), token):
        return Link.VOID
    return Link.USED if said.confirmed else Link.OPEN


def confirm(
    store: Store, open_statement: Open, seal: Seal, person_id: str, ticket_id: str, now: datetime
) -> None:  # fmt: skip
    """The address of that statement is the person's own; of the rest of it nothing is kept. What waited, since nobody
    had confirmed it, goes out."""
    source = source_of("tickets", ticket_id)
    said = store.statements(person_id)[source]
    known = open_statement(said.sealed)
    address = seal({"email": known.get("email"), "locale": known.get("locale")})
    store.keep_statement(person_id, CONFIRMED, Statement(said.sequence, address, has_mail=True))
    store.keep_statement(person_id, source, replace(said, confirmed=True))
    for notice in store.undelivered_mail(person_id):
        store.wake_at(notice, now)


def _token(lookup: Lookup, person_id: str, ticket_id: str, sequence: int) -> str:
    return lookup("confirm-address", f"{person_id}|{ticket_id}|{sequence}")
