"""The AsyncAPI 3 document of the published language, made from the registry so that it cannot drift."""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES, PUBLISHERS, published_by
from services.contracts.types import EventType

Document = dict[str, Any]
_HEADERS: Document = {
    "type": "object",
    "required": [
        "cloudEvents_specversion", "cloudEvents_id", "cloudEvents_source", "cloudEvents_type", "cloudEvents_subject",
        "cloudEvents_time", "cloudEvents_dataschema", "cloudEvents_areapath", "sequence",
    ],
    "properties": {
        "cloudEvents_specversion": {"type": "string", "const": "1.0"},
        "cloudEvents_id": {"type": "string", "description": "Unique; a redelivery and a replay keep it."},
        "cloudEvents_source": {"type": "string", "enum": list(PUBLISHERS)},
        "cloudEvents_type": {"type": "string", "description": "The same as the routing key."},
        "cloudEvents_subject": {"type": "string", "description": "kind/identity of the aggregate"},
        "cloudEvents_time": {"type": "string", "format": "date-time", "description": "When it happened."},
        "cloudEvents_recordedtime": {"type": "string", "format": "date-time", "description": "When it was recorded."},
        "cloudEvents_dataschema": {"type": "string", "description": "Ends in MAJOR.MINOR."},
        "cloudEvents_areapath": {"type": "string", "description": "Path of the area, with slashes at both ends."},
        "sequence": {"type": "integer", "description": "Grows by one with every event of the aggregate."},
        "traceparent": {"type": "string", "description": "W3C trace context."},
        "doorstep-replay": {"type": "boolean", "description": "True on a resend: update state, tell nobody."},
    },
}  # fmt: skip


def build(version: str) -> Document:
    """The document for the published events; private ones are not part of it."""
    public = [event_type for event_type in EVENT_TYPES.values() if not event_type.private]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Doorstep events",
            "version": version,
            "description": "Delivered at least once; order is promised to nobody: use id and sequence.",
        },
        "defaultContentType": "application/json",
        "channels": {publisher: _channel(publisher) for publisher in PUBLISHERS},
        "operations": {f"receive-{name}": _operation(name) for name in sorted(PUBLISHERS)},
        "components": {
            "messages": {event_type.name: _message(event_type) for event_type in public},
            "messageTraits": {"cloudEvent": {"headers": _HEADERS}},
            "schemas": _schemas(public),
        },
    }


def _channel(publisher: str) -> Document:
    types = [event_type for event_type in published_by(publisher) if not event_type.private]
    return {
        "address": f"{publisher}.events",
        "description": "Durable topic exchange; the routing key is the event type.",
        "messages": {t.name: {"$ref": f"#/components/messages/{t.name}"} for t in types},
        "bindings": {"amqp": {
            "is": "routingKey",
            "exchange": {"name": f"{publisher}.events", "type": "topic", "durable": True, "autoDelete": False},
        }},
    }  # fmt: skip


def _operation(publisher: str) -> Document:
    return {"action": "receive", "channel": {"$ref": f"#/channels/{publisher}"}}


def _message(event_type: EventType) -> Document:
    consumers = sorted(queue.name for queue in QUEUES.values() if event_type.name in queue.modes)
    consumed = f"Consumed by {', '.join(consumers)}." if consumers else event_type.unconsumed
    return {
        "name": event_type.name,
        "summary": event_type.summary,
        "description": f"Version {event_type.version}. {consumed}",
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{event_type.schema.__name__}"},
        "examples": [{"payload": event_type.example()}],
    }


def _schemas(types: list[EventType]) -> Document:
    spec = APISpec("events", "1", "3.1.0", plugins=[MarshmallowPlugin(schema_name_resolver=_schema_name)])
    for event_type in types:
        name = event_type.schema.__name__
        if name not in spec.components.schemas:
            spec.components.schema(name, schema=event_type.schema)
    schemas: Document = spec.to_dict()["components"]["schemas"]
    return schemas


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__
