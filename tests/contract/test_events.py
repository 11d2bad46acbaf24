"""The published language is whole: every type has a schema, an example, a consumer or a reason to have none."""

import json
from typing import Any

import pytest

from services.contracts import asyncapi
from services.contracts.queues import QUEUES, bindings, is_consumed
from services.contracts.registry import EVENT_TYPES, PUBLISHERS
from services.contracts.types import EventType, Queue

PERSONAL = ("name", "telephone", "phone", "email", "address", "login", "description", "text", "summary", "note")
"""Field names that would carry personal data. Places have names too, which are not personal."""

every_type = pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=lambda t: t.name)
every_queue = pytest.mark.parametrize("queue", QUEUES.values(), ids=lambda q: q.name)


@every_type
def test_every_example_is_valid_and_is_json(event_type: EventType) -> None:
    example = event_type.example()
    assert json.loads(json.dumps(example)) == example
    assert event_type.schema().validate(example) == {}


@every_type
def test_every_type_is_consumed_or_says_why_not(event_type: EventType) -> None:
    assert is_consumed(event_type.name) != bool(event_type.unconsumed)


@every_type
def test_every_type_is_described_and_published_by_a_known_service(event_type: EventType) -> None:
    assert event_type.summary.endswith(".")
    assert set(event_type.publishers) <= set(PUBLISHERS)


@every_type
def test_no_published_event_has_a_field_for_personal_data(event_type: EventType) -> None:
    if event_type.private:
        return

    def names(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for inner in value.values() for name in names(inner)}
        return {name for inner in value for name in names(inner)} if isinstance(value, list) else set()

    found = names(event_type.example()) & set(PERSONAL)
    allowed = {"name"} if "place" in event_type.example() or "ticket" in event_type.example() else set()
    assert found <= allowed  # the name of a place, the name of a clock


@every_queue
def test_every_queue_is_bound_to_each_type_that_it_names(queue: Queue) -> None:
    assert queue.modes
    assert set(queue.modes) <= set(EVENT_TYPES)
    assert {routing_key for _, routing_key in bindings(queue)} == set(queue.modes)
    assert queue.name.startswith(f"{queue.consumer}.")


def test_private_events_are_not_described_to_the_public() -> None:
    assert "recipient.upserted" not in asyncapi.build("0")["components"]["messages"]
