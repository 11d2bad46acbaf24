"""Coverage: which compounds of an area have an open station near enough."""

from typing import Any

from services.chassis.aside import aside
from services.chassis.http import Call, Reply, query
from services.chassis.unit import Unit
from services.tickets.api.access import ON_DUTY, Base
from services.tickets.api.areas import known_area
from services.tickets.api.places import WHOLE
from services.tickets.api.stations import TAGS
from services.tickets.domain.coverage import COVERED, UNCOVERED, WITHOUT_POSITION, Reach
from services.tickets.domain.distances import metres_in, walking_minutes
from services.tickets.handlers.coverage import coverage_of
from services.tickets.schemas import coverage as shapes

LOOKING = (*ON_DUTY, "admin")


class Coverage(Base):
    """The coverage report."""

    @query("GET", "/api/v1/stations/coverage", roles=LOOKING, params=shapes.CoverageParams, answer=shapes.CoverageOut,
           at_once=WHOLE, tags=TAGS)  # fmt: skip
    def coverage(self, unit: Unit, call: Call) -> Reply:
        """Which compounds of an area lie near enough to an open station of the county.

        Within `metres` as the crow flies, or `minutes` on foot; without either, within 15 minutes.
        Compounds without a position count neither way: the share is of those whose position is known.
        """
        store, asked = self.store(unit), call.params
        area = known_area(store, asked["area"])
        call.principal.require(area.area_path, *LOOKING)
        within = asked["metres"] if "metres" in asked else metres_in(asked.get("minutes", shapes.MINUTES))
        found = coverage_of(store, area, within, aside)
        return Reply({
            "area": area.area_path, "within_metres": int(within), "compounds": len(found.reaches),
            "covered": found.count(COVERED), "uncovered": found.count(UNCOVERED),
            "without_position": found.count(WITHOUT_POSITION), "share": found.share,
            "items": [_reach(one) for one in found.reaches],
        })  # fmt: skip


def _reach(one: Reach) -> dict[str, Any]:
    return {
        "compound_id": one.compound.id, "name": one.compound.name, "area_path": one.compound.area_path,
        "state": one.state, "station_id": one.station.id if one.station else None,
        "distance_metres": None if one.metres is None else round(one.metres),
        "walking_minutes": None if one.metres is None else walking_minutes(one.metres),
    }  # fmt: skip
