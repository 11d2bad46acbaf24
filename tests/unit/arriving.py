"""What a publisher said, as a consumer gets it: over JSON and the contract's schema."""

import json
from datetime import UTC, datetime

from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Event, NewEvent

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def arrived(said: NewEvent, publisher: str) -> Event:
    """The event with an id of its own, the same for each delivery of it."""
    described = EVENT_TYPES[said.type]
    data = described.schema().load(json.loads(json.dumps(dict(said.data))))
    identity = f"{publisher}/{said.type.partition('.')[0]}/{said.aggregate_id}/{said.sequence}"
    moment = said.occurred_at or NOW
    return Event(
        identity, said.type, publisher, described.version, said.sequence, said.aggregate_id, said.area_path, moment,
        moment, data,
    )  # fmt: skip
