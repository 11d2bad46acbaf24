"""Take the personal data out of tickets: after their time, or because the person asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.contracts.types import NewEvent
from services.tickets.domain.attachments import attachments_of
from services.tickets.domain.erasing import Cause, erase, photos_of, without_words_of
from services.tickets.domain.steps import whole_second
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.handlers.life import keep
from services.tickets.handlers.ports import House, Store
from services.tickets.handlers.revealing import personal

NOTHING = {"name": None, "telephone": None, "email": None, "locale": None}
"""A statement that blanks what was said before."""
BATCH = 50
"""Tickets in one transaction."""


class Archive(Protocol):
    """What a store must do besides, so that nothing of a person is left."""

    def due(self, ended_until: datetime, limit: int) -> Sequence[Ticket]: ...
    def give_up_photos(self, attachment_ids: Sequence[str]) -> None: ...
    def blank_reveals(self, ticket_ids: Sequence[str]) -> None: ...
    def is_still_reporter(self, person_id: str) -> bool: ...
    def forget_person(self, person_id: str) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was taken out."""

    tickets: int
    photos: int
    people: int


def erase_due(store: Store, archive: Archive, house: House, ended_until: datetime, now: datetime) -> Erased:
    """One batch of those that ended at or before then; said again, it goes on with the next."""
    return erase_tickets(store, archive, house, archive.due(ended_until, BATCH), now, "retention")


def erase_tickets(
    store: Store, archive: Archive, house: House, tickets: Sequence[Ticket], now: datetime, cause: Cause
) -> Erased:
    """Blank the tickets, have their photos removed, and forget how to reach whoever reported nothing else."""
    photos = 0
    for ticket in tickets:
        course = erase(ticket, max(whole_second(now), ticket.history[-1].at), cause, _is_sealed)
        keep(store, course, house.rules(store, ticket.policy))
        found = (*attachments_of(ticket), *(_forget_what_he_added(store, house, ticket) if cause == "request" else ()))
        archive.give_up_photos(found)
        photos += len(found)
    archive.blank_reveals([ticket.id for ticket in tickets])
    reporters = {ticket.reporter_id: ticket.area_path for ticket in tickets if ticket.reporter_id is not None}
    gone = {person: area for person, area in reporters.items() if not archive.is_still_reporter(person)}
    for ticket in tickets:
        for person_id in ticket.reported_by if cause == "retention" else (ticket.reporter_id,):
            if person_id is not None and person_id not in gone and personal(house, ticket):
                _forget_contact(store, house, ticket, person_id)
    people = sum(forget_person(store, archive, house, person, area) for person, area in gone.items())
    return Erased(len(tickets), photos, people)


def _forget_what_he_added(store: Store, house: House, duplicate: Ticket) -> tuple[str, ...]:
    """Blank what its reporter said in what goes on since his own was merged into it; the photos that he added there."""
    person_id, into, photos = duplicate.reporter_id, duplicate.merged_into, list[str]()
    while person_id is not None and into is not None and (ticket := store.ticket(into)) is not None:
        course = Course(without_words_of(ticket, person_id, _is_sealed), ticket.history[-1].at)
        keep(store, course, house.rules(store, ticket.policy))
        photos += photos_of(ticket, person_id)
        into = ticket.merged_into
    return tuple(photos)


def forget_person(store: Store, archive: Archive, house: House, person_id: str, area_path: str) -> bool:
    """Forget telephone and contact data of a person, here and, by an empty statement, where mail is sent.

    The statement has the next sequence, so that an earlier one that is still on its way comes too late.
    """
    sequence = archive.forget_person(person_id)
    if sequence is None:
        return False
    data = {"person_id": person_id, "sealed": house.seal.exchange.seal(NOTHING)}
    store.publish([NewEvent("recipient.upserted", person_id, sequence, area_path, data)])
    return True


def _forget_contact(store: Store, house: House, ticket: Ticket, person_id: str) -> None:
    """What was said for this ticket, of a person who has others."""
    data = {"person_id": person_id, "ticket_id": ticket.id, "sealed": house.seal.exchange.seal(NOTHING)}
    sequence = store.next_contact_sequence(person_id)
    store.publish([NewEvent("recipient.upserted", person_id, sequence, ticket.area_path, data)])


def _is_sealed(value: Any) -> bool:
    """A Fernet token: its version, and a time before the year 2106, as they read in base64."""
    return isinstance(value, str) and value.startswith("gAAAAA")
