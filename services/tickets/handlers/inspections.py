"""Inspections of stations, and how the stations of an area stand by a standard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from services.tickets.domain.inspections import ENTERED_WITHIN_DAYS, Inspection, points_of, ranks
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused
from services.tickets.domain.stations import CLOSED
from services.tickets.domain.told_times import happened_on
from services.tickets.handlers.ports import House, Store
from services.tickets.handlers.sheets import standard_for

MOST_STATIONS = 2_000
"""Of which one report of standings tells."""


class Inspections(Protocol):
    """Keeps inspections."""

    def add_inspection(self, one: Inspection) -> None: ...
    def latest_inspections(self, area_path: str, name: str) -> Mapping[str, Inspection]: ...
    def find_places(
        self, levels: Sequence[str], under: str | None, after: str | None, limit: int, equal: Mapping[str, Any] = {}
    ) -> list[Place]: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """A station and the inspection by a standard by which it stands; None: never inspected by it."""

    station: Place
    latest: Inspection | None
    rank: int | None


def inspect(
    store: Store, kept: Inspections, house: House, station: Place, name: str, answers: Mapping[str, str],
    day: date | None, by: str, office: str, now: datetime,
) -> Inspection:  # fmt: skip
    """`office`: the highest that who inspects has over the station.

    Raises Refused: station-closed, no-such-standard, no-such-item, items-unanswered, not-half-there,
    occurred-in-future, late-entry-too-old.
    """
    if station.state == CLOSED:
        raise Refused("station-closed", id=station.id)
    today = now.astimezone(house.zone).date()
    inspected_on = happened_on(day, now, house.zone)
    if today - inspected_on > timedelta(days=ENTERED_WITHIN_DAYS):
        raise Refused("late-entry-too-old", days=ENTERED_WITHIN_DAYS)
    standard = standard_for(store, house, name, station.area_path)
    found = Inspection(
        house.new_id(), station.id, station.area_path, standard.name, standard.pin, inspected_on, dict(answers),
        points_of(standard, answers), standard.most, now, by, office,
    )  # fmt: skip
    kept.add_inspection(found)
    return found


def standings(kept: Inspections, area_path: str, name: str) -> list[Standing]:
    """The best first, by share of the points; then those that were never inspected. What is closed has no standing."""
    latest = kept.latest_inspections(area_path, name)
    stations = kept.find_places(("station",), area_path, None, MOST_STATIONS)
    there = [station for station in stations if station.state != CLOSED]
    scored = sorted(
        ((latest[station.id], station) for station in there if station.id in latest),
        key=lambda pair: (-pair[0].per_mille, pair[1].id),
    )
    places = ranks([one.per_mille for one, _ in scored])
    return [
        *(Standing(station, one, place) for (one, station), place in zip(scored, places, strict=True)),
        *(Standing(station, None, None) for station in there if station.id not in latest),
    ]
