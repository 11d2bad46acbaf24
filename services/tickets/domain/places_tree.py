"""The tree of places, read from plain data as a places file holds it.

Every error is found in one pass and named with the path of its field, so that an operator repairs a file once.
"""

from collections.abc import Mapping
from typing import Any

from services.tickets.domain.place_reading import Reading
from services.tickets.domain.place_references import check_references
from services.tickets.domain.places import LEVEL_NAMES, Place, PlaceError, Where
from services.tickets.domain.station_reading import read_station

_AREA = {"id", "name"}


def parse_places(data: Any) -> tuple[list[Place], list[PlaceError]]:
    """The places that `data` defines, parents before children, and everything that is wrong with it."""
    reading = read_places(data)
    return list(reading.places.values()), reading.errors


def read_places(data: Any) -> Reading:
    """The same, with the way to where each place was said."""
    reading = Reading()
    top = reading.mapping(data, (), {"demo", "levels", "county", "streets"})
    reading.demo = top.get("demo") is True
    if "demo" in top and not isinstance(top["demo"], bool):
        reading.wrong(("demo",), "not-true-or-false")
    county = _county(reading, top)
    for item, where in reading.items(top, "streets", ()):
        _street(reading, item, where, county)
    check_references(reading)
    return reading


def _county(reading: Reading, top: Mapping[str, Any]) -> str:
    data = reading.mapping(top.get("county"), ("county",), _AREA)
    said = reading.mapping(top.get("levels", {}), ("levels",), set(LEVEL_NAMES))
    names = {level: reading.text(name, ("levels", level)) for level, name in said.items()}
    head = reading.head(data, ("county",)) if data else None
    if head is None:
        return "/-/"
    path = f"/{head[0]}/"
    level_names = {level: name for level, name in names.items() if name}
    reading.add(Place(head[0], "county", head[1], path, demo=reading.demo, level_names=level_names), ("county",))
    return path


def _area(reading: Reading, data: Mapping[str, Any], where: Where, level: str, above: str) -> str:
    """Add an area and return its path; what lies beneath a nameless area is still read for its errors."""
    head = reading.head(data, where) if data else None
    if head is None:
        return f"{above}-/"
    path = f"{above}{head[0]}/"
    reading.add(Place(head[0], level, head[1], path, demo=reading.demo), where)
    return path


def _street(reading: Reading, item: Any, where: Where, above: str) -> None:
    data = reading.mapping(item, where, _AREA | {"communities"})
    path = _area(reading, data, where, "street", above)
    for community, at in reading.items(data, "communities", where):
        _community(reading, community, at, path)


def _community(reading: Reading, item: Any, where: Where, above: str) -> None:
    data = reading.mapping(item, where, _AREA | {"grids", "compounds", "buildings", "stations"})
    path = _area(reading, data, where, "community", above)
    for grid, at in reading.items(data, "grids", where):
        _area(reading, reading.mapping(grid, at, _AREA), at, "grid", path)
    for compound, at in reading.items(data, "compounds", where):
        _compound(reading, compound, at, path)
    for building, at in reading.items(data, "buildings", where):
        _building(reading, building, at, path)
    for station, at in reading.items(data, "stations", where):
        read_station(reading, station, at, path)


def _compound(reading: Reading, item: Any, where: Where, above: str) -> None:
    data = reading.mapping(item, where, _AREA | {"grids", "position"})
    grids, position = reading.slugs(data, "grids", where), reading.position(data, where)
    head = reading.head(data, where) if data else None
    if head:
        path = f"{above}{head[0]}/"
        reading.add(
            Place(head[0], "compound", head[1], path, grids, demo=reading.demo, position=position), where
        )  # fmt: skip


def _building(reading: Reading, item: Any, where: Where, above: str) -> None:
    """It has one grid and one compound, both of its community, and lies beneath neither: these may be drawn anew."""
    data = reading.mapping(item, where, _AREA | {"grid", "compound", "units", "position"})
    if not data:
        return
    for name in ("grid", "compound"):
        if not isinstance(data.get(name), str):
            reading.wrong((*where, name), "required")
    units, position = reading.texts(data, "units", where), reading.position(data, where)
    head = reading.head(data, where)
    if head:
        reading.add(
            Place(head[0], "building", head[1], f"{above}{head[0]}/", grid=str(data.get("grid")), units=units,
                  compounds=(str(data.get("compound")),), demo=reading.demo, position=position), where
        )  # fmt: skip
