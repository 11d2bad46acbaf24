"""The demonstration county as the players need it: which grid lies where, which compounds, when its station opens."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.tickets.domain.calendars import Calendar, StationHours, Wall, next_open
from services.tickets.domain.hours import Hours
from services.tickets.domain.places import Place
from services.tickets.domain.places_tree import parse_places
from services.tickets.files.places import read_yaml


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid (网格) with what surrounds it."""

    id: str
    path: str
    community: str
    """Path of the community; `street` and `county` likewise."""
    street: str
    county: str
    station_id: str
    station: str
    compounds: tuple[str, ...]
    hours: Hours | None

    def next_open(self, at: datetime, zone: ZoneInfo) -> datetime:
        """`at` itself while the station is open, else its next opening."""
        calendar: Calendar = StationHours(self.hours, zone) if self.hours else Wall()
        return next_open(calendar, at)


@dataclass(frozen=True, slots=True)
class County:
    path: str
    streets: tuple[str, ...]
    communities: tuple[str, ...]
    grids: tuple[Grid, ...]
    stations: int
    compounds: int


def read_county(file: Path) -> County:
    """The county of a places file. Raises PlacesFileRefused, ValueError when a grid has no station."""
    data, _ = read_yaml(file.read_bytes())
    places, errors = parse_places(data)
    if errors:
        raise ValueError(f"{file}: `doorstep places load --dry-run` names its {len(errors)} errors")
    of_level: dict[str, list[Place]] = {}
    for place in places:
        of_level.setdefault(place.level, []).append(place)
    stations = {place.grid: place for place in of_level.get("station", ())}
    grids = tuple(_grid(place, stations.get(place.id)) for place in of_level.get("grid", ()))
    return County(
        of_level["county"][0].area_path,
        tuple(place.area_path for place in of_level.get("street", ())),
        tuple(place.area_path for place in of_level.get("community", ())),
        grids,
        len(of_level.get("station", ())),
        len(of_level.get("compound", ())),
    )


def _grid(place: Place, station: Place | None) -> Grid:
    if station is None:
        raise ValueError(f"grid {place.id} has no station")
    steps = place.area_path.strip("/").split("/")
    county, street, community = ("/" + "/".join(steps[:count]) + "/" for count in (1, 2, 3))
    return Grid(place.id, place.area_path, community, street, county, station.id, station.area_path,
                station.compounds, station.hours)  # fmt: skip
