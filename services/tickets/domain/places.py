"""Places (地点): county → street → community → grid, compounds (小区), their buildings (楼栋), and stations (驿站).

How they are read from plain data stands in `places_tree.py`, what a station may be in `stations.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.tickets.domain.hours import Hours

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
AREA_LEVELS = ("county", "street", "community", "grid", "compound", "building")
LEVEL_NAMES = {
    "county": "县", "street": "街道", "community": "社区", "grid": "网格", "compound": "小区", "building": "楼栋",
    "station": "驿站",
}  # fmt: skip
"""What each level is called where a county says nothing else."""

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
class Position:
    """In degrees of WGS-84. Maps made in China often show GCJ-02, which lies up to 700 m beside it."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Place:
    """An area of the tree. `level`: county, street, community, grid, compound, building, station."""

    id: str
    level: str
    name: str
    area_path: str
    grids: tuple[str, ...] = ()
    """Of a compound: the grids in which it lies."""
    grid: str | None = None
    """Of a station or building: the grid to which its tickets belong."""
    compounds: tuple[str, ...] = ()
    """Of a station: the compounds that it serves; of a building: the one in which it stands."""
    hours: Hours | None = None
    station_type: str | None = None
    demo: bool = False
    state: str | None = None
    """Of a station, see `stations.py`; None as read from data that does not say it: then it stays as it is known."""
    parent: str | None = None
    """Of a station: the centre that it belongs to (一中心多站点)."""
    zones: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    speciality: str | None = None
    """一站一特色."""
    position: Position | None = None
    level_names: Mapping[str, str] = field(default_factory=dict)
    """Of a county: what its levels are called, where that differs from `LEVEL_NAMES`."""
    units: tuple[str, ...] = ()
    """Of a building: its units (单元), by name."""

    @property
    def above(self) -> str:
        """The path of what it lies in: of a grid, compound, building or station, its community."""
        return self.area_path.rstrip("/").rsplit("/", 1)[0] + "/"
