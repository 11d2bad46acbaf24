"""Suggest which tickets tell of the same matter, and merge one into another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

from services.tickets.domain.merging import brought_date, check_promises, check_same, merge, take_over
from services.tickets.domain.settle import Rules, next_due
from services.tickets.domain.steps import whole_second
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.time_left import freed, left_of
from services.tickets.domain.transitions import Actor
from services.tickets.handlers.contacts import bring_reporters
from services.tickets.handlers.life import do, settled
from services.tickets.handlers.ports import House, Store
from services.tickets.handlers.revealing import personal

RECENT = timedelta(days=14)
NEAR_METRES = 200.0
_EARTH_METRES = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ticket that may tell of the same; `metres` between both, None where one says no position."""

    ticket: Ticket
    metres: float | None


def merge_into(store: Store, house: House, duplicate: Ticket, into: Ticket, actor: Actor, now: datetime) -> Ticket:
    """Both in one transaction. Raises what `merge` and `check_promises` refuse; then nothing is kept."""
    theirs = house.rules(store, into.policy)
    standing = settled(store, house, into, now)
    goes_on = theirs.clocks(standing, whole_second(now))

    left: dict[str, int] = {}

    def end(course: Course, rules: Rules) -> None:
        before, promised = course.ticket, rules.clocks(freed(course.ticket, course.now), course.now)
        due = (next_due(goes_on, standing), brought_date(standing, before, course.now, theirs.policy))
        merge(course, actor, into, min((date for date in due if date is not None), default=None))
        check_promises(before, promised, standing, goes_on, theirs.policy)
        check_same(before, standing, actor)
        left.update(left_of(promised, goes_on, course.now))

    def go_on(course: Course, rules: Rules) -> None:
        take_over(course, actor, duplicate, rules.policy, left)

    after = do(store, house, duplicate, now, end, actor.answerable)
    do(store, house, into, now, go_on, actor.answerable)
    bring_reporters(store, house, duplicate, into)
    return after


def suggest(
    store: Store, house: House, ticket: Ticket, now: datetime, may_compare: Callable[[Ticket], bool]
) -> list[Suggestion]:
    """Same kind and category, in the same grid, of the last 14 days *(ours)*; the nearest, then the newest first.

    Where both say their position, what lies over 200 m away *(ours)* is left out. For whom `may_compare` refuses a
    ticket its position counts for nothing: being left out, and the order, would tell it as well as a distance.
    """
    here = _position(house, ticket)
    found = []
    for other in store.like(ticket, now - RECENT):
        metres = _metres(here, _position(house, other)) if may_compare(other) else None
        if metres is None or metres <= NEAR_METRES:
            found.append(Suggestion(other, metres))
    found.sort(key=lambda one: one.ticket.occurred_at, reverse=True)
    return sorted(found, key=lambda one: NEAR_METRES if one.metres is None else one.metres)


def _position(house: House, ticket: Ticket) -> Sequence[float] | None:
    said: dict[str, Any] | None = personal(house, ticket).get("position")
    return (said["latitude"], said["longitude"]) if said else None


def _metres(here: Sequence[float] | None, there: Sequence[float] | None) -> float | None:
    """Great-circle distance (haversine)."""
    if here is None or there is None:
        return None
    north, east = radians(there[0] - here[0]), radians(there[1] - here[1])
    half = sin(north / 2) ** 2 + cos(radians(here[0])) * cos(radians(there[0])) * sin(east / 2) ** 2
    return 2 * _EARTH_METRES * asin(min(1.0, sqrt(half)))
