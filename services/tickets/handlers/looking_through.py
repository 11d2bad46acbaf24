"""Who was to come to a station is told when his appointment can no longer be kept: each once for each cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.tickets.domain.affected import noticed
from services.tickets.domain.appointments import BOOKED, Appointable, Booking
from services.tickets.domain.places import Place
from services.tickets.handlers.appointments import counted, event_of
from services.tickets.handlers.ports import Store

BATCH = 100
"""Bookings in one transaction."""


class Booked(Protocol):
    """A station's services and bookings in one unit of work."""

    def services(self, station_id: str) -> Sequence[Appointable]: ...
    def bookings(self, ids: Sequence[str]) -> Sequence[Booking]: ...
    def save_all(self, bookings: Sequence[Booking]) -> None: ...


@dataclass(frozen=True, slots=True)
class Station:
    """A station as its bookings were looked at; `place` is None where it is no more."""

    id: str
    place: Place | None
    services: Mapping[str, Appointable]


def station_now(store: Store, booked: Booked, station_id: str) -> Station:
    return Station(station_id, store.place(station_id), {one.id: one for one in booked.services(station_id)})


def notice(store: Store, booked: Booked, seen: Station, causes: Mapping[str, str | None], now: datetime) -> int:
    """Write down what was found of these bookings, and tell of what is new; how many were told.

    What is over, or no more booked, is left alone. A station that changed since it was `seen` is looked through again:
    then nothing is done here.
    """
    if station_now(store, booked, seen.id) != seen:
        return 0
    place, changed, events = seen.place or _removed(store, seen.id), [], []
    for one in booked.bookings(list(causes)):
        cause = causes[one.id]
        if one.state != BOOKED or one.slot.start_at <= now or one.affected_by == cause:
            continue
        after, is_news = noticed(one, cause)
        if is_news:
            after = counted(after)
            events.append(
                event_of("booking.affected", after, seen.services.get(one.slot.service_id), place, cause=cause)
            )
        changed.append(after)
    booked.save_all(changed)
    store.publish(events)
    return len(events)


def _removed(store: Store, station_id: str) -> Place | None:
    """What it was that is no more: who was to come is told its name."""
    found = store.removed_places([station_id]).get(station_id)
    return found[0] if found else None
