"""Acts of those who administer: written down by the routes that do them, read by administrators of the area."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from services.chassis.http import Call, Reply, query
from services.chassis.unit import Unit
from services.tickets.api.access import Base
from services.tickets.api.wanted import beneath
from services.tickets.domain.acts import Act
from services.tickets.schemas import acts as shapes

if TYPE_CHECKING:
    from services.chassis.acts import Acts

TAGS = ("acts",)
_EQUAL = {"person_id": "by", "action": "action", "subject": "subject"}


class Keeping(Base):
    """For routes whose acts stay in the trail for good."""

    acts: "Callable[[Unit], Acts]"

    def record_act(self, unit: Unit, call: Call, *acts: Act) -> None:
        """In the transaction of the act: what is not written down has not been done."""
        self.acts(unit).record(call.principal.person_id, acts)


class ActList(Keeping):
    """For those who answer for an area."""

    @query("GET", "/api/v1/tickets/acts", roles=("admin",), params=shapes.ActFilter, answer=shapes.ActPage, tags=TAGS)
    def list_acts(self, unit: Unit, call: Call) -> Reply:
        """What was done in the administrator's areas, newest first, by people and by operators' commands.

        To places, stations, posts, departments, registers, appointments (also of those that staff cancelled,
        or recorded an outcome of) and rules.
        Who, when, what, and what changed: of places their hours, state and where they lie as they were and as they are,
        of posts their holders. A load has a row over its county, and each place that it changed one of its own. No
        names nor other words. Kept for good.
        """
        mine, asked = call.principal.areas("admin"), call.params
        found = self.acts(unit).page(
            beneath(mine, asked.get("area")),
            call.page.after[0] if call.page.after else None,
            call.page.fetch,
            {stored: asked[name] for name, stored in _EQUAL.items() if name in asked},
            asked.get("since"),
            asked.get("until"),
        )
        page = call.page.answer(found, lambda row: (row["_id"],))
        page["items"] = [_shown(row, mine) for row in page["items"]]
        return Reply(page)


def _shown(row: dict[str, Any], mine: tuple[str, ...]) -> dict[str, Any]:
    """Of the areas only those that are the reader's: he learns of no roles elsewhere."""
    return {**row, "areas": [area for area in row["areas"] if area.startswith(mine)]}
