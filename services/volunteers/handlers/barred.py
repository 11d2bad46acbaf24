"""Who neither claims a ticket nor earns by it, as its events say."""

from collections.abc import Mapping
from typing import Any


def barred_from(ticket: Mapping[str, Any]) -> tuple[str, ...]:
    """All who ever reported it or handled it as staff, in order of their ids.

    An event of before 1.3 names only those reporters for whom it goes on, one of before 1.4 no staff.
    """
    going_on = (ticket["reporter_id"], *ticket.get("also_reported_by", ()))
    named = (*ticket.get("reporter_ids", ()), *ticket.get("handler_ids", ()), *going_on)
    return tuple(sorted({person for person in named if person}))
