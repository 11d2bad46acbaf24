"""Service records (人次): not every service is a ticket."""

from typing import Any

from services.chassis.auth.principal import NotAllowed, NotFound
from services.chassis.http import ANYONE, Call, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.access import ON_DUTY, Base
from services.tickets.api.areas import known_area
from services.tickets.api.places import known
from services.tickets.api.stations import STATION
from services.tickets.api.stations import TAGS as STATIONS
from services.tickets.domain.places import Place
from services.tickets.domain.service_records import ServiceRecord
from services.tickets.handlers.service_records import (
    Served,
    record_service,
    summary,
    take_back,
    theme_titles,
    totals,
)
from services.tickets.handlers.sheets import themes_for
from services.tickets.schemas import records as shapes

COUNTING = (*ON_DUTY, "admin")
"""Who may look at what was counted."""
_HEADS = tuple(role for role in ON_DUTY if role != "grid_worker")
_RECORDING = ("no-such-theme", "too-many-persons", "occurred-in-future", "late-entry-too-old", "station-not-open-yet")


class ServiceRecords(Base):
    """Service records."""

    @command("POST", "/api/v1/stations/<station_id>/service-records", roles=ON_DUTY, body=shapes.NewServiceRecord,
             answer=shapes.ServiceRecordOut, creates=True, tags=STATIONS, problems=_RECORDING)  # fmt: skip
    def record_service(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """Count persons who were served at a station on a day, under a theme. Nobody is named."""
        store, body = self.store(unit), call.body
        station = at_station(store, call, station_id, *ON_DUTY)
        record = record_service(
            store, store, self.house, station, body["theme"], body["persons"], body.get("day"),
            call.principal.person_id, unit.now,
        )  # fmt: skip
        return Reply(_record(record), location=f"/api/v1/stations/{station_id}/service-records")

    @command("POST", "/api/v1/service-records/<record_id>/reversal", roles=ON_DUTY, body=shapes.Reversal,
             answer=shapes.ServiceRecordOut, creates=True, tags=STATIONS,
             problems=("record-reversed", "record-is-a-reversal"))  # fmt: skip
    def take_back(self, unit: Unit, call: Call, record_id: str) -> Reply:
        """Take back a record that was counted wrongly, by a record that says the opposite; nothing is edited.

        By who has a role where it was counted, also when the station has moved or is no more; a grid worker takes back
        his own alone.
        """
        store = self.store(unit)
        record = store.record(record_id)
        if record is None:
            raise NotFound
        _counted_by(store, call, record)
        reason, by = call.body["reason"], call.principal.person_id
        return Reply(_record(take_back(store, self.house, record, reason, by, unit.now)))

    @query("GET", "/api/v1/stations/<station_id>/service-records", roles=COUNTING, params=shapes.RecordFilter,
           answer=shapes.ServiceRecordPage, tags=STATIONS)  # fmt: skip
    def list_records(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """What was counted at a station, the latest day first; what was taken back stays in the list."""
        store = self.store(unit)
        at_station(store, call, station_id, *COUNTING)
        after = call.page.after[0] if call.page.after else None
        since, until = call.params.get("since"), call.params.get("until")
        found = store.records_of(station_id, since, until, after, call.page.fetch)
        page = call.page.answer(found, lambda record: (record.position,))
        page["items"] = [_record(record) for record in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/service-records/summary", roles=COUNTING, params=shapes.SummaryParams,
           answer=shapes.SummaryOut, tags=STATIONS, problems=("days-not-in-order", "too-many-days"))  # fmt: skip
    def summarise(self, unit: Unit, call: Call) -> Reply:
        """Persons served (人次) in an area over some days, by theme, by station or by the areas right beneath it."""
        store, asked = self.store(unit), call.params
        call.principal.require(known_area(store, asked["area"]).area_path, *COUNTING)
        found = summary(store, asked["area"], asked["since"], asked["until"], asked["by"])
        titles = theme_titles(store, self.house, asked["area"]) if asked["by"] == "theme" else {}
        persons, count = totals(found)
        return Reply({
            "area": asked["area"], "since": asked["since"].isoformat(), "until": asked["until"].isoformat(),
            "by": asked["by"], "persons": persons, "records": count,
            "items": [_served(one, titles, call.locale) for one in found],
        })  # fmt: skip

    @query("GET", "/api/v1/service-records/themes", roles=ANYONE, params=shapes.ThemeParams, answer=shapes.ThemesOut,
           tags=STATIONS, problems=("not-found",))  # fmt: skip
    def list_themes(self, unit: Unit, call: Call) -> Reply:
        """The themes under which services are counted in an area."""
        store = self.store(unit)
        found = themes_for(store, self.house, known_area(store, call.params["area"]).area_path)
        return Reply({
            "themes": found.pin, "most_persons": found.most_persons, "late_days": found.late_seconds // 86400,
            "items": [{"code": code, "title": title.of(call.locale)} for code, title in found.themes.items()],
        })  # fmt: skip


def at_station(store: Any, call: Call, station_id: str, *roles: str) -> Place:
    """The station, for who has one of the roles over it or over its grid. Raises NotFound, NotAllowed."""
    place: Place = known(store, station_id, STATION)
    grid = store.place(place.grid) if place.grid else None
    if grid is None or not call.principal.may(grid.area_path, *roles):
        call.principal.require(place.area_path, *roles)
    return place


def _counted_by(store: Any, call: Call, record: ServiceRecord) -> None:
    """The sums of an area change by its own staff only; what another counted, by who heads the station or the grid, or
    an office. Raises NotFound, NotAllowed."""
    principal, place, paths = call.principal, store.place(record.station_id), [record.area_path]
    if place is not None and place.area_path == record.area_path:
        at_station(store, call, record.station_id, *ON_DUTY)
        grid = store.place(place.grid) if place.grid else None
        paths += [grid.area_path] if grid else []
    else:
        principal.require(record.area_path, *ON_DUTY)
    if record.by != principal.person_id and not any(principal.may(path, *_HEADS) for path in paths):
        raise NotAllowed


def _record(record: ServiceRecord) -> dict[str, Any]:
    return {
        **{name: getattr(record, name) for name in ServiceRecord.__slots__},
        "day": record.day.isoformat(), "recorded_at": record.recorded_at.isoformat(),
    }  # fmt: skip


def _served(one: Served, titles: Any, locale: str) -> dict[str, Any]:
    title = titles[one.key].of(locale) if one.key in titles else None
    return {"key": one.key, "title": title, "persons": one.persons, "records": one.records}
