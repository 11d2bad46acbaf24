"""Stations (驿站): where they are, when they are open, what becomes of them."""

from typing import Any

from services.chassis.http import ANYONE, Call, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.acts import Keeping
from services.tickets.api.place_answers import station_answer
from services.tickets.api.places import known
from services.tickets.domain.acts import moved_on
from services.tickets.domain.places import Position
from services.tickets.handlers.stations import move_station, nearest
from services.tickets.schemas import places as shapes

TAGS = ("stations",)
STATION = ("station",)
DIRECTORS = ("community", "street", "district", "admin")
"""Who opens and closes stations."""
_STORED_AS = {"state": "state", "type": "station_type", "parent": "parent"}


class Stations(Keeping):
    """Stations."""

    @query("GET", "/api/v1/stations", roles=ANYONE, params=shapes.StationFilter, answer=shapes.StationPage, tags=TAGS)
    def list_stations(self, unit: Unit, call: Call) -> Reply:
        """Stations, by identity."""
        after = call.page.after[0] if call.page.after else None
        equal = {stored: call.params[name] for name, stored in _STORED_AS.items() if name in call.params}
        found = self.store(unit).find_places(STATION, call.params.get("under"), after, call.page.fetch, equal)
        page = call.page.answer(found, lambda place: (place.id,))
        page["items"] = [station_answer(place) for place in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/stations/nearest", roles=ANYONE, params=shapes.NearestParams, answer=shapes.NearestOut,
           tags=TAGS)  # fmt: skip
    def nearest_stations(self, unit: Unit, call: Call) -> Reply:
        """The nearest stations that are open at an instant, by state and hours.

        Three decimals of a degree (about 100 m) are enough to ask with, and tell less of where somebody is.
        """
        at = call.params.get("at") or unit.now
        here = Position(call.params["lat"], call.params["lon"])
        found = nearest(self.store(unit), here, at, self.house.zone, call.params["limit"])
        return Reply({"at": at.isoformat(), "stations": [_near(one) for one in found]})

    @query("GET", "/api/v1/stations/<station_id>", roles=ANYONE, answer=shapes.StationOut, tags=TAGS)
    def get_station(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """One station with its hours; its `ETag` is asked for by who changes it."""
        store = self.store(unit)
        place, sequence = _with_sequence(store, station_id)
        return Reply(station_answer(place), etag=sequence)

    @command("POST", "/api/v1/stations/<station_id>/state", roles=DIRECTORS, body=shapes.MoveStation,
             answer=shapes.StationOut, tags=TAGS,
             problems=("station-state-cannot-follow", "station-never-open"))  # fmt: skip
    def move(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """Move a station on: planned → building → open → closed; what was closed may be rebuilt or open again.

        What comes to a station that is not open goes to the nearest open centre above it, else to an open station of
        its grid, else to the grid alone. Tickets that it has keep the hours that they were filed under. Whose
        appointment it cannot keep is told, some seconds later.
        """
        store = self.store(unit)
        place, sequence = _with_sequence(store, station_id)
        call.principal.require(place.area_path, *DIRECTORS)
        call.if_match(sequence, required=False)
        after, sequence = move_station(store, place, sequence, call.body["state"])
        self.record_act(unit, call, moved_on(place, after.state))
        return Reply(station_answer(after), etag=sequence)


def _with_sequence(store: Any, station_id: str) -> Any:
    known(store, station_id, STATION)
    return store.places_with_sequence([station_id])[station_id]


def _near(found: Any) -> dict[str, Any]:
    return {
        "station": station_answer(found.station), "distance_metres": round(found.metres),
        "walking_minutes": found.walking_minutes, "open_until": found.open_until.isoformat(),
    }  # fmt: skip
