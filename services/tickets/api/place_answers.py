"""Areas, stations and loads as they are answered."""

from collections.abc import Mapping
from typing import Any

from services.tickets.domain.hours import WEEKDAYS, written
from services.tickets.domain.places import LEVEL_NAMES, Place, PlaceError, Position
from services.tickets.domain.stations import OPEN, TYPES
from services.tickets.files.place_words import words
from services.tickets.handlers.places import LoadReport

MOST_CHANGES = 1_000
Answer = Mapping[str, Any]


def area_answer(store: Any, place: Place) -> Answer:
    county = store.place(place.area_path.split("/")[1])
    names = {**LEVEL_NAMES, **(county.level_names if county else {})}
    return {
        "id": place.id, "level": place.level, "level_name": names[place.level], "name": place.name,
        "area_path": place.area_path, "grids": list(place.grids), "grid": place.grid,
        "compound": place.compounds[0] if place.level == "building" else None, "units": list(place.units),
        "position": _position(place.position),
    }  # fmt: skip


def station_answer(place: Place) -> Answer:
    hours = place.hours
    week = zip(WEEKDAYS, hours.week, strict=True) if hours else ()
    exceptions = sorted(hours.exceptions.items()) if hours else ()
    return {
        "id": place.id, "name": place.name, "area_path": place.area_path, "type": place.station_type,
        "type_name": TYPES[place.station_type][0] if place.station_type else None,
        "state": place.state or OPEN, "parent": place.parent, "grid": place.grid, "compounds": list(place.compounds),
        "hours": {day: [written(opening) for opening in openings] for day, openings in week},
        "exceptions": [
            {"date": day.isoformat(), "hours": [written(o) for o in one.openings], "reason": one.reason}
            for day, one in exceptions
        ],
        "zones": list(place.zones), "facilities": list(place.facilities), "speciality": place.speciality,
        "position": _position(place.position),
    }  # fmt: skip


def load_answer(report: LoadReport, *, dry_run: bool) -> Answer:
    known = set(report.changed)
    return {
        "dry_run": dry_run, "created": report.created, "changed": report.changed, "unchanged": report.unchanged,
        "absent": report.absent,
        "changes": [
            {"id": change.place.id, "level": change.place.level, "new": change.place.id not in known,
             "differs": [{"field": name, "before": old, "after": new} for name, old, new in change.differs]}
            for change in report.changes[:MOST_CHANGES]
        ],
    }  # fmt: skip


def error_answer(error: PlaceError, locale: str) -> dict[str, str]:
    zh, en = words(error.code, error.params)
    pointer = "".join("/" + str(step)[:100].replace("~", "~0").replace("/", "~1") for step in error.where)
    return {"pointer": pointer, "field": error.field, "message": zh if locale == "zh-CN" else en}


def _position(at: Position | None) -> dict[str, float] | None:
    return {"lat": at.lat, "lon": at.lon} if at else None
