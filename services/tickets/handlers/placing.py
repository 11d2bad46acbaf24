"""Where a ticket belongs: by its grid, only by a compound (then its station's grid), or by a station."""

from services.tickets.domain.hours import to_plain
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Placing
from services.tickets.handlers.ports import Store


def placing(
    store: Store, grid_id: str | None, compound_id: str | None, station_id: str | None
) -> tuple[Placing, Place | None]:
    """The placing, and the station whose hours count.

    Raises Refused: place-required, no-such-place, compound-without-station, places-do-not-match.
    """
    if grid_id is None and compound_id is None and station_id is None:
        raise Refused("place-required")
    compound = _known(store, compound_id, "compound", "compound_id")
    station = _known(store, station_id, "station", "station_id")
    grid = _known(store, grid_id, "grid", "grid_id")
    if station is None and compound is not None:
        station = store.station_serving(compound.id)
    if grid is None:
        grid = _grid_of(store, station, compound)
    if station is None:
        station = store.station_of_grid(grid.id)
    for other in (compound, station):
        if other is not None and _community(other) != _community(grid):
            raise Refused("places-do-not-match")
    found = Placing(
        grid.id, grid.area_path, compound.id if compound else None, station.id if station else None,
        station.area_path if station else None,
    )  # fmt: skip
    return found, station


def plain_hours(station: Place | None) -> dict[str, object] | None:
    """The station's hours as they are pinned to a round of clocks; None: no station, every second counts."""
    return to_plain(station.hours) if station is not None and station.hours is not None else None


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


def _community(place: Place) -> str:
    return place.area_path.rstrip("/").rsplit("/", 1)[0]
