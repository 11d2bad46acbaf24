"""Events that accounts consumes: of places."""

from collections.abc import Callable
from typing import Any

from services.accounts.handlers.places import hear_of_place
from services.chassis.consumers import consume
from services.chassis.unit import Unit
from services.contracts.queues import QUEUES
from services.contracts.types import Event


class Consumers:
    """What the worker of accounts reacts to."""

    places: Callable[[Unit], Any]

    @consume(QUEUES["accounts.tickets"])
    def on_place(self, unit: Unit, event: Event) -> None:
        """Know where roles may be given; those that were given hold where their place lies now."""
        hear_of_place(self.places(unit), event)
