"""Tickets of who was disabled, or has no role there any more, go back into the list, batch by batch, each once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.tickets.domain.handing_back import hand_back
from services.tickets.domain.settle import Rules
from services.tickets.domain.steps import HANDED_BACK
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.handlers.life import do
from services.tickets.handlers.ports import House, Store

BATCH = 50
"""Tickets in one transaction."""


class Staff(Protocol):
    """Who is still there, as accounts say."""

    def gone(self, person_id: str, paths: Sequence[str], kind: str) -> str | None:
        """Why somebody can have nothing there in hand, as `staff` or as `member`; None: he can, or nobody knows him."""


class Batch(Store, Staff, Protocol):
    """A store that finds the open tickets that somebody has, and keeps what it is given until `write`."""

    def had_by(self, person_id: str, before: str | None, most: int) -> Sequence[Ticket]:
        """What he has in hand or answers for, the newest first, filed before that one."""

    def write(self) -> None: ...


def hand_back_batch(
    batch: Batch, house: House, person_id: str, before: str | None, now: datetime
) -> tuple[int, str | None]:
    """How many went back, and where the next batch goes on; None when there is none.

    What is known of the person now decides: events of his account may come late, twice and in any order.
    """
    found, done = batch.had_by(person_id, before, BATCH), 0
    for ticket in found:
        after = do(batch, house, ticket, now, lambda course, rules: hand_back_from(batch, course, rules, person_id))
        done += any(step.kind == HANDED_BACK for step in after.history[len(ticket.history) :])
    batch.write()
    return done, found[-1].id if len(found) == BATCH else None


def hand_back_from(staff: Staff, course: Course, rules: Rules, person_id: str) -> None:
    """Take a ticket on its way from who is gone; nothing happens if he is not, or has nothing of it."""
    ticket = course.ticket
    if not ticket.is_open:
        return
    paths = ticket.placing.paths
    from_hands = ticket.assignee_id == person_id and staff.gone(person_id, paths, ticket.assignee_kind or "staff")
    from_owner = ticket.owner_id == person_id and staff.gone(person_id, paths, "staff")
    if from_owner and rules.owner_of(ticket.level, ticket.area_path, ticket.rated) == person_id:
        from_owner = None
    why = from_hands or from_owner
    if why:
        hand_back(course, rules, why, from_hands=bool(from_hands), from_owner=bool(from_owner))
