"""Who reported a ticket, as its events say."""

from collections.abc import Mapping
from typing import Any


def reporters_of(ticket: Mapping[str, Any]) -> tuple[str, ...]:
    """All who ever reported it, in order of their ids; an event of before 1.3 names only those for whom it goes on."""
    going_on = (ticket["reporter_id"], *ticket.get("also_reported_by", ()))
    named = (*ticket.get("reporter_ids", ()), *going_on)
    return tuple(sorted({person for person in named if person}))
