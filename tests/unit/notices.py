"""Whom an event of a ticket is told, by which text, and the capacities of somebody who may take every step."""

from services.contracts.types import NewEvent
from services.notifications.domain.routing import told
from services.tickets.domain.transitions import STAFF

EVERYBODY = STAFF | {"assignee", "reporter"}


def told_as(event: NewEvent) -> dict[str | None, str]:
    """The template by which each is told."""
    return {one.person_id: one.template for one in told(event.type, event.data)}
