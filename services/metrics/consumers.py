"""Events of metrics: everything that any service publishes."""

from typing import Any

from services.chassis.consumers import consume
from services.chassis.standing import keep_standing
from services.chassis.unit import Unit
from services.contracts.queues import QUEUES
from services.contracts.types import Event
from services.metrics.handlers.count import count_event


class Metrics:
    """What the worker of metrics reacts to."""

    store: Any

    @consume(QUEUES["metrics.accounts"])
    def on_account_event(self, unit: Unit, event: Event) -> None:
        """Count it, and know whose tokens have ended."""
        count_event(self.store(unit).gathered(), event)
        keep_standing(unit, event)

    @consume(QUEUES["metrics.tickets"])
    def on_ticket_event(self, unit: Unit, event: Event) -> None:
        count_event(self.store(unit).gathered(), event)

    @consume(QUEUES["metrics.volunteers"])
    def on_volunteer_event(self, unit: Unit, event: Event) -> None:
        count_event(self.store(unit).gathered(), event)

    @consume(QUEUES["metrics.notifications"])
    def on_notice_event(self, unit: Unit, event: Event) -> None:
        count_event(self.store(unit).gathered(), event)
