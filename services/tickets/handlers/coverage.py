"""How well the stations of a county cover the compounds of an area."""

from collections.abc import Callable, Sequence
from typing import Protocol

from services.tickets.domain.coverage import Coverage, coverage
from services.tickets.domain.places import Place

GRID, COMPOUND, STATION = "grid", "compound", "station"


class Map(Protocol):
    """Knows what lies beneath what."""

    def places_beneath(self, area_path: str, level: str) -> Sequence[Place]: ...


def coverage_of(
    around: Map, area: Place, within_metres: float,
    aside: Callable[[Callable[[], Coverage]], Coverage] = lambda work: work(),
) -> Coverage:  # fmt: skip
    """The compounds beneath the area, of a grid those that lie in it; a station anywhere in the county may be the
    nearest. The reckoning, of each compound with each station, is left to `aside`."""
    beneath = area.above if area.level == GRID else area.area_path
    compounds = around.places_beneath(beneath, COMPOUND)
    if area.level == GRID:
        compounds = [compound for compound in compounds if area.id in compound.grids]
    county = "/{}/".format(area.area_path.split("/")[1])
    stations = around.places_beneath(county, STATION)
    return aside(lambda: coverage(compounds, stations, within_metres))
