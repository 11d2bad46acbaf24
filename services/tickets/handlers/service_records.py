"""Service records (人次): counted once, taken back once, summed up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from services.tickets.domain.places import Place
from services.tickets.domain.policy import Text
from services.tickets.domain.refused import Refused
from services.tickets.domain.service_records import ServiceRecord, check, reverse
from services.tickets.domain.stations import BUILDING, PLANNED
from services.tickets.domain.told_times import happened_on
from services.tickets.handlers.ports import House, Store
from services.tickets.handlers.sheets import themes_for

MOST_DAYS = 366


class Records(Protocol):
    """Keeps service records."""

    def add_record(self, record: ServiceRecord) -> None: ...
    def mark_reversed(self, record_id: str, by_record: str) -> None: ...
    def persons_served(self, area_path: str, since: date, until: date) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Served:
    """How many persons were served, in how many records that still count."""

    key: str
    persons: int
    records: int


def record_service(
    store: Store, records: Records, house: House, station: Place, theme: str, persons: int, day: date | None, by: str,
    now: datetime,
) -> ServiceRecord:  # fmt: skip
    """Raises Refused: station-not-open-yet, no-such-theme, too-many-persons, occurred-in-future, late-entry-too-old."""
    if station.state in (PLANNED, BUILDING):
        raise Refused("station-not-open-yet", id=station.id)
    themes, today = themes_for(store, house, station.area_path), now.astimezone(house.zone).date()
    served_on = happened_on(day, now, house.zone)
    check(themes, theme, persons, served_on, today)
    record = ServiceRecord(
        house.new_id(), station.id, station.area_path, theme, persons, served_on, themes.pin, now, by
    )
    records.add_record(record)
    return record


def take_back(
    records: Records, house: House, record: ServiceRecord, reason: str, by: str, now: datetime
) -> ServiceRecord:
    """The reversing record. Raises Refused: record-reversed, record-is-a-reversal."""
    reversal = reverse(record, house.new_id(), by, reason, now)
    records.mark_reversed(record.id, reversal.id)
    records.add_record(reversal)
    return reversal


def summary(records: Records, area_path: str, since: date, until: date, by: str) -> list[Served]:
    """Persons served beneath an area, by theme, station or the areas right beneath it; days are both counted.

    Raises Refused: days-not-in-order, too-many-days.
    """
    if until < since:
        raise Refused("days-not-in-order")
    if (until - since).days >= MOST_DAYS:
        raise Refused("too-many-days", most=MOST_DAYS)
    found: dict[str, Served] = {}
    for row in records.persons_served(area_path, since, until):
        key = _key(row["_id"], area_path, by)
        before = found.get(key, Served(key, 0, 0))
        found[key] = replace(before, persons=before.persons + row["persons"], records=before.records + row["records"])
    return sorted(found.values(), key=lambda one: (-one.persons, one.key))


def theme_titles(store: Store, house: House, area_path: str) -> Mapping[str, Text]:
    """Of the themes that hold there; one that was given up later has none any more."""
    return themes_for(store, house, area_path).themes


def totals(found: Iterable[Served]) -> tuple[int, int]:
    """Persons and records."""
    kept = list(found)
    return sum(one.persons for one in kept), sum(one.records for one in kept)


def _key(group: Mapping[str, str], area_path: str, by: str) -> str:
    if by == "theme":
        return group["theme"]
    if by == "station":
        return group["station_id"]
    beneath = group["area_path"].removeprefix(area_path).split("/")[0]
    return f"{area_path}{beneath}/" if beneath else area_path
