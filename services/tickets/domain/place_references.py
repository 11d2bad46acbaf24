"""What a place names must exist, be of the right sort, and lie where it may."""

from services.tickets.domain.place_reading import Reading
from services.tickets.domain.places import Place, Where


def check_references(reading: Reading) -> None:
    """Grids and compounds lie in the same community as who names them; a centre anywhere in the county."""
    served: dict[str, str] = {}
    for place in reading.places.values():
        where = reading.said_at[place.id]
        for index, grid in enumerate(place.grids):
            _same_community(reading, place, grid, "grid", (*where, "grids", index))
        if place.level == "station":
            _same_community(reading, place, str(place.grid), "grid", (*where, "grid"))
            _centre(reading, place, (*where, "parent"))
        if place.level == "building":
            _building(reading, place, where)
            continue
        for index, compound in enumerate(place.compounds):
            _same_community(reading, place, compound, "compound", (*where, "compounds", index))
            if served.setdefault(compound, place.id) != place.id:
                reading.wrong((*where, "compounds", index), "already-served", id=compound, by=served[compound])


def _building(reading: Reading, building: Place, where: Where) -> None:
    """Its grid is one of those in which its compound lies, if the compound names any."""
    grid, compound = str(building.grid), building.compounds[0]
    _same_community(reading, building, grid, "grid", (*where, "grid"))
    _same_community(reading, building, compound, "compound", (*where, "compound"))
    around = reading.places.get(compound)
    if around is not None and around.grids and grid not in around.grids:
        reading.wrong((*where, "grid"), "grid-not-of-compound", id=grid, compound=compound)


def _same_community(reading: Reading, place: Place, named: str, level: str, where: Where) -> None:
    other = _known(reading, named, level, where)
    if other is not None and other.above != place.above:
        reading.wrong(where, "other-community", id=named)


def _centre(reading: Reading, station: Place, where: Where) -> None:
    """The centre is a station, and whoever goes on from centre to centre comes to an end."""
    if station.parent is None or _known(reading, station.parent, "station", where) is None:
        return
    above: Place | None = reading.places[station.parent]
    seen: set[str] = set()
    while above is not None and above.id not in seen:
        if above.id == station.id:
            reading.wrong(where, "parent-cycle", id=station.id)
            return
        seen.add(above.id)
        above = reading.places.get(above.parent) if above.parent else None


def _known(reading: Reading, named: str, level: str, where: Where) -> Place | None:
    other = reading.places.get(named)
    if other is None or other.level != level:
        reading.wrong(where, "no-such-place", id=named, level=level)
        return None
    return other
