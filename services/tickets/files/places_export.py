"""Places as files that load again unchanged: YAML, or a table in CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from services.tickets.domain.place_plain import plain_place, tree
from services.tickets.domain.places import LEVEL_NAMES, Place
from services.tickets.files.cells import guarded, joined
from services.tickets.files.place_tables import AREAS, CLOSED, DAYS, LEVELS, STATE_WORDS, STATIONS, TYPE_WORDS, YES

TABLES = {"areas": AREAS, "stations": STATIONS}
_DEEPER = {"county": 0, "street": 1, "community": 2, "grid": 3, "compound": 3, "building": 4}


class _Plain(yaml.SafeDumper):
    """Repeats what is the same instead of pointing to it, so that people can edit the file."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def as_yaml(data: Mapping[str, Any]) -> str:
    """Data in the shape of a places file."""
    return yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None)


def county_as_yaml(places: Iterable[Place]) -> str:
    return as_yaml(tree(places))


def table(kind: str, places: Iterable[Place]) -> bytes:
    """One of `TABLES` of a county, in UTF-8 with a byte order mark, as Excel opens it. Each line names what it lies in
    by its id; what lies higher comes first."""
    stations = kind == "stations"
    chosen = [place for place in places if (place.level == "station") == stations]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(TABLES[kind].values())
    for place in sorted(chosen, key=lambda one: (_DEEPER.get(one.level, 5), one.id)):
        cells = _cells(place)
        writer.writerow([cells.get(column, "") for column in TABLES[kind]])
    return text.getvalue().encode("utf-8-sig")


def _cells(place: Place) -> dict[str, str]:
    said = plain_place(place)
    cells: dict[str, str] = {name: guarded(str(said[name])) for name in _TEXTS if name in said}
    cells |= {name: guarded(joined(said[name])) for name in _LISTS if name in said}
    cells["above"] = place.above.rstrip("/").rpartition("/")[2]
    cells["level"] = LEVELS.get(place.level, "")
    if place.station_type is not None:
        cells["type"] = TYPE_WORDS[place.station_type]
    if place.state is not None:
        cells["state"] = STATE_WORDS[place.state]
    if place.position is not None:
        cells |= {"lat": repr(place.position.lat), "lon": repr(place.position.lon)}
    if "hours" in said:
        cells["hours"] = joined(f"{DAYS[day]} {' '.join(openings)}" for day, openings in said["hours"].items())
    if "exceptions" in said:
        cells["exceptions"] = joined(_exception(one) for one in said["exceptions"])
    if place.level_names:
        cells["levels"] = joined(f"{LEVEL_NAMES[level]}={name}" for level, name in place.level_names.items())
    if place.level == "county" and place.demo:
        cells["demo"] = YES
    return cells


_TEXTS: Sequence[str] = ("id", "name", "parent", "grid", "compound", "speciality")
_LISTS: Sequence[str] = ("grids", "compounds", "units", "zones", "facilities")


def _exception(one: Mapping[str, Any]) -> str:
    return " ".join([one["date"], *one.get("hours", [CLOSED]), *([one["reason"]] if "reason" in one else [])])
