"""A request filed by staff through the handler, over the store in memory."""

from typing import Any

from services.tickets.handlers.filing import Filed, Filer, file_ticket
from services.tickets.handlers.placing import placing
from services.tickets.handlers.ports import House
from tests.unit.tickets.shelf import Shelf
from tests.unit.tickets.stories import at

STAFF_FILER = Filer("clerk", True)


def filed(shelf: Shelf, inside: House, filer: Filer = STAFF_FILER, when: str = "09:00", **said: Any) -> Filed:
    where = placing(shelf, "grid-001", None, None)
    return file_ticket(shelf, inside, filer, where, {"kind": "request", "description": "dark", **said}, at(when))
