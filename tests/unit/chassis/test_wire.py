"""An event survives the wire whole; what is not an event is refused with a reason that quotes nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.chassis import outbox, wire
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import EventType, NewEvent

NOW = datetime(2026, 11, 22, 1, 2, 3, 456000, tzinfo=UTC)


def row_of(event_type: EventType) -> dict[str, Any]:
    event = NewEvent(event_type.name, "the-aggregate", 7, "/hequ/xikou/", event_type.example())
    return outbox.row(event, event_type.publishers[0], NOW)


def sent(row: dict[str, Any], **headers: Any) -> tuple[str, dict[str, Any], bytes]:
    message = wire.message(row)
    return message.properties["content_type"], {**message.headers, **headers}, message.body


@pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=lambda t: t.name)
def test_every_type_of_event_survives_the_wire(event_type: EventType) -> None:
    row = row_of(event_type)
    event = wire.decode(*sent(row))
    assert (event.id, event.type, event.source) == (row["_id"], event_type.name, row["source"])
    assert (event.sequence, event.aggregate_id, event.area_path) == (7, "the-aggregate", "/hequ/xikou/")
    assert event.occurred_at == event.recorded_at == NOW
    assert event.data == event_type.schema().load(event_type.example())
    assert not event.replayed


def test_a_later_minor_version_with_more_fields_is_accepted() -> None:
    row = {**row_of(EVENT_TYPES["ticket.filed"]), "version": "1.9"}
    ticket = row["data"]["ticket"]
    clocks = [{**clock, "invented_later": {"x": 1}} for clock in ticket["clocks"]]
    ticket = {**ticket, "clocks": clocks, "external_refs": [{"system": "12345", "id": "7", "invented_later": 1}]}
    row["data"] = {"ticket": ticket, "invented_later": 1}
    event = wire.decode(*sent(row))
    assert event.version == "1.9"
    assert "invented_later" not in json.dumps(event.data, default=str)


def test_an_unknown_major_version_is_not_guessed() -> None:
    row = {**row_of(EVENT_TYPES["ticket.filed"]), "version": "2.0"}
    with pytest.raises(wire.NotYetKnown) as caught:
        wire.decode(*sent(row))
    assert caught.value.reason == "unknown-major"


def test_an_unknown_type_is_left_to_a_later_program() -> None:
    row = row_of(EVENT_TYPES["ticket.filed"])
    with pytest.raises(wire.NotYetKnown) as caught:
        wire.decode(*sent(row, cloudEvents_type="ticket.invented_later"))
    assert caught.value.reason == "unknown-type"


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"cloudEvents_type": 5}, "bad-headers"),
        ({"cloudEvents_id": ""}, "bad-headers"),
        ({"cloudEvents_id": "half a pair: \ud800"}, "bad-headers"),
        ({"cloudEvents_dataschema": f"/ticket.filed/{'9' * 5000}.0"}, "bad-headers"),
        ({"sequence": "7"}, "bad-headers"),
        ({"sequence": True}, "bad-headers"),
        ({"cloudEvents_time": "2026-11-22T01:02:03"}, "bad-headers"),
        ({"cloudEvents_dataschema": "/somewhere"}, "bad-headers"),
        ({"nameko.call_id_stack": "no list"}, "bad-nameko-header"),
        ({"nameko.call_id_stack": [1]}, "bad-nameko-header"),
    ],
)
def test_bad_headers_are_refused(headers: dict[str, Any], reason: str) -> None:
    with pytest.raises(wire.Undecodable) as caught:
        wire.decode(*sent(row_of(EVENT_TYPES["ticket.filed"]), **headers))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "bad-json"),
        (b"[]", "bad-json"),
        (b"[" * 100_000, "bad-json"),
        (b'{"ticket": "\xff"}', "bad-utf8"),
        (b'{"ticket": {"number": "x"}}', "invalid-data"),
    ],
    ids=["empty", "a list", "nested without end", "broken UTF-8", "fields missing"],
)
def test_bad_bodies_are_refused(body: bytes, reason: str) -> None:
    content_type, headers, _ = sent(row_of(EVENT_TYPES["ticket.filed"]))
    with pytest.raises(wire.Undecodable) as caught:
        wire.decode(content_type, headers, body)
    assert caught.value.reason == reason


def test_a_stock_nameko_consumer_finds_the_identity_in_the_body() -> None:
    row = row_of(EVENT_TYPES["ticket.filed"])
    body = json.loads(wire.message(row).body)
    assert body["event"] == {
        "id": row["_id"], "type": "ticket.filed", "sequence": 7, "area_path": "/hequ/xikou/",
        "occurred_at": NOW.isoformat(),
    }  # fmt: skip
    assert body["ticket"]["number"] == row["data"]["ticket"]["number"]


def test_nobody_publishes_what_is_another_services_to_publish() -> None:
    event = NewEvent("ticket.filed", "t", 1, "/hequ/", {})
    with pytest.raises(ValueError, match="does not publish"):
        outbox.row(event, "volunteers", NOW)
