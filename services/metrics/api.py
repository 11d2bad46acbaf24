"""The HTTP routes of metrics."""

from typing import Any

from services.chassis.http import Call, Reply, query
from services.chassis.unit import Unit
from services.metrics.domain.summary import summarise
from services.metrics.schemas import Summary, SummaryFilter

WATCHERS = ("ops", "district", "street", "community")


class Metrics:
    """The routes; mixed into the nameko class of role http."""

    chassis: Any
    store: Any

    @query(
        "GET",
        "/api/v1/reports/summary",
        roles=WATCHERS,
        params=SummaryFilter,
        answer=Summary,
        tags=("reports",),
    )
    def summary(self, unit: Unit, call: Call) -> Reply:
        """What was filed, kept, missed, lifted, paid and told since counting began.

        Everybody sees the areas of such a role, ops too. Tickets are counted by community: a narrower area has no
        numbers of its own.
        """
        areas = _areas(call)
        return Reply({"areas": areas, **summarise(self.store(unit).totals(), areas)})


def _areas(call: Call) -> list[str]:
    wanted = call.params["area_path"]
    if wanted is None:
        return list(call.principal.areas(*WATCHERS))
    call.principal.require(wanted, *WATCHERS)
    return [wanted]
