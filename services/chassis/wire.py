"""Events on the wire: outbox rows to AMQP messages and back. CloudEvents 1.0, AMQP binding in binary mode.

The body is the event's data; `event` in it repeats the identity for consumers that never see headers, such as a stock
nameko `@event_handler`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import amqp
import orjson
from marshmallow import ValidationError

from services.contracts import reading
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Event

Document = dict[str, Any]
CONTENT_TYPE = "application/json"
REPLAY_HEADER = "doorstep-replay"
AREA_HEADER = "doorstep-beneath:"
_VERSION = re.compile(r"/([0-9]{1,6})\.([0-9]{1,6})\Z")


class Undecodable(Exception):
    """The message can never be read by this program; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotYetKnown(Exception):
    """The event is of a type or major version that a later program may know, such as one being rolled out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def message(row: Document, replay: bool = False) -> amqp.Message:
    """The AMQP message of an outbox row."""
    occurred_at = row["occurred_at"].isoformat()
    headers = {
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": row["_id"],
        "cloudEvents_source": row["source"],
        "cloudEvents_type": row["type"],
        "cloudEvents_subject": row["subject"],
        "cloudEvents_time": occurred_at,
        "cloudEvents_dataschema": EVENT_TYPES[row["type"]].dataschema.rsplit("/", 1)[0] + f"/{row['version']}",
        "cloudEvents_areapath": row["area_path"],
        "cloudEvents_recordedtime": row["recorded_at"].isoformat(),
        "sequence": row["sequence"],
    }
    headers.update((area_header(above), True) for above in _beneath(row["area_path"]))
    if row["traceparent"]:
        headers["traceparent"] = row["traceparent"]
    if replay:
        headers[REPLAY_HEADER] = True
    return amqp.Message(
        body=orjson.dumps(body(row)),
        content_type=CONTENT_TYPE,
        content_encoding="utf-8",
        delivery_mode=2,
        message_id=row["_id"],
        application_headers=headers,
    )


def area_header(area_path: str) -> str:
    """The header that every event beneath an area bears: the broker's headers exchanges match whole values only."""
    return f"{AREA_HEADER}{area_path}"


def _beneath(area_path: str) -> Iterator[str]:
    """The area itself and all above it: `/hequ/qingxi/` lies beneath itself and `/hequ/`."""
    end = area_path.find("/", 1)
    while end > 0:
        yield area_path[: end + 1]
        end = area_path.find("/", end + 1)


def body(row: Document) -> Document:
    """What a consumer reads: the data and, under `event`, which event it is."""
    identity = {
        "id": row["_id"],
        "type": row["type"],
        "sequence": row["sequence"],
        "area_path": row["area_path"],
        "occurred_at": row["occurred_at"].isoformat(),
    }
    return {**row["data"], "event": identity}


def event_id(headers: Mapping[str, Any]) -> str | None:
    identity = headers.get("cloudEvents_id")
    # Half a surrogate pair, which AMQP lets through and MongoDB does not, is not printable.
    return identity if isinstance(identity, str) and 0 < len(identity) <= 200 and identity.isprintable() else None


def decode(content_type: Any, headers: Mapping[str, Any], raw: bytes) -> Event:
    """The event in a message. Raises Undecodable, or NotYetKnown for what a later program may read."""
    if content_type != CONTENT_TYPE:
        raise Undecodable("wrong-content-type")
    _check_nameko_stack(headers)
    event_type = EVENT_TYPES.get(_text(headers, "cloudEvents_type"))
    if event_type is None:
        raise NotYetKnown("unknown-type")
    version = _VERSION.search(_text(headers, "cloudEvents_dataschema"))
    if version is None:
        raise Undecodable("bad-headers")
    if int(version[1]) != event_type.major:
        raise NotYetKnown("unknown-major")
    identity = event_id(headers)
    sequence = headers.get("sequence")
    if identity is None or isinstance(sequence, bool) or not isinstance(sequence, int):
        raise Undecodable("bad-headers")
    return Event(
        id=identity,
        type=event_type.name,
        source=_text(headers, "cloudEvents_source"),
        version=f"{version[1]}.{version[2]}",
        sequence=sequence,
        aggregate_id=_text(headers, "cloudEvents_subject").partition("/")[2],
        area_path=_text(headers, "cloudEvents_areapath"),
        occurred_at=_moment(headers, "cloudEvents_time"),
        recorded_at=_moment(headers, "cloudEvents_recordedtime"),
        data=_data(event_type.name, raw),
        replayed=headers.get(REPLAY_HEADER) is True,
        traceparent=headers["traceparent"] if isinstance(headers.get("traceparent"), str) else None,
    )


def _text(headers: Mapping[str, Any], name: str) -> str:
    value = headers.get(name)
    if not isinstance(value, str):
        raise Undecodable("bad-headers")
    return value


def _moment(headers: Mapping[str, Any], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(headers, name))
    except ValueError:
        raise Undecodable("bad-headers") from None
    if moment.tzinfo is None:
        raise Undecodable("bad-headers")
    return moment


def _data(type_name: str, raw: bytes) -> Document:
    try:
        loaded = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise Undecodable("bad-utf8") from None
    except (ValueError, RecursionError):
        raise Undecodable("bad-json") from None
    if not isinstance(loaded, dict):
        raise Undecodable("bad-json")
    try:
        return reading.load(type_name, loaded)
    except ValidationError:
        raise Undecodable("invalid-data") from None


def _check_nameko_stack(headers: Mapping[str, Any]) -> None:
    """A stock nameko publisher sends its call stack along; a malformed one would kill stock consumers."""
    stack = headers.get("nameko.call_id_stack", [])
    if not isinstance(stack, list) or not all(isinstance(call, str) for call in stack):
        raise Undecodable("bad-nameko-header")
