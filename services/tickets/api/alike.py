"""Which other tickets may tell of the same matter."""

from math import ceil

from services.chassis.http import Call, Reply, query
from services.chassis.unit import Unit
from services.tickets.api.access import NUMBERS, ON_DUTY, TAGS, Base, actor, find, known_as
from services.tickets.api.answers import ticket_answer
from services.tickets.domain.reading import may_reveal
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import STAFF
from services.tickets.handlers.merging import suggest
from services.tickets.schemas import answers

_STEP = 10
"""Metres *(ours)*."""


class Duplicates(Base):
    """Suggestions; merging is a deed."""

    @query("GET", "/api/v1/tickets/<ticket_id>/duplicates", roles=ON_DUTY, answer=answers.AlikeList, tags=TAGS,
           problems=NUMBERS)  # fmt: skip
    def list_duplicates(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Tickets of the same kind and category in the same grid, of the last 14 days and at most 200 m away.

        Where somebody is said to be is for who may reveal both tickets; for others positions count for nothing here.
        """
        store = self.store(unit)
        ticket = find(store, ticket_id)
        here = actor(self.house, call, ticket)
        if not here.is_any(STAFF):
            raise Refused("not-allowed")  # who reported it, staff elsewhere, learns nothing of his neighbours' matters

        def may_compare(other: Ticket) -> bool:
            return may_reveal(here) and may_reveal(known_as(self.house, call, other))

        suggested = suggest(store, self.house, ticket, unit.now, may_compare)
        found = [(one, known_as(self.house, call, one.ticket)) for one in suggested]
        items = [
            {"ticket": ticket_answer(self.house, store, one.ticket, who, unit.now), "metres": _coarse(one.metres)}
            for one, who in found if who.parts
        ]  # fmt: skip
        return Reply({"items": items})


def _coarse(metres: float | None) -> int | None:
    """Up to the next ten: enough to tell neighbours, not doors."""
    return None if metres is None else ceil(round(metres) / _STEP) * _STEP
