"""What an event is, before it is published and after it arrived, and how a type of event is described."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from marshmallow import EXCLUDE, Schema


class Mode(StrEnum):
    """What a consumer needs of the order in which events reach it. The bus promises none."""

    LATEST = "latest"
    """The event carries the whole state: apply it when its sequence is higher than the one already applied."""
    ADDITIVE = "additive"
    """Each event adds its own effect: any order gives the same end, the inbox keeps it from counting twice."""
    PAIRED = "paired"
    """A reversal that arrives before what it reverses is kept and cancels it on arrival."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact that a handler wants published.

    `sequence` grows by one with each event of the aggregate. `data` is JSON-ready and holds no personal data, unless
    the type is private. `occurred_at` is when it happened in business time; None means the unit's own now.
    """

    type: str
    aggregate_id: str
    sequence: int
    area_path: str
    data: Mapping[str, Any]
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a consumer's handler gets it: validated, `data` loaded by the type's schema."""

    id: str
    type: str
    source: str
    version: str
    sequence: int
    aggregate_id: str
    area_path: str
    occurred_at: datetime
    recorded_at: datetime
    data: Mapping[str, Any]
    replayed: bool = False
    """True for a resend from the event log: state may be updated, nobody may be told."""
    traceparent: str | None = None


class EventData(Schema):
    """Base of every event's data. Extra fields of a later minor version are ignored."""

    class Meta:
        unknown = EXCLUDE


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event: who publishes it, what it carries, an example, and why nobody may be consuming it."""

    name: str
    publishers: Sequence[str]
    summary: str
    schema: type[EventData]
    example: Callable[[], dict[str, Any]]
    version: str = "1.0"
    private: bool = False
    """Published on `{publisher}.private` with a sealed body that is blanked in the log after a grace (ADR 8)."""
    in_feed: bool = True
    """Whether partners read it by HTTP. What says where a person is going to be, or what he was told, is not for who
    learns that person's id by filing for a telephone."""
    unconsumed: str | None = None
    """Why no service of ours consumes it; such an event may be unroutable without harm."""

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def exchange(self, publisher: str) -> str:
        """Name of the durable topic exchange on which `publisher` publishes this type."""
        return f"{publisher}.private" if self.private else f"{publisher}.events"

    @property
    def dataschema(self) -> str:
        """CloudEvents `dataschema`: a URI reference that ends in MAJOR.MINOR."""
        return f"/api/asyncapi.json#/components/schemas/{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Queue:
    """A consumer's durable quorum queue: its chosen name, and per event type the mode in which it is applied."""

    name: str
    consumer: str
    publishers: Sequence[str]
    modes: Mapping[str, Mode] = field(default_factory=dict)
