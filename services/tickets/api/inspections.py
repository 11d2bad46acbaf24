"""Standards that score: stations are inspected by somebody who does not serve there."""

from typing import Any

from services.chassis.http import ANYONE, Call, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.access import ON_DUTY, Base
from services.tickets.api.areas import known_area
from services.tickets.api.service_records import at_station
from services.tickets.api.stations import TAGS
from services.tickets.domain.inspections import OFFICES, SERVES_THERE, Inspection
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused
from services.tickets.domain.sheets import Standard
from services.tickets.handlers.inspections import Standing, inspect, standings
from services.tickets.handlers.sheets import standard_for, standards
from services.tickets.schemas import inspections as shapes

INSPECTORS = OFFICES
LOOKING = (*ON_DUTY, "admin")


class Inspections(Base):
    """Inspections of stations."""

    @command("POST", "/api/v1/stations/<station_id>/inspections", roles=INSPECTORS, body=shapes.NewInspection,
             answer=shapes.InspectionOut, creates=True, tags=TAGS,
             problems=("own-station", "only-people", "station-closed", "no-such-standard", "no-such-item",
                       "items-unanswered", "not-half-there", "occurred-in-future", "late-entry-too-old"))  # fmt: skip
    def inspect(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """Inspect a station by a standard: each item is answered, the score is kept with the standard's version.

        Nobody inspects a station at which he serves, as far as his roles tell.
        """
        store, body = self.store(unit), call.body
        station = at_station(store, call, station_id, *INSPECTORS)
        call.principal.require_person()  # nothing tells who at the station may have issued a program's key
        _not_own(store, call, station)
        found = inspect(
            store, store, self.house, station, body["standard"], body["answers"], body.get("day"),
            call.principal.person_id, _office(call, station), unit.now,
        )  # fmt: skip
        return Reply(_inspection(found), location=f"/api/v1/stations/{station_id}/inspections")

    @query("GET", "/api/v1/stations/<station_id>/inspections", roles=LOOKING, params=shapes.InspectionFilter,
           answer=shapes.InspectionPage, tags=TAGS)  # fmt: skip
    def list_inspections(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """The inspections of a station, the latest day first, each with the office that inspected."""
        store = self.store(unit)
        at_station(store, call, station_id, *LOOKING)
        after = call.page.after[0] if call.page.after else None
        found = store.inspections_of(station_id, call.params.get("standard"), after, call.page.fetch)
        page = call.page.answer(found, lambda one: (one.position,))
        page["items"] = [_inspection(one) for one in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/stations/standings", roles=LOOKING, params=shapes.StandingParams,
           answer=shapes.StandingsOut, tags=TAGS, problems=("no-such-standard",))  # fmt: skip
    def standings(self, unit: Unit, call: Call) -> Reply:
        """How the stations of an area stand by a standard: the best first.

        Each with its latest inspection; what a higher office found within 90 days before that stands instead.
        """
        store, asked = self.store(unit), call.params
        area = known_area(store, asked["area"]).area_path
        call.principal.require(area, *LOOKING)
        standard = standard_for(store, self.house, asked["standard"], area)
        found = standings(store, area, standard.name)
        return Reply({
            "area": area, "standard": standard.name, "title": standard.title.of(call.locale),
            "stations": len(found), "inspected": sum(one.latest is not None for one in found),
            "items": [_standing(one) for one in found],
        })  # fmt: skip

    @query("GET", "/api/v1/station-standards", roles=ANYONE, params=shapes.StandardParams, answer=shapes.StandardsOut,
           tags=TAGS, problems=("not-found",))  # fmt: skip
    def list_standards(self, unit: Unit, call: Call) -> Reply:
        """The standards that hold in an area, with their items and points."""
        store = self.store(unit)
        area = known_area(store, call.params["area"]).area_path
        return Reply({"items": [_standard(one, call.locale) for one in standards(store, self.house, area)]})


def _not_own(store: Any, call: Call, station: Place) -> None:
    """Nobody appraises the station at which he serves (003). Raises Refused("own-station")."""
    grid = store.place(station.grid) if station.grid else None
    paths = [station.area_path, *([grid.area_path] if grid else [])]
    if any(call.principal.may(path, *SERVES_THERE) for path in paths):
        raise Refused("own-station", id=station.id)


def _office(call: Call, station: Place) -> str:
    """The highest office that the caller has over a station over which he has one."""
    return max((one for one in OFFICES if call.principal.may(station.area_path, one)), key=OFFICES.index)


def _inspection(one: Inspection) -> dict[str, Any]:
    return {
        "id": one.id, "station_id": one.station_id, "standard": one.standard, "day": one.day.isoformat(),
        "answers": dict(one.answers), "points": one.points, "most_points": one.most, "score": one.per_mille / 10,
        "at": one.at.isoformat(), "by": one.by, "office": one.office,
    }  # fmt: skip


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "rank": one.rank, "station_id": one.station.id, "name": one.station.name, "area_path": one.station.area_path,
        "latest": _inspection(one.latest) if one.latest else None,
    }  # fmt: skip


def _standard(one: Standard, locale: str) -> dict[str, Any]:
    return {
        "name": one.name, "standard": one.pin, "title": one.title.of(locale), "source": one.source,
        "most_points": one.most,
        "items": [
            {"code": code, "title": item.title.of(locale), "points": item.points, "partly": item.partly}
            for code, item in one.items.items()
        ],
    }  # fmt: skip
