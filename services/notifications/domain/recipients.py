"""How a person can be reached, as several services know it.

Each publisher numbers its own statements about a person, so the newest of each is kept (mode `latest`, per publisher).
Where they differ, field by field, accounts wins (the person or an administrator keeps it up), then volunteers (given
at registration), then tickets (told at the desk for one matter): an empty field never hides a filled one.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

PRECEDENCE = ("accounts", "volunteers", "tickets")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one publisher last said: still sealed."""

    sequence: int
    sealed: str
    has_mail: bool | None = None
    """Whether it names an e-mail address; None: nobody has looked."""


@dataclass(frozen=True, slots=True)
class Contact:
    email: str | None = None
    locale: str | None = None


def is_newer(known: Mapping[str, Statement], publisher: str, sequence: int) -> bool:
    """Whether a statement is to be applied: late and repeated ones are not."""
    return publisher not in known or sequence > known[publisher].sequence


def surely_without_mail(said: Collection[Statement]) -> bool:
    """Whether everybody who said anything about a person said it without an e-mail address."""
    return bool(said) and all(statement.has_mail is False for statement in said)


def merge(opened: Mapping[str, Mapping[str, str | None]]) -> Contact:
    """The contact data that count, from each publisher's opened statement."""
    ranked = [opened[publisher] for publisher in PRECEDENCE if publisher in opened]

    def first(name: str) -> str | None:
        return next((value.strip() for said in ranked if (value := said.get(name)) and value.strip()), None)

    return Contact(email=first("email"), locale=first("locale"))
