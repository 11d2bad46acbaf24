"""Places (地方): county → street → community → grid, compounds (小区) and stations (驿站); read from plain data.

Every error is found in one pass and named with the path of its field, so that an operator repairs a file once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.tickets.domain.hours import WEEKDAYS, BadHours, Exceptional, Hours, Opening, parse_day

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
STATION_TYPES = ("comprehensive", "individual", "friendly")
"""综合, 个性化, 亲民 (report 004)."""

Where = tuple[str | int, ...]
"""The way to a field: ("streets", 0, "communities", 2, "id")."""


@dataclass(frozen=True, slots=True)
class PlaceError:
    where: Where
    code: str
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def field(self) -> str:
        """`streets[0].communities[2].id`."""
        text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.where)
        return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Place:
    """An area of the tree. `level`: county, street, community, grid, compound, station."""

    id: str
    level: str
    name: str
    area_path: str
    grids: tuple[str, ...] = ()
    """Of a compound: the grids in which it lies."""
    grid: str | None = None
    """Of a station: the grid to which its tickets belong."""
    compounds: tuple[str, ...] = ()
    """Of a station: the compounds that it serves."""
    hours: Hours | None = None
    station_type: str | None = None
    demo: bool = False


@dataclass(slots=True)
class _Reading:
    errors: list[PlaceError] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    said_at: dict[str, Where] = field(default_factory=dict)
    demo: bool = False

    def wrong(self, where: Where, code: str, **params: str) -> None:
        self.errors.append(PlaceError(where, code, params))

    def mapping(self, data: Any, where: Where, keys: set[str]) -> Mapping[str, Any]:
        if not isinstance(data, dict):
            self.wrong(where, "not-a-mapping")
            return {}
        for key in data:
            if key not in keys:
                self.wrong((*where, str(key)), "unknown-field")
        return data

    def items(self, data: Mapping[str, Any], key: str, where: Where) -> list[tuple[Any, Where]]:
        items = data.get(key, [])
        if not isinstance(items, list):
            self.wrong((*where, key), "not-a-list")
            return []
        return [(item, (*where, key, index)) for index, item in enumerate(items)]

    def slugs(self, data: Mapping[str, Any], key: str, where: Where) -> tuple[str, ...]:
        found = []
        for item, at in self.items(data, key, where):
            if isinstance(item, str) and SLUG.fullmatch(item):
                found.append(item)
            else:
                self.wrong(at, "not-a-slug")
        return tuple(found)

    def head(self, data: Mapping[str, Any], where: Where) -> tuple[str, str] | None:
        """`id` and `name`; None when the place cannot be told by them."""
        identity, name = data.get("id"), data.get("name")
        if not isinstance(name, str) or not name.strip() or len(name) > 60:
            self.wrong((*where, "name"), "not-a-short-text")
            name = "?"
        if not isinstance(identity, str) or not SLUG.fullmatch(identity):
            self.wrong((*where, "id"), "not-a-slug")
            return None
        if identity in self.places:
            self.wrong((*where, "id"), "id-taken", id=identity)
            return None
        return identity, name.strip()

    def add(self, place: Place, where: Where) -> None:
        self.places[place.id] = place
        self.said_at[place.id] = where


_AREA = {"id", "name"}
_STATION = _AREA | {"type", "grid", "compounds", "hours", "late", "exceptions"}


def parse_places(data: Any) -> tuple[list[Place], list[PlaceError]]:
    """The places that `data` defines, parents before children, and everything that is wrong with it."""
    reading = _Reading()
    top = reading.mapping(data, (), {"demo", "county", "streets"})
    reading.demo = top.get("demo") is True
    if "demo" in top and not isinstance(top["demo"], bool):
        reading.wrong(("demo",), "not-true-or-false")
    county = _area(reading, reading.mapping(top.get("county"), ("county",), _AREA), ("county",), "county", "/")
    for item, where in reading.items(top, "streets", ()):
        _street(reading, item, where, county)
    _check_references(reading)
    return list(reading.places.values()), reading.errors


def _area(reading: _Reading, data: Mapping[str, Any], where: Where, level: str, above: str) -> str:
    """Add an area and return its path; what lies beneath a nameless area is still read for its errors."""
    head = reading.head(data, where) if data else None
    if head is None:
        return f"{above}-/"
    path = f"{above}{head[0]}/"
    reading.add(Place(head[0], level, head[1], path, demo=reading.demo), where)
    return path


def _street(reading: _Reading, item: Any, where: Where, above: str) -> None:
    data = reading.mapping(item, where, _AREA | {"communities"})
    path = _area(reading, data, where, "street", above)
    for community, at in reading.items(data, "communities", where):
        _community(reading, community, at, path)


def _community(reading: _Reading, item: Any, where: Where, above: str) -> None:
    data = reading.mapping(item, where, _AREA | {"grids", "compounds", "stations"})
    path = _area(reading, data, where, "community", above)
    for grid, at in reading.items(data, "grids", where):
        _area(reading, reading.mapping(grid, at, _AREA), at, "grid", path)
    for compound, at in reading.items(data, "compounds", where):
        _compound(reading, compound, at, path)
    for station, at in reading.items(data, "stations", where):
        _station(reading, station, at, path)


def _compound(reading: _Reading, item: Any, where: Where, above: str) -> None:
    data = reading.mapping(item, where, _AREA | {"grids"})
    grids = reading.slugs(data, "grids", where)
    head = reading.head(data, where) if data else None
    if head:
        reading.add(Place(head[0], "compound", head[1], f"{above}{head[0]}/", grids, demo=reading.demo), where)


def _station(reading: _Reading, item: Any, where: Where, above: str) -> None:
    data = reading.mapping(item, where, _STATION)
    if not data:
        return
    kind, grid = data.get("type"), data.get("grid")
    if kind is not None and kind not in STATION_TYPES:
        reading.wrong((*where, "type"), "not-one-of", choices=", ".join(STATION_TYPES))
    if not isinstance(grid, str):
        reading.wrong((*where, "grid"), "required")
    compounds, hours = reading.slugs(data, "compounds", where), _hours(reading, data, where)
    head = reading.head(data, where)
    if head:
        reading.add(
            Place(
                head[0], "station", head[1], f"{above}{head[0]}/", grid=str(grid), compounds=compounds, hours=hours,
                station_type=kind if isinstance(kind, str) else None, demo=reading.demo,
            ),
            where,
        )  # fmt: skip


def _hours(reading: _Reading, data: Mapping[str, Any], where: Where) -> Hours | None:
    """`hours` and `late` by weekday (`daily`, `workdays`, `weekend` name several), `exceptions` by date."""
    texts: dict[str, list[str]] = {day: [] for day in WEEKDAYS}
    said: dict[str, Where] = {}
    for key in ("hours", "late"):
        _week(reading, data.get(key, {}), (*where, key), texts, said)
    week = tuple(_openings(reading, texts[day], said.get(day, (*where, "hours"))) for day in WEEKDAYS)
    if not any(week):
        reading.wrong((*where, "hours"), "never-open")
        return None
    return Hours(week, _exceptions(reading, data, where))


_SEVERAL = {"daily": WEEKDAYS, "workdays": WEEKDAYS[:5], "weekend": WEEKDAYS[5:]}


def _week(reading: _Reading, table: Any, where: Where, texts: dict[str, list[str]], said: dict[str, Where]) -> None:
    rows = reading.mapping(table, where, {*WEEKDAYS, *_SEVERAL})
    for key, row in rows.items():
        if not isinstance(row, list) or not all(isinstance(text, str) for text in row):
            reading.wrong((*where, str(key)), "not-a-list-of-hours")
            continue
        for day in _SEVERAL.get(key, (key,)):
            if day in texts:
                texts[day].extend(row)
                said[day] = (*where, str(key))


def _openings(reading: _Reading, texts: list[str], where: Where) -> tuple[Opening, ...]:
    try:
        return parse_day(texts)
    except BadHours as error:
        reading.wrong(where, f"hours-{error.args[0]}")
        return ()


def _exceptions(reading: _Reading, data: Mapping[str, Any], where: Where) -> dict[date, Exceptional]:
    found: dict[date, Exceptional] = {}
    for item, at in reading.items(data, "exceptions", where):
        one = reading.mapping(item, at, {"date", "closed", "hours", "reason"})
        day, reason = _date(one.get("date")), one.get("reason", "")
        if day is None:
            reading.wrong((*at, "date"), "not-a-date")
            continue
        if day in found:
            reading.wrong((*at, "date"), "date-twice")
        if ("closed" in one) == ("hours" in one):
            reading.wrong(at, "closed-or-hours")
        texts = one.get("hours", [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            reading.wrong((*at, "hours"), "not-a-list-of-hours")
            continue
        found[day] = Exceptional(_openings(reading, texts, (*at, "hours")), str(reason)[:60])
    return found


def _date(value: Any) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _check_references(reading: _Reading) -> None:
    """What a compound or a station names must exist, be of the right sort, and lie in the same community."""
    served: dict[str, str] = {}
    for place in reading.places.values():
        where = reading.said_at[place.id]
        for index, grid in enumerate(place.grids):
            _same_community(reading, place, grid, "grid", (*where, "grids", index))
        if place.level == "station":
            _same_community(reading, place, str(place.grid), "grid", (*where, "grid"))
        for index, compound in enumerate(place.compounds):
            _same_community(reading, place, compound, "compound", (*where, "compounds", index))
            if served.setdefault(compound, place.id) != place.id:
                reading.wrong((*where, "compounds", index), "already-served", id=compound, by=served[compound])


def _same_community(reading: _Reading, place: Place, named: str, level: str, where: Where) -> None:
    other = reading.places.get(named)
    if other is None or other.level != level:
        reading.wrong(where, "no-such-place", id=named, level=level)
    elif other.area_path.rsplit("/", 2)[0] != place.area_path.rsplit("/", 2)[0]:
        reading.wrong(where, "other-community", id=named)
