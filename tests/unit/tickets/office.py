"""A place where tickets are filed and worked on through the real handlers, over the store in memory.

For models: people act in any capacity, time passes, timers fire whenever the model says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.tickets.domain import actions, planning, withdrawing
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules, settle
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, Actor
from services.tickets.handlers.claims import answer_claim, answer_revocation, answer_withdrawal
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do, keep, settle_due
from services.tickets.handlers.merging import merge_into
from services.tickets.handlers.placing import placing, plain_hours
from services.tickets.handlers.ports import House, Listing
from tests.unit.tickets.recount import HOURS
from tests.unit.tickets.shelf import Shelf, county, house


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chooses when acting; each deed takes what it needs."""

    severity: str = "ordinary"
    rating: int = 5
    ahead: timedelta = timedelta(days=1)
    """From now to the planned date."""
    reason: bool = True
    assignee: str = "person-grid_worker"


Deed = Callable[["Office", Course, Rules, Actor, Choice], None]
DEEDS: Mapping[str, Deed] = {
    "accept": lambda office, course, rules, who, chosen: actions.accept(course, who),
    "assign": lambda office, course, rules, who, chosen: actions.assign(course, who, chosen.assignee),
    "offer": lambda office, course, rules, who, chosen: actions.offer(course, who, office.house.new_id(), ()),
    "arrive": lambda office, course, rules, who, chosen: actions.arrive(course, who, chosen.severity),
    "reclassify": lambda office, course, rules, who, chosen: planning.reclassify(
        course, who, chosen.severity, "sealed" if chosen.reason else None, chosen.reason
    ),
    "plan": lambda office, course, rules, who, chosen: planning.plan(course, who, course.now + chosen.ahead, None),
    "move_plan": lambda office, course, rules, who, chosen: planning.move_plan(
        course, who, course.now + chosen.ahead, "sealed"
    ),
    "resolve": lambda office, course, rules, who, chosen: actions.resolve(course, who, None),
    "confirm": lambda office, course, rules, who, chosen: actions.confirm(course, who, chosen.rating),
    "reopen": lambda office, course, rules, who, chosen: actions.reopen(
        course, who, rules, plain_hours(office.shelf.place("station-001")), None
    ),
    "reject": lambda office, course, rules, who, chosen: actions.reject(course, who, "sealed"),
    "cancel": lambda office, course, rules, who, chosen: withdrawing.cancel(course, who, None),
    "escalate": lambda office, course, rules, who, chosen: actions.escalate(course, who, rules, "sealed"),
    "de_escalate": lambda office, course, rules, who, chosen: actions.de_escalate(course, who, rules, "sealed"),
}


class Office:
    """A station, its tickets, and the time of day."""

    def __init__(self, hours: str = "round the clock", zone: str = "Asia/Shanghai", now: datetime | None = None):
        self.zone = zone
        self.shelf: Shelf = county()
        self.house: House = replace(house(), zone=ZoneInfo(zone))
        self.now = now or datetime(2026, 3, 2, 1, tzinfo=UTC)
        self.pinned: dict[tuple[str, int], str] = {}
        """Name of the hours that the station had when a round of a ticket began."""
        self.untold: set[tuple[str, int]] = set()
        """(ticket, sequence) of steps that have no event yet: pauses."""
        self.open_at(hours)

    def open_at(self, hours: str) -> None:
        """The station changes its hours."""
        self.hours = hours
        place, sequence = self.shelf.places["station-001"]
        self.shelf.places["station-001"] = replace(place, hours=HOURS[hours]), sequence + 1

    def file(self, *, urgent: bool = False, late_by: timedelta = timedelta(), resident: str | None = None) -> str:
        said: dict[str, Any] = {"kind": "request", "urgent": urgent, "reporter": {"name": "n"}}
        if late_by:
            said |= {"occurred_at": self.now - late_by, "late_reason": "paper"}
        where = placing(self.shelf, "grid-001", None, None)
        filer = Filer(resident or "person-clerk", resident is None)
        ticket = file_ticket(self.shelf, self.house, filer, where, said, self.now).ticket
        self.pinned[ticket.id, 1] = self.hours
        return ticket.id

    def ticket(self, ticket_id: str) -> Ticket:
        return self.shelf.tickets[ticket_id]

    def listing(self, ticket_id: str) -> Listing:
        return self.shelf.listings[ticket_id]

    def settle(self, ticket_id: str, at: datetime | None = None) -> None:
        """The timer fires, rightly or not; every command does the same first, in a transaction of its own."""
        settle_due(self.shelf, self.house, ticket_id, at or self.now)

    def attempt(self, ticket_id: str, deed: str, who: Actor, chosen: Choice) -> str | None:
        """Have somebody do something; the code of the refusal, if it was one."""
        before = self.ticket(ticket_id)
        try:
            do(self.shelf, self.house, before, self.now, lambda c, rules: DEEDS[deed](self, c, rules, who, chosen))
        except Refused as refused:
            return refused.slug
        if self.ticket(ticket_id).round > before.round:
            self.pinned[ticket_id, before.round + 1] = self.hours
        return None

    def wait(self, ticket_id: str, kind: str) -> None:
        """`paused` or `resumed`: kinds of tickets that may wait come later, the fold knows pauses from the start."""
        self.settle(ticket_id)
        ticket, rules = self.ticket(ticket_id), self.rules(ticket_id)
        course = Course(ticket, max(self.now, ticket.history[-1].at), rules.policy.life)
        course.take(kind, None, {"reason_code": "resident-away"})
        settle(course, rules)
        self.untold |= {(ticket_id, after.sequence) for step, after in course.taken if step.kind == kind}
        course.taken = [(step, after) for step, after in course.taken if step.kind != kind]
        keep(self.shelf, course, rules)

    def merge(self, duplicate_id: str, ticket_id: str) -> str | None:
        """Staff merge one into the other; the code of the refusal, if it was one."""
        duplicate, into = self.ticket(duplicate_id), self.ticket(ticket_id)
        try:
            merge_into(self.shelf, self.house, duplicate, into, self.actor(ticket_id, "station_head"), self.now)
        except Refused as refused:
            return refused.slug
        return None

    def hear_claim(self, ticket_id: str, claim_id: str, offer_id: str, person_id: str) -> None:
        answer_claim(self.shelf, self.house, ticket_id, claim_id, offer_id, person_id, self.now)

    def hear_withdrawal(self, ticket_id: str, claim_id: str) -> None:
        answer_withdrawal(self.shelf, self.house, ticket_id, claim_id, self.now)

    def hear_revocation(self, ticket_id: str, claim_id: str) -> None:
        answer_revocation(self.shelf, self.house, ticket_id, claim_id, self.now)

    def actor(self, ticket_id: str, part: str) -> Actor:
        """Somebody who is just this to the ticket, or "street+assignee": these two."""
        if part == "reporter":
            reporter = self.ticket(ticket_id).reporter_id
            return Actor(reporter, frozenset({part}), reporter, ACCOUNT)
        name, *more = part.split("+")
        return Actor(f"person-{name}", frozenset({name, *more}))

    def rules(self, ticket_id: str) -> Rules:
        return self.house.rules(self.shelf, self.ticket(ticket_id).policy)
