"""Who searched by telephone, took lists along, had personal data shown, or named a telephone for somebody."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from services.chassis.http import Call, Reply, query
from services.chassis.unit import Unit
from services.tickets.api.access import TAGS, Base
from services.tickets.api.wanted import beneath
from services.tickets.handlers.ports import Wanted
from services.tickets.schemas import accesses as shapes

if TYPE_CHECKING:
    from services.tickets.storage.accesses import Accesses

BY_TELEPHONE, EXPORT = "search-by-telephone", "export"
REVEAL, REVEAL_BOOKING, PHOTO, WORDS = "reveal", "reveal-booking", "look-at-photo", "read-words"
FILED_FOR_TELEPHONE, BOOKED_FOR_TELEPHONE = "file-for-telephone", "book-for-telephone"
"""The answer names the person whose telephone it is, and so tells which other matters are theirs; a refusal tells that
they have an appointment."""


class Recording(Base):
    """For routes whose use is written down."""

    accesses: "Callable[[Unit], Accesses]"

    def record_access(self, unit: Unit, call: Call, action: str, asked: Wanted) -> None:
        """Before the answer is known. Who has no area sees what is theirs; it stands under the areas of their roles."""
        areas = call.principal.areas() if asked.beneath is None else asked.beneath
        self.accesses(unit).count(action, call.principal, call.client, areas)

    def record_deed(self, unit: Unit, call: Call, action: str, areas: Sequence[str]) -> None:
        """The same of what a command does, over these areas: once, when it is committed, before it is answered."""
        whose = action, call.principal, call.client, areas
        unit.after_commit(lambda: self.accesses(unit).count(*whose))

    def record_attempt(self, unit: Unit, call: Call, action: str, areas: Sequence[str]) -> None:
        """The same of what is refused and yet tells something: before it is answered, outside of the command's
        transaction, which leaves nothing behind."""
        self.accesses(unit).count(action, call.principal, call.client, areas)


class AccessList(Recording):
    """For those who answer for an area."""

    @query("GET", "/api/v1/tickets/accesses", roles=("admin",), params=shapes.AccessFilter, answer=shapes.AccessPage,
           tags=TAGS)  # fmt: skip
    def list_accesses(self, unit: Unit, call: Call) -> Reply:
        """Who looked at what people said of themselves, in the administrator's areas, newest first.

        Searches by telephone, exports, reveals, looks at photos, words read in a history, and tickets and appointments
        that were entered for a telephone, an appointment also where its owner was refused it. A row for each hour,
        person, address and areas says how many times; never what was searched for, nor of whom. Kept 200 days.
        """
        mine = call.principal.areas("admin")
        found = self.accesses(unit).page(
            beneath(mine, call.params.get("area")),
            call.params.get("person_id"),
            call.page.after[0] if call.page.after else None,
            call.page.fetch,
        )
        page = call.page.answer(found, lambda row: (row["_id"],))
        page["items"] = [_shown(row, mine) for row in page["items"]]
        return Reply(page)


def _shown(row: dict[str, Any], mine: tuple[str, ...]) -> dict[str, Any]:
    """Of the areas only those that are the reader's: he learns of no roles elsewhere."""
    return {**row, "areas": [area for area in row["areas"] if area.startswith(mine)]}
