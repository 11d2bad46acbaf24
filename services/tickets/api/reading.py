"""Lists and single tickets, their clocks explained, their history."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.chassis.http import SIGNED_IN, Call, Limit, Reply, query
from services.chassis.unit import Unit
from services.tickets import schemas
from services.tickets.api.access import NUMBERS, ON_DUTY, TAGS, actor, etag, find
from services.tickets.api.accesses import BY_TELEPHONE, WORDS, Recording
from services.tickets.api.answers import clocks_answer, history_answer, reads_others_words, ticket_answer
from services.tickets.api.wanted import SEARCHING, sorted_by_due, wanted
from services.tickets.domain.steps import whole_second
from services.tickets.schemas import answers

SEARCHING_BY_TELEPHONE = Limit(
    BY_TELEPHONE, 120, timedelta(hours=1),
    lambda call: call.principal.person_id if "telephone" in call.body else None,
)  # fmt: skip
"""An hour and person (ours): answers show seven digits of eleven, and nobody shall try out the rest."""


class Reading(Recording):
    """Queries on tickets."""

    @query("GET", "/api/v1/tickets", roles=SIGNED_IN, params=schemas.TicketFilter, answer=answers.TicketPage,
           tags=TAGS, problems=SEARCHING)  # fmt: skip
    def list_tickets(self, unit: Unit, call: Call) -> Reply:
        """Tickets of one's areas; who has no area sees what they reported or have in hand."""
        return self._listed(unit, call, call.params)

    @query("POST", "/api/v1/tickets/search", roles=ON_DUTY, body=schemas.TicketSearch, answer=answers.TicketPage,
           limit=SEARCHING_BY_TELEPHONE, tags=TAGS, problems=(*SEARCHING, "telephone-malformed"))  # fmt: skip
    def search_tickets(self, unit: Unit, call: Call) -> Reply:
        """The same list, its filters in the body: also by telephone, which must never stand in an address.

        Searches by telephone are recorded, without the telephone: see `GET /tickets/accesses`.
        """
        return self._listed(unit, call, call.body)

    @query("GET", "/api/v1/tickets/<ticket_id>", roles=SIGNED_IN, answer=answers.TicketOut, tags=TAGS,
           problems=NUMBERS)  # fmt: skip
    def get_ticket(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """One ticket, by identity or number."""
        store = self.store(unit)
        ticket = find(store, ticket_id)
        return Reply(self._shown(store, call, ticket, unit), etag=etag(ticket))

    @query("GET", "/api/v1/tickets/<ticket_id>/clock", roles=SIGNED_IN, answer=answers.ClocksOut,
           tags=TAGS, problems=NUMBERS)  # fmt: skip
    def get_clock(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Every clock of the ticket, explained: each stretch that counted, each that did not, and why."""
        store = self.store(unit)
        ticket = find(store, ticket_id)
        who, rules = actor(self.house, call, ticket), self.house.rules(store, ticket.policy)
        return Reply(clocks_answer(rules, ticket, who, whole_second(unit.now), call.locale))

    @query("GET", "/api/v1/tickets/<ticket_id>/history", roles=SIGNED_IN, answer=answers.HistoryOut,
           tags=TAGS, problems=NUMBERS)  # fmt: skip
    def get_history(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """All that happened to the ticket, in order. Whoever reads what others wrote is recorded, but for reporters."""
        ticket = find(self.store(unit), ticket_id)
        who = actor(self.house, call, ticket)
        if reads_others_words(ticket, who):

            def record(unit: Unit) -> None:
                self.store(unit).record_reading(ticket.id, call.principal.person_id, unit.now)
                self.record_deed(unit, call, WORDS, ticket.placing.paths)

            self.chassis.units.run(record)
        return Reply(history_answer(self.house, ticket, who))

    def _listed(self, unit: Unit, call: Call, given: Mapping[str, Any]) -> Reply:
        store, by_due = self.store(unit), sorted_by_due(given)
        asked = wanted(self.house, call.principal, given)
        if asked.telephone_digest is not None:
            self.record_access(unit, call, BY_TELEPHONE, asked)
        found = store.find(asked, call.page.after, call.page.fetch, by_due)
        page = call.page.answer(found, lambda listed: listed.position)
        page["items"] = [self._shown(store, call, listed.ticket, unit) for listed in page["items"]]
        return Reply(page)

    def _shown(self, store: Any, call: Call, ticket: Any, unit: Unit) -> dict[str, Any]:
        return ticket_answer(self.house, store, ticket, actor(self.house, call, ticket), unit.now)
