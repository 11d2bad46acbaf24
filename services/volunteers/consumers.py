"""Events that volunteers consumes: of tickets, by a table of handlers, of places and of accounts."""

from collections.abc import Callable
from typing import Any

from services.chassis.consumers import consume
from services.chassis.standing import keep_standing
from services.chassis.unit import Unit
from services.contracts.queues import QUEUES
from services.contracts.types import Event
from services.volunteers.handlers.places import hear_of_place
from services.volunteers.handlers.table import handle


class Volunteers:
    """The worker: the ticket's life opens and closes offers, answers claims and moves points."""

    store: Callable[[Unit], Any]
    places: Callable[[Unit], Any]

    @consume(QUEUES["volunteers.tickets"])
    def on_ticket_event(self, unit: Unit, event: Event) -> None:
        handle(self.store(unit), event)

    @consume(QUEUES["volunteers.accounts"])
    def on_account(self, unit: Unit, event: Event) -> None:
        """Know whose tokens have ended."""
        keep_standing(unit, event)

    @consume(QUEUES["volunteers.places"])
    def on_place(self, unit: Unit, event: Event) -> None:
        """Know to what members may belong; those of a place that moved belong where it lies now."""
        hear_of_place(self.places(unit), event)
