"""Stations: moved from state to state, found by where somebody is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from services.tickets.domain.distances import metres_between, walking_minutes
from services.tickets.domain.places import Place, Position
from services.tickets.domain.refused import Refused
from services.tickets.domain.stations import OPEN, move_on, open_until
from services.tickets.handlers.place_changes import defined
from services.tickets.handlers.ports import Store

MOST_LOOKED_AT = 200
"""Open stations whose hours are looked at, the nearest first; who finds none open among so many stays at home."""


class Map(Protocol):
    """Knows where stations lie."""

    def open_stations_near(self, position: Position, most: int) -> Sequence[Place]: ...


@dataclass(frozen=True, slots=True)
class Near:
    station: Place
    metres: float
    open_until: datetime

    @property
    def walking_minutes(self) -> int:
        return walking_minutes(self.metres)


def nearest(around: Map, here: Position, at: datetime, zone: ZoneInfo, limit: int) -> list[Near]:
    """Stations that are open at this instant, the nearest first."""
    found: list[Near] = []
    for station in around.open_stations_near(here, MOST_LOOKED_AT):
        until = open_until(station, at, zone)
        if until is not None and station.position is not None:
            found.append(Near(station, metres_between(here, station.position), until))
        if len(found) == limit:
            break
    return found


def move_station(store: Store, station: Place, sequence: int, state: str) -> tuple[Place, int]:
    """The station in its new state, with the sequence of the event that tells of it.

    Raises Refused: station-state-cannot-follow; station-never-open for one that is to open without hours.
    """
    move_on(station, state)
    if state == OPEN and station.hours is None:
        raise Refused("station-never-open", id=station.id)
    after = replace(station, state=state)
    store.put_places([(after, sequence + 1)])
    store.publish([defined(after, sequence + 1)])
    return after, sequence + 1
