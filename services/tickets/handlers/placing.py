"""Where a ticket belongs: by its grid or building, only by a compound (then its station's grid), or by a station.

A station that is not open takes no tickets to its hours: what comes to it goes to the nearest open centre above it,
else to an open station of its grid, else to the grid alone, where every second counts. The grid stays the one that the
station or the compound has, whatever becomes of the station.
"""

from dataclasses import replace

from services.tickets.domain.hours import to_plain
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused
from services.tickets.domain.stations import taking
from services.tickets.domain.ticket import Placing
from services.tickets.handlers.ports import Store

PLACED_BY = ("grid_id", "compound_id", "station_id", "building_id")
"""What of a request says the place, in the order of `placing`."""


def placing(
    store: Store,
    grid_id: str | None,
    compound_id: str | None,
    station_id: str | None,
    building_id: str | None = None,
) -> tuple[Placing, Place | None]:
    """The placing, and the station whose hours count.

    Raises Refused: place-required, no-such-place, compound-without-station, places-do-not-match.
    """
    if grid_id is None and compound_id is None and station_id is None and building_id is None:
        raise Refused("place-required")
    if building_id is not None:
        grid_id, compound_id = _of_building(store, building_id, grid_id, compound_id)
    compound = _known(store, compound_id, "compound", "compound_id")
    named = _known(store, station_id, "station", "station_id")
    grid = _known(store, grid_id, "grid", "grid_id")
    if named is None and compound is not None:
        named = store.station_serving(compound.id)
    if grid is None:
        grid = _grid_of(store, named, compound)
    for other in (compound, named):
        if other is not None and other.above != grid.above:
            raise Refused("places-do-not-match")
    station = _taking(store, named, grid.id)
    found = Placing(
        grid.id, grid.area_path, compound.id if compound else None, station.id if station else None,
        station.area_path if station else None, building_id,
    )  # fmt: skip
    return found, station


def _of_building(store: Store, building_id: str, grid_id: str | None, compound_id: str | None) -> tuple[str, str]:
    """Its one grid and its one compound, which nobody may say otherwise."""
    building = _known(store, building_id, "building", "building_id")
    if building is None or building.grid is None:
        raise Refused("no-such-place", field="building_id", id=building_id)
    if grid_id not in (None, building.grid) or compound_id not in (None, building.compounds[0]):
        raise Refused("places-do-not-match")
    return building.grid, building.compounds[0]


def plain_hours(station: Place | None) -> dict[str, object] | None:
    """The station's hours as they are pinned to a round of clocks; None: no station, every second counts."""
    return to_plain(station.hours) if station is not None and station.hours is not None else None


def hours_now(store: Store, placed: Placing) -> dict[str, object] | None:
    """The hours of a new round of a ticket that has its place: of its station, or of who takes what comes to that."""
    if placed.station_id is None:
        return None
    return plain_hours(_taking(store, store.place(placed.station_id), placed.grid_id))


def placed_now(store: Store, placed: Placing) -> Placing:
    """Where the same grid and station lie now. A station that stayed behind in the former community is left: an open
    one of the grid takes its place. What is not known any more stays as it was."""
    grid = store.place(placed.grid_id)
    station = store.place(placed.station_id) if placed.station_id else None
    if grid is None:
        return placed
    if station is not None and _stayed_behind(station, placed, grid):
        station = store.station_of_grid(grid.id)
        if station is None:
            return replace(placed, area_path=grid.area_path, station_id=None, station_path=None)
    if station is None:
        return replace(placed, area_path=grid.area_path)
    return replace(placed, area_path=grid.area_path, station_id=station.id, station_path=station.area_path)


def _stayed_behind(station: Place, placed: Placing, grid: Place) -> bool:
    former = placed.area_path.rstrip("/").rsplit("/", 1)[0] + "/"
    return station.above == former != grid.above


def _taking(store: Store, station: Place | None, grid_id: str) -> Place | None:
    return taking(station, store.place) or store.station_of_grid(grid_id)


def _grid_of(store: Store, station: Place | None, compound: Place | None) -> Place:
    grid_id = station.grid if station is not None else None
    if grid_id is None and compound is not None and len(compound.grids) == 1:
        grid_id = compound.grids[0]
    grid = store.place(grid_id) if grid_id is not None else None
    if grid is None:
        raise Refused("compound-without-station", id=compound.id if compound else "")
    return grid


def _known(store: Store, place_id: str | None, level: str, field: str) -> Place | None:
    if place_id is None:
        return None
    place = store.place(place_id)
    if place is None or place.level != level:
        raise Refused("no-such-place", field=field, id=place_id)
    return place
