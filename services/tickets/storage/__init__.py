"""Tickets, places, staff and people in MongoDB: queries and indexes.

`tickets` holds one document per ticket with its whole history; `places` the tree; `staff` who has which role where (a
read model of accounts); `people` finds a reporter by the keyed digest of a telephone number; `reveals` is the record of
who saw personal data.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pymongo import DESCENDING, ReturnDocument
from pymongo.cursor import Cursor
from pymongo.database import Database

from services.chassis import timer_rows
from services.chassis.acts import act_indexes
from services.chassis.ids import new_id
from services.chassis.migrations import Migration
from services.chassis.unit import Unit
from services.contracts.types import NewEvent
from services.tickets.domain.attachments import Photo
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import OPEN_STATES, Ticket
from services.tickets.domain.transitions import STAFF
from services.tickets.handlers.ports import Listing
from services.tickets.storage.accesses import access_area_index, access_indexes
from services.tickets.storage.appointments import appointment_indexes, booker_indexes
from services.tickets.storage.attachments import Photos, photo_indexes
from services.tickets.storage.departments import DepartmentRows, department_indexes
from services.tickets.storage.directory import Directory
from services.tickets.storage.documents import ENTITY, Document, ticket_document, ticket_entity
from services.tickets.storage.erasing import retention_schema
from services.tickets.storage.inspections import InspectionRows, inspection_indexes
from services.tickets.storage.parties import RegisterRows
from services.tickets.storage.places import PlaceRows, place_indexes
from services.tickets.storage.policies import Policies, activation_indexes
from services.tickets.storage.posts import PostRows, past_absence_index, post_indexes
from services.tickets.storage.presence import presence_indexes
from services.tickets.storage.records import ServiceRecordRows, record_indexes
from services.tickets.storage.search import Search
from services.tickets.storage.search_indexes import create_search_indexes, hands, search_schema, telephones
from services.tickets.storage.serving import ServingRows
from services.tickets.storage.spelling import (
    people_in_their_county,
    references_in_one_spelling,
    telephones_in_one_spelling,
)
from services.tickets.storage.years import Years

TIMER = "ticket"
"""Kind of the one timer that each open ticket has."""
_DRAWN = 64
_MOST_ALIKE = 50
_NUMBERS = "free ticket numbers"
_ONLY_NUMBER = {"_id": 0, "number": 1}


class Tickets(
    PlaceRows, PostRows, ServingRows, ServiceRecordRows, InspectionRows, RegisterRows, DepartmentRows, Search
):  # fmt: skip
    """The store of one unit of work."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit)
        self._unit = unit
        self._db, self._session = unit.db, unit.session
        self._directory = Directory(unit)
        self.policies = Policies(unit, self._directory)
        self.routings = Policies(unit, self._directory, "routings", "routing_activations")
        self.sheets = Policies(unit, self._directory, "sheets", "sheet_activations")
        self.years = Years(unit, self._directory)
        self.judged_by: dict[str, Rules] = {}

    # Tickets

    def ticket(self, ticket_id: str) -> Ticket | None:
        return self._one({"_id": ticket_id})

    def ticket_by_number(self, number: str) -> Ticket | None:
        return self._one({"number": number})

    def ticket_by_ref(self, key: str) -> Ticket | None:
        return self._one({"external_keys": key})

    def like(self, ticket: Ticket, since: datetime) -> list[Ticket]:
        rows = self._db["tickets"].find({
            "lists": ticket.area_path, "state": {"$in": sorted(OPEN_STATES)}, "kind": ticket.kind,
            "category": ticket.category, "occurred_at": {"$gte": since}, "_id": {"$ne": ticket.id},
        }, session=self._session)  # fmt: skip
        return [ticket_entity(row) for row in rows.sort("_id", DESCENDING).limit(_MOST_ALIKE).hint("by_age")]

    def free_number(self, day: date, draw: Callable[[], str]) -> str | None:
        """A number of the day that nobody had when it was drawn; None when every draw was taken.

        Several are drawn and looked up at once, and kept for the next tickets of the day. Another process may use one
        meanwhile: the unique index decides, and the command runs again with the next.
        """
        kept: tuple[date | None, list[str]] = self._unit.remembered.get(_NUMBERS, (None, []))
        free = kept[1] if kept[0] == day else []
        if not free:
            candidates = {draw() for _ in range(_DRAWN)}
            taken = self._db["tickets"].find({"number": {"$in": list(candidates)}}, _ONLY_NUMBER, session=self._session)
            free = list(candidates - {row["number"] for row in taken})
            self._unit.remembered[_NUMBERS] = (day, free)
        return free.pop() if free else None

    def add(self, ticket: Ticket, listing: Listing) -> None:
        self._unit.insert("tickets", ticket_document(ticket, listing))
        if listing.next_moment is not None:
            key, ref = _timer_of(ticket)
            self._unit.insert(timer_rows.COLLECTION, timer_rows.row(key, TIMER, listing.next_moment, ref))

    def save(self, ticket: Ticket, listing: Listing) -> None:
        self._db["tickets"].replace_one({"_id": ticket.id}, ticket_document(ticket, listing), session=self._session)
        self._set_timer(ticket, listing)

    def _set_timer(self, ticket: Ticket, listing: Listing) -> None:
        key, ref = _timer_of(ticket)
        if listing.next_moment is None:
            self._unit.timers.clear(key)
        else:
            self._unit.timers.set(key, TIMER, listing.next_moment, ref)

    def filed_between(self, kind: str, under: str, since: datetime, until: datetime) -> Cursor[Document]:
        """The documents of what was filed beneath an area in a period, as they are read (`ticket_entity`)."""
        filed = {"lists": under, "kind": kind, "history.0.at": {"$gte": since, "$lt": until}}
        return self._db["tickets"].find(filed, session=self._session).hint("by_age")

    def publish(self, events: Sequence[NewEvent]) -> None:
        self._unit.emit(*events)

    def _one(self, query: Document) -> Ticket | None:
        row = self._db["tickets"].find_one(query, ENTITY, session=self._session)
        return ticket_entity(row) if row else None

    # Staff, people, reveals

    def is_staff(self, person_id: str, paths: Sequence[str]) -> bool:
        return any(row["person_id"] == person_id for row in self._staff_over(paths, sorted(STAFF), person_id))

    def put_account(self, account: Mapping[str, Any], sequence: int) -> None:
        """Keep an account as of this event, unless a later one is known already."""
        known = self._db["staff"].find_one({"_id": account["account_id"]}, {"sequence": 1}, session=self._session)
        if known is not None and known["sequence"] >= sequence:
            return
        self._directory.changed()
        document = {
            "person_id": account["person_id"], "kind": account["kind"], "state": account["state"],
            "grants": [dict(grant) for grant in account["grants"]], "sequence": sequence,
            "tokens_from": account["tokens_from"],
        }  # fmt: skip
        self._db["staff"].replace_one({"_id": account["account_id"]}, document, upsert=True, session=self._session)

    def person_of(self, telephone_digest: str, fresh_id: str) -> str:
        row = self._db["people"].find_one_and_update(
            {"_id": telephone_digest}, {"$setOnInsert": {"person_id": fresh_id}}, upsert=True,
            return_document=ReturnDocument.AFTER, session=self._session,
        )  # fmt: skip
        return str(row["person_id"])

    def next_contact_sequence(self, person_id: str) -> int:
        row = self._db["contacts"].find_one_and_update(
            {"_id": person_id}, {"$inc": {"sequence": 1}}, upsert=True, return_document=ReturnDocument.AFTER,
            session=self._session,
        )  # fmt: skip
        return int(row["sequence"])

    def record_reveal(self, ticket_id: str, by: str, reason: str, at: datetime) -> None:
        self._db["reveals"].insert_one(
            {"_id": new_id(), "ticket_id": ticket_id, "by": by, "reason": reason, "at": at}, session=self._session
        )

    def record_reading(self, ticket_id: str, by: str, at: datetime) -> None:
        """That somebody read what others wrote in its history: once an hour."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        self._db["reveals"].update_one(
            {"ticket_id": ticket_id, "by": by, "words_of": hour},
            {"$setOnInsert": {"_id": new_id(), "reason": None, "at": at}},
            upsert=True, session=self._session,
        )  # fmt: skip

    def take_photo(self, attachment_id: str, ticket_id: str, by: str | None) -> Photo | None:
        return Photos(self._unit).take(attachment_id, ticket_id, by)


def _timer_of(ticket: Ticket) -> tuple[str, Document]:
    """Key and reference of the one timer that a ticket has."""
    return f"ticket:{ticket.id}", {"ticket_id": ticket.id}


def _first_indexes(db: Database[Document]) -> None:
    tickets = db["tickets"]
    tickets.create_index("number", unique=True, name="number")
    tickets.create_index(
        "external_keys", unique=True, name="external_keys", partialFilterExpression={"external_keys": {"$exists": True}}
    )
    places = db["places"]
    places.create_index([("level", 1), ("_id", 1)], name="level")
    places.create_index("area_path", name="area_path")
    places.create_index("compounds", name="compounds", sparse=True)
    places.create_index("grid", name="grid", sparse=True)
    db["staff"].create_index([("grants.area_path", 1), ("grants.role", 1)], name="grants")
    db["staff"].create_index("person_id", name="person")
    db["reveals"].create_index([("ticket_id", 1), ("at", 1)], name="ticket")


def _photos_and_retention(db: Database[Document]) -> None:
    photo_indexes(db)
    retention_schema(db)


def _counts_and_inspections(db: Database[Document]) -> None:
    record_indexes(db)
    inspection_indexes(db)


def _nothing(_: Database[Document]) -> None:
    """Of a migration that concerns sealed data alone."""


MIGRATIONS = (
    Migration(1, "indexes of tickets, places and staff", _first_indexes),
    Migration(2, "what tickets are found by, and its indexes", search_schema, telephones),
    Migration(3, "photos, and when personal data are erased", _photos_and_retention),
    Migration(4, "where stations and compounds lie", place_indexes),
    Migration(5, "what is rare of its kind or category", create_search_indexes),
    Migration(6, "where service records and inspections are found", _counts_and_inspections),
    Migration(7, "presence at stations", presence_indexes),
    Migration(8, "duty posts and absences", post_indexes),
    Migration(9, "appointments", appointment_indexes),
    Migration(10, "departments", department_indexes),
    Migration(11, "which rules hold beneath an area", activation_indexes),
    Migration(12, "absences that are past", past_absence_index),
    Migration(13, "whose appointments are yet to come", booker_indexes),
    Migration(14, "telephones in one spelling", _nothing, telephones_in_one_spelling),
    Migration(15, "partners' cases in one spelling", references_in_one_spelling),
    Migration(16, "through whose hands tickets went, and people in their county", hands, people_in_their_county),
    Migration(17, "searches by telephone and exports", access_indexes),
    Migration(18, "searches and exports by area", access_area_index),
    Migration(19, "acts of administrators", act_indexes),
)
