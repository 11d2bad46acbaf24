"""Places as plain data, in the words of a places file: what is exported loads again, and differences are told in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.tickets.domain.hours import WEEKDAYS, Hours, Opening, written
from services.tickets.domain.places import Place

Plain = dict[str, Any]


def plain_place(place: Place) -> Plain:
    """Its fields as the file has them, without what lies beneath it; what is empty is left out."""
    at, hours = place.position, place.hours
    said: Plain = {
        "id": place.id, "name": place.name, "type": place.station_type, "state": place.state, "parent": place.parent,
        "grid": place.grid, "grids": list(place.grids), "compounds": list(place.compounds),
        "hours": _week(hours) if hours else None, "exceptions": _exceptions(hours) if hours else None,
        "zones": list(place.zones), "facilities": list(place.facilities), "speciality": place.speciality,
        "units": list(place.units), "position": {"lat": at.lat, "lon": at.lon} if at else None,
    }  # fmt: skip
    if place.level == "building":
        said |= {"compound": place.compounds[0], "compounds": None}
    return {name: value for name, value in said.items() if value or name in ("id", "name")}


def tree(places: Iterable[Place]) -> Plain:
    """One county as a places file, in the order of the ids. Raises ValueError when there is no county among them."""
    beneath: dict[str, list[Place]] = {}
    for place in sorted(places, key=lambda one: one.id):
        beneath.setdefault(place.above, []).append(place)
    if not beneath.get("/"):
        raise ValueError("no county")
    county = beneath["/"][0]
    said: Plain = {"demo": True} if county.demo else {}
    if county.level_names:
        said["levels"] = dict(county.level_names)
    streets = [
        {**plain_place(street), "communities": [_community(one, beneath) for one in beneath.get(street.area_path, ())]}
        for street in beneath.get(county.area_path, ())
    ]
    return said | {"county": plain_place(county), "streets": streets}


_LISTS = {"grid": "grids", "compound": "compounds", "building": "buildings", "station": "stations"}


def _community(place: Place, beneath: Mapping[str, Sequence[Place]]) -> Plain:
    said = plain_place(place)
    for level, name in _LISTS.items():
        found = [plain_place(one) for one in beneath.get(place.area_path, ()) if one.level == level]
        if found:
            said[name] = found
    return said


def differences(before: Place, after: Place) -> list[tuple[str, Any, Any]]:
    """Each field of the file that differs, as it was and as it is to be; None where it was or is not said."""
    old, new = _fields(before), _fields(after)
    return [(name, old.get(name), new.get(name)) for name in old | new if old.get(name) != new.get(name)]


def _fields(place: Place) -> Plain:
    more = {"levels": dict(place.level_names) or None, "demo": place.demo or None}
    return {"area_path": place.area_path, **plain_place(place), **more}


def plain_hours(hours: Hours) -> Plain:
    """The weekly table and the dates that differ from it, without their reasons."""
    differing = [{name: said for name, said in one.items() if name != "reason"} for one in _exceptions(hours)]
    return {"hours": _week(hours), "exceptions": differing}


def _week(hours: Hours) -> Plain:
    """By day, or by `daily`, `workdays`, `weekend` where these have the same hours."""
    days = [[written(opening) for opening in row] for row in hours.week]
    if all(day == days[0] for day in days):
        return {"daily": days[0]}
    said: Plain = {}
    for names, first, last in (("workdays", 0, 5), ("weekend", 5, 7)):
        part = days[first:last]
        if all(day == part[0] for day in part):
            said |= {names: part[0]} if part[0] else {}
        else:
            said |= {name: day for name, day in zip(WEEKDAYS[first:last], part, strict=True) if day}
    return said


def _exceptions(hours: Hours) -> list[Plain]:
    return [
        {"date": day.isoformat(), **_openings(one.openings), **({"reason": one.reason} if one.reason else {})}
        for day, one in sorted(hours.exceptions.items())
    ]


def _openings(openings: Sequence[Opening]) -> Plain:
    return {"hours": [written(opening) for opening in openings]} if openings else {"closed": True}
