"""Events that accounts consumes: places that moved."""

from collections.abc import Callable
from typing import Any

from services.accounts.handlers.moving import follow_place
from services.chassis.consumers import consume
from services.chassis.unit import Unit
from services.contracts.queues import QUEUES
from services.contracts.types import Event


class Consumers:
    """What the worker of accounts reacts to."""

    places: Callable[[Unit], Any]

    @consume(QUEUES["accounts.tickets"])
    def on_area_moved(self, unit: Unit, event: Event) -> None:
        """Roles beneath a grid, compound or station hold where it lies now."""
        follow_place(self.places(unit), event)
