"""Presence at stations (下沉驿站): checking in and out, and what share of the quotas was attained."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.chassis.auth.principal import Grant, NotAllowed, NotFound, Principal
from services.chassis.http import Call, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.access import Base
from services.tickets.api.areas import known_area
from services.tickets.api.places import known
from services.tickets.api.presence_answers import report_answer, stay_answer
from services.tickets.domain.places import Place
from services.tickets.domain.presence import local_day
from services.tickets.domain.presence_quotas import ROLES
from services.tickets.domain.refused import Refused
from services.tickets.handlers.presence import Expected, Late, attained, check_in, check_out
from services.tickets.handlers.presence_quotas import quotas_for
from services.tickets.schemas import presence as shapes

TAGS = ("presence",)
STATION = ("station",)
OVERSEERS = ("station_head", "community", "street", "district", "admin")
"""Who sees what others attained."""
_ALL = 100_000


class Presence(Base):
    """Who of the staff is at which station."""

    presences: Any

    @command("POST", "/api/v1/stations/<station_id>/check-ins", roles=ROLES, body=shapes.CheckIn, answer=shapes.StayOut,
             creates=True, tags=TAGS,
             problems=("only-people", "station-not-open", "already-checked-in", "presence-overlaps",
                       "too-many-check-ins", "role-not-held",
                       "occurred-in-future", "late-entry-needs-reason", "late-entry-too-old",
                       "presence-over-midnight"))  # fmt: skip
    def check_in(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """Check in at a station; a stay at another ends then. A presence of before is entered with a reason.

        For people who serve in the station's community or over it, no program. A check-out that is forgotten is made up
        for when the day is over: the stay then ended when the station closed, and says so.
        """
        station = known(self.store(unit), station_id, STATION)
        role = _role(call.principal, station, call.body.get("role"))
        call.principal.require_person()
        late = None
        if "from_at" in call.body:
            late = Late(call.body["from_at"], call.body["until_at"], call.body.get("late_reason"))
        who = (call.principal.person_id, role)
        stay = check_in(self.presences(unit), self.house, station, who, late, unit.now)
        return Reply(stay_answer(stay, unit.now))

    @command("POST", "/api/v1/stations/<station_id>/check-out", roles=ROLES, answer=shapes.StayOut, tags=TAGS,
             problems=("not-checked-in",))  # fmt: skip
    def check_out(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """End the stay that began today."""
        station = known(self.store(unit), station_id, STATION)
        _role(call.principal, station, None)
        stay = check_out(self.presences(unit), station, call.principal.person_id, unit.now)
        return Reply(stay_answer(stay, unit.now))

    @query("GET", "/api/v1/stations/<station_id>/check-ins", roles=ROLES, params=shapes.StaysOf,
           answer=shapes.StayPage, tags=TAGS)  # fmt: skip
    def list_stays(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """Who was at a station on a day, in the order of entry; people by identity only."""
        station = known(self.store(unit), station_id, STATION)
        _role(call.principal, station, None)
        day = call.params.get("day") or local_day(unit.now, self.house.zone)
        after = call.page.after[0] if call.page.after else None
        found = self.presences(unit).of_day(station.id, day, after, call.page.fetch)
        page = call.page.answer(found, lambda stay: (stay.id,))
        page["items"] = [stay_answer(stay, unit.now) for stay in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/stations/<station_id>/presence", roles=OVERSEERS, params=shapes.Period,
           answer=shapes.PresenceReport, tags=TAGS)  # fmt: skip
    def station_presence(self, unit: Unit, call: Call, station_id: str) -> Reply:
        """What those who checked in at a station attained there of their quotas, day by day with the reason."""
        station = known(self.store(unit), station_id, STATION)
        call.principal.require(station.area_path, *OVERSEERS)
        return self._presence_report(unit, call, {station.id: station}, ())

    @query("GET", "/api/v1/presence", roles=OVERSEERS, params=shapes.AreaPeriod, answer=shapes.PresenceReport,
           tags=TAGS)  # fmt: skip
    def area_presence(self, unit: Unit, call: Call) -> Reply:
        """What was attained at all stations beneath an area, also by who has a quota there and never came."""
        store, area = self.store(unit), call.params["area"]
        call.principal.require(area, *OVERSEERS)
        known_area(store, area)
        stations = {one.id: one for one in store.find_places(STATION, area, None, _ALL)}
        presences = self.presences(unit)
        people = presences.expected(area, ROLES)
        asked = [one for one in people if quotas_for(presences.quotas, self.house, one.area_path).of(one.role)]
        return self._presence_report(unit, call, stations, asked)

    def _presence_report(
        self, unit: Unit, call: Call, stations: Mapping[str, Place], expected: Sequence[Expected]
    ) -> Reply:
        store, period = self.store(unit), (call.params["first"], call.params["last"])
        found = attained(store, self.presences(unit), self.house, stations, expected, period, unit.now)
        known_years = self.house.working_days(store).years
        return Reply(report_answer(found, call.page, period, known_years))


def _role(principal: Principal, station: Place, wanted: str | None) -> str:
    """In which role somebody is at a station: the one wanted, else the narrowest.

    Raises NotFound, NotAllowed, Refused("role-not-held").
    """
    here = [grant for grant in principal.grants if near(grant, station)]
    if not here:
        raise NotFound
    held = [grant for grant in here if grant.role in ROLES]
    if not held:
        raise NotAllowed
    if wanted is not None and wanted not in {grant.role for grant in held}:
        raise Refused("role-not-held", role=wanted, roles=sorted({grant.role for grant in held}))
    return wanted or max(held, key=lambda grant: (len(grant.area_path), grant.role)).role


def near(grant: Grant, station: Place) -> bool:
    """Over the station, or somewhere in its community: a worker of one grid also sits at the station of the next."""
    return grant.covers(station.area_path) or grant.area_path.startswith(station.above)
