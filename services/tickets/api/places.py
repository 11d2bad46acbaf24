"""Places, stations and calendars: read by everybody, loaded by an administrator."""

from collections.abc import Mapping
from typing import Any

from services.chassis.auth.principal import NotAllowed, NotFound
from services.chassis.http import ANYONE, Call, Problem, Reply, command, query
from services.chassis.unit import Unit
from services.tickets import schemas
from services.tickets.api.access import Base
from services.tickets.domain.hours import WEEKDAYS, Opening
from services.tickets.domain.places import Place, PlaceError
from services.tickets.domain.refused import Refused
from services.tickets.handlers.places import load_places
from services.tickets.place_words import words

TAGS = ("places",)
AREAS = ("county", "street", "community", "grid", "compound")


class Places(Base):
    """Places and calendars."""

    @command("POST", "/api/v1/places", roles=("admin",), body=schemas.LoadPlaces, params=schemas.LoadParams,
             answer=schemas.LoadedOut, tags=TAGS, problems=("bad-places",))  # fmt: skip
    def load(self, unit: Unit, call: Call) -> Reply:
        """Load places; loading the same again changes nothing. `dry_run` only says what would change."""
        _require_admin(call)
        report = load_places(self.store(unit), call.body, dry_run=call.params["dry_run"])
        if report.errors:
            raise Problem("bad-places", errors=[_error(error, call.locale) for error in report.errors[:50]])
        return Reply({
            "dry_run": call.params["dry_run"], "created": report.created, "changed": report.changed,
            "unchanged": report.unchanged, "absent": report.absent,
        })  # fmt: skip

    @query("GET", "/api/v1/areas", roles=ANYONE, params=schemas.AreaFilter, answer=schemas.AreaPage, tags=TAGS)
    def list_areas(self, unit: Unit, call: Call) -> Reply:
        """Areas and compounds, by identity."""
        levels = (call.params["level"],) if "level" in call.params else AREAS
        return _page(self.store(unit), call, levels, _area)

    @query("GET", "/api/v1/areas/<area_id>", roles=ANYONE, answer=schemas.AreaOut, tags=TAGS)
    def get_area(self, unit: Unit, call: Call, area_id: str) -> Reply:
        """One area or compound."""
        return Reply(_area(_known(self.store(unit), area_id, AREAS)))

    @query("GET", "/api/v1/stations", roles=ANYONE, params=schemas.PlaceFilter, answer=schemas.StationPage, tags=TAGS)
    def list_stations(self, unit: Unit, call: Call) -> Reply:
        """Stations (驿站), by identity."""
        return _page(self.store(unit), call, ("station",), _station)

    @query("GET", "/api/v1/stations/<station_id>", roles=ANYONE, answer=schemas.StationOut, tags=TAGS)
    def get_station(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """One station with its hours."""
        return Reply(_station(_known(self.store(unit), station_id, ("station",))))

    @query("GET", "/api/v1/calendars/working-days/<year>", roles=ANYONE, answer=schemas.WorkingDaysOut, tags=TAGS,
           problems=("calendar-year-unknown",))  # fmt: skip
    def working_days(self, unit: Unit, call: Call, year: str) -> Reply:
        """The official Chinese working days of a year (with 调休); a year that is not loaded is unknown."""
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            raise NotFound
        known = self.house.working_days(self.store(unit)).years
        if int(year) not in known:
            raise Refused("calendar-year-unknown", year=int(year))
        days = sorted(known[int(year)])
        return Reply({"year": int(year), "count": len(days), "working_days": [day.isoformat() for day in days]})


def _require_admin(call: Call) -> None:
    """An administrator loads the places of their own county only."""
    county = call.body.get("county")
    identity = county.get("id") if isinstance(county, dict) else None
    if isinstance(identity, str) and not call.principal.may(f"/{identity}/", "admin"):
        raise NotAllowed


def _page(store: Any, call: Call, levels: tuple[str, ...], shown: Any) -> Reply:
    after = call.page.after[0] if call.page.after else None
    found = store.find_places(levels, call.params.get("under"), after, call.page.fetch)
    page = call.page.answer(found, lambda place: (place.id,))
    page["items"] = [shown(place) for place in page["items"]]
    return Reply(page)


def _known(store: Any, place_id: str, levels: tuple[str, ...]) -> Place:
    place: Place | None = store.place(place_id)
    if place is None or place.level not in levels:
        raise NotFound
    return place


def _area(place: Place) -> Mapping[str, Any]:
    return {
        "id": place.id, "level": place.level, "name": place.name, "area_path": place.area_path,
        "grids": list(place.grids),
    }  # fmt: skip


def _station(place: Place) -> Mapping[str, Any]:
    hours = place.hours
    week = zip(WEEKDAYS, hours.week, strict=True) if hours else ()
    exceptions = sorted(hours.exceptions.items()) if hours else ()
    return {
        "id": place.id, "name": place.name, "area_path": place.area_path, "type": place.station_type,
        "grid": place.grid, "compounds": list(place.compounds),
        "hours": {day: [_written(opening) for opening in openings] for day, openings in week},
        "exceptions": [
            {"date": day.isoformat(), "hours": [_written(o) for o in one.openings], "reason": one.reason}
            for day, one in exceptions
        ],
    }  # fmt: skip


def _written(opening: Opening) -> str:
    start, end = opening
    return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"


def _error(error: PlaceError, locale: str) -> dict[str, str]:
    zh, en = words(error.code, error.params)
    pointer = "".join("/" + str(step)[:100].replace("~", "~0").replace("/", "~1") for step in error.where)
    return {"pointer": pointer, "field": error.field, "message": zh if locale == "zh-CN" else en}
