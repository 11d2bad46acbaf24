"""Counters begin at 0 with their process, not with their first event.

`increase()` compares two samples: of a series that is born with 1 it sees nothing, and an alert on something that
should never happen would miss the first time. So every label that is known beforehand is there from the start.
"""

from services.chassis import observability
from services.chassis.context import Context
from services.chassis.http import telemetry
from services.contracts.queues import QUEUES
from services.contracts.registry import published_by


def start_at_zero(context: Context) -> None:
    """Give birth to the counters of this process's roles."""
    service = context.settings.service
    if context.runs("http"):
        telemetry.ERRORS.labels(service)
    if context.runs("relay"):
        for event_type in published_by(service):
            observability.EVENTS_PUBLISHED.labels(service, event_type.name)
    if context.runs("timers"):
        for kind in context.service.timer_kinds:
            observability.TIMERS_FIRED.labels(service, kind)
            observability.TIMERS_FAILED.labels(service, kind)
    if context.runs("consumers"):
        _of_queues(service)


def _of_queues(service: str) -> None:
    for queue in (queue for queue in QUEUES.values() if queue.consumer == service):
        observability.EVENTS_DUPLICATE.labels(queue.name)
        for event_type in queue.modes:
            observability.EVENTS_CONSUMED.labels(queue.name, event_type)
        for reason in observability.DEFERRED_BECAUSE:
            observability.EVENTS_DEFERRED.labels(queue.name, reason)
