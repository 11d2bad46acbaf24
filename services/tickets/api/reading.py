"""Lists and single tickets, their clocks explained, their history."""

from typing import Any

from services.chassis.auth.principal import NotFound
from services.chassis.http import SIGNED_IN, Call, Reply, query
from services.chassis.unit import Unit
from services.tickets import schemas
from services.tickets.api.access import NUMBERS, ON_DUTY, TAGS, Base, actor, etag, find
from services.tickets.api.answers import clocks_answer, history_answer, ticket_answer
from services.tickets.domain.numbers import parse_number
from services.tickets.domain.steps import whole_second
from services.tickets.handlers.ports import Wanted

_SEES = (*ON_DUTY, "partner")


class Reading(Base):
    """Queries on tickets."""

    @query("GET", "/api/v1/tickets", roles=SIGNED_IN, params=schemas.TicketFilter, answer=schemas.TicketPage,
           tags=TAGS, problems=NUMBERS)  # fmt: skip
    def list_tickets(self, unit: Unit, call: Call) -> Reply:
        """Tickets of one's areas; who has no area sees what they reported or have in hand."""
        store, by_due = self.store(unit), call.params["sort"] == "due"
        found = store.find(_wanted(call), call.page.after, call.page.fetch, by_due)
        page = call.page.answer(found, lambda listed: listed.position)
        page["items"] = [self._shown(store, call, listed.ticket, unit) for listed in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/tickets/<ticket_id>", roles=SIGNED_IN, answer=schemas.TicketOut, tags=TAGS,
           problems=NUMBERS)  # fmt: skip
    def get_ticket(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """One ticket, by identity or number."""
        store = self.store(unit)
        ticket = find(store, ticket_id)
        return Reply(self._shown(store, call, ticket, unit), etag=etag(ticket))

    @query("GET", "/api/v1/tickets/<ticket_id>/clock", roles=SIGNED_IN, answer=schemas.ClocksOut,
           tags=TAGS, problems=NUMBERS)  # fmt: skip
    def get_clock(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Every clock of the ticket, explained: each stretch that counted, each that did not, and why."""
        store = self.store(unit)
        ticket = find(store, ticket_id)
        actor(self.house, call, ticket)
        rules = self.house.rules(store, ticket.policy)
        return Reply(clocks_answer(rules, ticket, whole_second(unit.now), call.locale))

    @query("GET", "/api/v1/tickets/<ticket_id>/history", roles=SIGNED_IN, answer=schemas.HistoryOut,
           tags=TAGS, problems=NUMBERS)  # fmt: skip
    def get_history(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """All that happened to the ticket, in order."""
        ticket = find(self.store(unit), ticket_id)
        return Reply(history_answer(self.house, ticket, actor(self.house, call, ticket)))

    def _shown(self, store: Any, call: Call, ticket: Any, unit: Unit) -> dict[str, Any]:
        return ticket_answer(self.house, store, ticket, actor(self.house, call, ticket), unit.now)


def _wanted(call: Call) -> Wanted:
    given, principal = call.params, call.principal
    equal = {name: given[key] for name, key in _EQUAL.items() if key in given}
    if "number" in given:
        equal["number"] = parse_number(given["number"])
    if "external_id" in given and "external_system" in given:
        equal["external_keys"] = f"{given['external_system']}|{given['external_id']}"
    areas = principal.areas(*_SEES)
    own = given["mine"] or not areas
    beneath = _narrowed(areas, given.get("area")) if areas and not own else None
    if own and "area" in given:
        raise NotFound
    return Wanted(beneath, principal.person_id if own else None, equal, given.get("state", ()))


_EQUAL = {"level": "level", "owner_id": "owner", "assignee_id": "assignee", "late": "late"}


def _narrowed(areas: tuple[str, ...], asked: str | None) -> tuple[str, ...]:
    """What of the caller's areas lies beneath the one asked for. Raises NotFound for one that is not theirs."""
    if asked is None:
        return areas
    if any(asked.startswith(area) for area in areas):
        return (asked,)
    inner = tuple(area for area in areas if area.startswith(asked))
    if not inner:
        raise NotFound
    return inner
