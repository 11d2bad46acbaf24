"""Events as they arrive, made from the examples of `contracts`."""

from datetime import UTC, datetime
from typing import Any

from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Event

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
REPORTER = "01920c5e-0000-7000-8000-0000000000aa"
OWNER = "01920c5e-0000-7000-8000-0000000000bb"


def arrived(type_name: str, *, replayed: bool = False, ticket: dict[str, Any] | None = None, **data: Any) -> Event:
    """The example event of a type, with some of its data changed."""
    event_type = EVENT_TYPES[type_name]
    body = event_type.example()
    if ticket:
        body["ticket"] = {**body["ticket"], **ticket}
    loaded = event_type.schema().load({**body, **data})
    return Event(
        id="01920c5e-0000-7000-8000-000000000e01",
        type=type_name,
        source=event_type.publishers[0],
        version=event_type.version,
        sequence=1,
        aggregate_id="01920c5e-0000-7000-8000-000000000001",
        area_path="/hequ/xikou/binhe/grid-012/",
        occurred_at=NOW,
        recorded_at=NOW,
        data=loaded,
        replayed=replayed,
    )
