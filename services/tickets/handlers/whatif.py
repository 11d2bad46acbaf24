"""Replay a period under another policy (推演): by place, how many clocks would have been met, warned, breached."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from services.tickets.domain.policy import Policy
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.whatif import Tally
from services.tickets.handlers.ports import House, Store

_COMMUNITY_STEPS = 4
"""/county/street/community/ has so many slashes."""


def try_policy(
    store: Store, house: House, policy: Policy, tickets: Iterable[Ticket], now: datetime,
    seen: Callable[[], None] = lambda: None,
) -> Mapping[str, Tally]:  # fmt: skip
    """By community. `seen` is called for each ticket, so that somebody may show how far it is."""
    tallies: dict[str, Tally] = {}
    for ticket in tickets:
        held = house.rules(store, ticket.policy)
        tried = Rules(policy, held.calendars, held.owner_of)
        tallies.setdefault(community_of(ticket.area_path), Tally()).add(ticket, held, tried, now)
        seen()
    return dict(sorted(tallies.items()))


def community_of(area_path: str) -> str:
    return "/".join(area_path.split("/")[:_COMMUNITY_STEPS]) + "/"
