"""A desk where tickets are filed, worked on and merged through the real handlers, over a shelf in memory."""

from typing import Any

import pytest

from services.tickets.domain import actions
from services.tickets.domain.clocks import Clock
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import ASSIGNEE, STAFF, Actor
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do
from services.tickets.handlers.merging import merge_into
from services.tickets.handlers.placing import placing
from tests.unit.tickets.shelf import Shelf, county, house
from tests.unit.tickets.stories import WORKER, at

HEAD = Actor("head", STAFF | ASSIGNEE)


class Desk:
    """Where tickets are filed and merged, through the real handlers."""

    def __init__(self) -> None:
        self.shelf: Shelf = county()
        self.house = house()

    def filed(self, when: str, by: str = "clerk", **said: Any) -> str:
        where = placing(self.shelf, "grid-001", None, None)
        said = {"kind": "request", "reporter": {"name": "n"}, **said}
        return file_ticket(self.shelf, self.house, Filer(by, True), where, said, at(when)).ticket.id

    def ticket(self, ticket_id: str) -> Ticket:
        return self.shelf.tickets[ticket_id]

    def on_site(self, ticket_id: str, when: str, severity: str = "ordinary") -> None:
        for deed in (
            lambda c, r: actions.accept(c, HEAD), lambda c, r: actions.assign(c, HEAD, WORKER),
            lambda c, r: actions.arrive(c, Actor(WORKER, ASSIGNEE), severity),
        ):  # fmt: skip
            do(self.shelf, self.house, self.ticket(ticket_id), at(when), deed)

    def escalate(self, ticket_id: str, when: str) -> None:
        ticket = self.ticket(ticket_id)
        do(self.shelf, self.house, ticket, at(when), lambda c, rules: actions.escalate(c, HEAD, rules, "up"))

    def merge(self, when: str, one: str, into: str, by: Actor = HEAD) -> None:
        merge_into(self.shelf, self.house, self.ticket(one), self.ticket(into), by, at(when))

    def refuses(self, slug: str, when: str, one: str, into: str) -> Refused:
        before = dict(self.shelf.tickets)
        with pytest.raises(Refused) as refused:
            self.merge(when, one, into)
        assert (refused.value.slug, self.shelf.tickets) == (slug, before)
        return refused.value

    def clock(self, ticket_id: str, name: str, when: str) -> Clock:
        ticket = self.ticket(ticket_id)
        clocks = self.house.rules(self.shelf, ticket.policy).clocks(ticket, at(when))
        return next(clock for clock in clocks if clock.name == name)
