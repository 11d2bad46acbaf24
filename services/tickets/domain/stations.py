"""Stations (驿站): their types, the states of their life, and whether one is open at an instant."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.tickets.domain.hours import DAY_MINUTES
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused

TYPES: Mapping[str, tuple[str, str]] = {
    "comprehensive": ("综合", "004"), "individual": ("个性化", "004"), "friendly": ("亲民", "004"),
    "village_joint": ("村社联动", "002"), "convenience": ("便民服务", "002"), "enterprise_led": ("企业带动", "002"),
}  # fmt: skip
"""What the reports call each, and which report."""

PLANNED, BUILDING, OPEN, CLOSED = STATES = ("planned", "building", "open", "closed")
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    PLANNED: (BUILDING, CLOSED), BUILDING: (OPEN, CLOSED), OPEN: (CLOSED,), CLOSED: (BUILDING, OPEN),
}  # fmt: skip
"""What may follow what. What is given up before it opened is closed; what was closed may be rebuilt or open again."""

RESERVED_IDS = frozenset({"nearest", "coverage", "standings"})
"""Words that stand where an id stands in the addresses of the interface."""


def is_open(station: Place) -> bool:
    """Whether it takes tickets; what was stored before there were states is open."""
    return station.level == "station" and station.state in (None, OPEN)


def move_on(station: Place, state: str) -> None:
    """Raises Refused: station-state-cannot-follow."""
    now = station.state or OPEN
    if state not in FOLLOWS[now]:
        raise Refused("station-state-cannot-follow", now=now, state=state, allowed=list(FOLLOWS[now]))


def taking(station: Place | None, find: Callable[[str], Place | None]) -> Place | None:
    """Which station takes what comes to this one: itself while it is open, else the nearest open centre above it."""
    seen: set[str] = set()
    while station is not None and not is_open(station) and station.id not in seen:
        seen.add(station.id)
        station = find(station.parent) if station.parent else None
    return station if station is not None and is_open(station) else None


def open_until(station: Place, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When it closes next, if it is open at this instant by state and hours; the minute of closing counts no more."""
    if not is_open(station) or station.hours is None:
        return None
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    for start, end in station.hours.of(local.date()):
        if start <= minute < end:
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            day, rest = divmod(end, DAY_MINUTES)
            return midnight + timedelta(days=day, minutes=rest)
    return None
