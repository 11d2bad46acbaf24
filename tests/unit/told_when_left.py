"""Who should have heard that nobody has in hand any more what somebody had taken up."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.contracts.types import NewEvent
from services.notifications.domain.routing import told


def left(events: Sequence[NewEvent]) -> Iterator[tuple[str, set[str]]]:
    """Steps after which nobody had in hand what somebody had taken up, and whose matter it is who was not told."""
    before: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if "ticket" not in event.data:
            continue
        state = event.data["ticket"]
        had = before.get(state["ticket_id"], {"assignee_id": None})
        before[state["ticket_id"]] = state
        if had["assignee_id"] is None or state["assignee_id"] is not None or state["round"] != had["round"]:
            continue
        reporters = {*filter(None, (state["reporter_id"],)), *state["also_reported_by"]}
        hear = Counter(one.person_id for one in told(event.type, event.data))
        if untold := {person for person in reporters - {event.data["by"]} if hear[person] != 1}:
            yield event.type, untold
