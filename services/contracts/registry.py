"""Every event type by name."""

from collections.abc import Mapping

from services.contracts import accounts, bookings, notifications, recipients, tickets, volunteers
from services.contracts.types import EventType

EVENT_TYPES: Mapping[str, EventType] = {
    event_type.name: event_type
    for module in (accounts, tickets, bookings, volunteers, notifications, recipients)
    for event_type in module.EVENTS
}

PUBLISHERS: tuple[str, ...] = ("accounts", "tickets", "volunteers", "notifications")


def published_by(publisher: str) -> tuple[EventType, ...]:
    """The types that `publisher` publishes, in the order of its file."""
    return tuple(t for t in EVENT_TYPES.values() if publisher in t.publishers)
