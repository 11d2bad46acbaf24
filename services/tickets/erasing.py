"""Erasing as an operator asks for it, and as the worker does it by itself; on the database, batch by batch."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.chassis.context import Context
from services.chassis.ids import new_id
from services.chassis.seal import Unsealable
from services.chassis.unit import Unit
from services.tickets.domain.attachments import attachments_of
from services.tickets.domain.numbers import parse_number
from services.tickets.domain.ticket import Ticket
from services.tickets.handlers.erasing import BATCH, Erased, erase_due, erase_tickets
from services.tickets.house import house_of
from services.tickets.settings import personal_data_kept
from services.tickets.storage import Tickets
from services.tickets.storage.erasing import PERSONAL, Erasing

EVERY = timedelta(hours=1)
MOST_BATCHES = 40
"""At one firing; what is left waits for the next, so that erasing a year's backlog leaves room for others."""
_ANSWERS = "idempotency"


@dataclass(frozen=True, slots=True)
class Found:
    """What is kept of somebody, or in one ticket."""

    tickets: Sequence[Ticket]

    @property
    def still_open(self) -> list[str]:
        return [ticket.number for ticket in self.tickets if ticket.is_open or ticket.state in ("resolved", "confirmed")]

    @property
    def photos(self) -> int:
        return sum(len(attachments_of(ticket)) for ticket in self.tickets)


def erase_what_is_due(context: Context) -> int:
    """Erase tickets whose time is over, and look again in an hour."""
    done = in_batches(context, lambda unit: _erase_due(context, unit).tickets)
    context.units.run(look_again)
    return done


def forget_past_absences(context: Context) -> int:
    """Remove absences whose time is over: why somebody was away concerns nobody any more."""
    return in_batches(context, lambda unit: Tickets(unit).forget_absences(unit.now - personal_data_kept(), BATCH))


def overdue_absences(context: Context) -> int:
    """How many absences are kept longer than they should be."""
    unit = context.units.read()
    return Tickets(unit).past_absences(unit.now - personal_data_kept())


def in_batches(context: Context, work: Callable[[Unit], int]) -> int:
    """Do `work`, a transaction each time, until it finds less than a batch. Killed, it is run again and goes on."""
    done = 0
    for _ in range(MOST_BATCHES):
        batch = context.units.run(work)
        done += batch
        if batch < BATCH:
            break
    return done


def look_again(unit: Unit) -> None:
    """Set the one timer of it anew."""
    unit.timers.set(PERSONAL, PERSONAL, unit.system_now + EVERY, {}, basis="system", lane="effects")


def _erase_due(context: Context, unit: Unit) -> Erased:
    ended_until = unit.now - personal_data_kept()
    return erase_due(Tickets(unit), Erasing(unit), house_of(context), ended_until, unit.now)


def counts(context: Context) -> tuple[int, int]:
    """How many ended tickets hold personal data, and of how many the time is over."""
    unit = context.units.read()
    return Erasing(unit).counts(unit.now - personal_data_kept())


def found_of_person(context: Context, person_id: str) -> Found:
    return Found(Erasing(context.units.read()).of_person(person_id))


def found_in_ticket(context: Context, number: str) -> Found | None:
    """None for a ticket that does not exist; without tickets: erased already. Raises Refused for a mistyped number."""
    unit = context.units.read()
    ticket = Tickets(unit).ticket_by_number(parse_number(number))
    return None if ticket is None else Found(Erasing(unit).again([ticket.id]))


def erase_found(context: Context, found: Found, asked: str, reason: str) -> Erased:
    """Erase at somebody's wish, and record that. `asked`: whose or which; `reason` is kept sealed.

    Each batch is a transaction with its own record; interrupted, the same command goes on.
    """
    ids = [ticket.id for ticket in found.tickets]
    done = Erased(0, 0, 0)
    for start in range(0, len(ids), BATCH):
        chosen = ids[start : start + BATCH]

        def work(unit: Unit, chosen: Sequence[str] = chosen) -> Erased:
            archive = Erasing(unit)
            tickets = archive.again(chosen)
            erased = erase_tickets(Tickets(unit), archive, house_of(context), tickets, unit.now, "request")
            archive.record(_record(context, unit, asked, reason, [ticket.id for ticket in tickets], erased))
            return erased

        part = context.units.run(work)
        done = Erased(done.tickets + part.tickets, done.photos + part.photos, done.people + part.people)
    forget_answers(context, ids)
    return done


def _record(
    context: Context, unit: Unit, asked: str, reason: str, ticket_ids: Sequence[str], erased: Erased
) -> dict[str, Any]:
    return {
        "_id": new_id(), "at": unit.system_now, "actor": "operator", "asked": asked, "tickets": list(ticket_ids),
        "photos": erased.photos, "people": erased.people, "reason": context.sealer.seal(reason),
    }  # fmt: skip


def forget_answers(context: Context, ticket_ids: Sequence[str]) -> None:
    """Remove the answers about these tickets that are kept for repeated requests; the others live out their 7 days."""
    rows = context.db[_ANSWERS]
    for row in rows.find({}, {"answer": 1}):
        try:
            text = _opened(context, row["answer"])
        except Unsealable:
            continue
        if any(ticket_id in text for ticket_id in ticket_ids):
            rows.delete_one({"_id": row["_id"]})


def _opened(context: Context, sealed: str) -> str:
    return base64.b64decode(context.sealer.unseal(sealed)["body"]).decode("utf-8", "replace")
