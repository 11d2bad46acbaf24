"""How a person can be reached, as several services know it.

Each publisher numbers its own statements about a person, so the newest of each is kept (mode `latest`, per publisher).
Where they differ, field by field, accounts wins (the person or an administrator keeps it up), then volunteers (given
at registration), then tickets (told at the desk for one matter): an empty field never hides a filled one.

What tickets says is about one ticket. Somebody typed it there, and nobody has shown that the address is the person's:
it is used for what concerns that ticket, and for nothing else until whoever reads its mail has confirmed it. A
statement without a ticket ends all those before it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

CONFIRMED = "confirmed"
"""Under which an address is kept that the person has confirmed by the link of a mail."""
PRECEDENCE = ("accounts", "volunteers", "tickets", CONFIRMED)
_ABOUT = ":"
_OF_ANYBODY = frozenset({"resident", "member"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What one publisher last said: still sealed."""

    sequence: int
    sealed: str
    has_mail: bool | None = None
    """Whether it names an e-mail address; None: nobody has looked."""
    confirmed: bool = False
    """Whether its address was confirmed; a link works once."""


@dataclass(frozen=True, slots=True)
class Contact:
    email: str | None = None
    locale: str | None = None
    named_at_filing: bool = False
    """Nobody but who filed the ticket says that the address is the person's."""
    confirmed: bool = False
    """Whoever reads its mail has confirmed the address."""
    follow_up_secret: str | None = None
    """Of the ticket, for its reporter alone."""


def is_newer(known: Mapping[str, Statement], publisher: str, sequence: int) -> bool:
    """Whether a statement is to be applied: late and repeated ones are not. `publisher` as `source_of` names it."""
    before = (known.get(publisher), known.get(publisher.partition(_ABOUT)[0]))
    return all(one is None or sequence > one.sequence for one in before)


def source_of(publisher: str, ticket_id: str | None) -> str:
    """Under which a statement is kept: its publisher, and the ticket that alone it is about."""
    return f"{publisher}{_ABOUT}{ticket_id}" if ticket_id else publisher


def ended_by(known: Mapping[str, Statement], source: str, sequence: int) -> list[str]:
    """Which statements about single tickets end with one about everything."""
    end = {CONFIRMED} if source == "tickets" else set()
    found = (name for name in known if name in end or name.startswith(source + _ABOUT))
    return [name for name in found if known[name].sequence < sequence]


def about(known: Mapping[str, Statement], ticket_id: str | None) -> dict[str, Statement]:
    """By publisher, what holds where a person is told of this ticket; None: of something that is no ticket."""
    found = {name: one for name, one in known.items() if _ABOUT not in name}
    for publisher in PRECEDENCE:
        if (said := known.get(source_of(publisher, ticket_id))) is not None:
            found[publisher] = said
    return found


def is_administered(account: Mapping[str, Any]) -> bool:
    """Whether an account, as accounts tells of it, has a role that an administrator gave: anybody registers himself as
    a resident, and asks to be a volunteer."""
    return any(grant["role"] not in _OF_ANYBODY for grant in account["grants"])


def surely_without_mail(said: Collection[Statement]) -> bool:
    """Whether everybody who said anything about a person said it without an e-mail address."""
    return bool(said) and all(statement.has_mail is False for statement in said)


def merge(opened: Mapping[str, Mapping[str, str | None]]) -> Contact:
    """The contact data that count, from each publisher's opened statement."""
    ranked = [opened[publisher] for publisher in PRECEDENCE if publisher in opened]

    def first(name: str) -> str | None:
        return next((value.strip() for said in ranked if (value := said.get(name)) and value.strip()), None)

    email, desk = first("email"), opened.get("tickets", {})
    own = {(said.get("email") or "").strip() for name, said in opened.items() if name != "tickets"}
    confirmed = (opened.get(CONFIRMED, {}).get("email") or "").strip()
    return Contact(
        email,
        first("locale"),
        named_at_filing=email is not None and email not in own,
        confirmed=email is not None and email == confirmed,
        follow_up_secret=desk.get("follow_up_secret"),
    )
