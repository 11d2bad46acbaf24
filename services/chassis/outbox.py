"""The outbox, which is also the event log: rows written with the state they tell of, published later, kept."""

import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zlib import crc32

from pymongo import ASCENDING
from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.chassis.ahead import over
from services.chassis.clock import to_milliseconds
from services.chassis.correlation import current_traceparent
from services.chassis.ids import new_id
from services.chassis.retention import index_by_age
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import NewEvent

Document = dict[str, Any]
PARTITIONS = 8
RETURNED_RETRY = timedelta(seconds=30)
"""How long a row waits that the broker returned: the longest that any waits."""
COLLECTION = "outbox"
MAX_DATA_CHARACTERS = 1_000_000
"""Of an event's data as JSON. What carries more than an aggregate's state is not an event."""


def subject(event_type: str, aggregate_id: str) -> str:
    """CloudEvents `subject`: the aggregate that the event is about."""
    return f"{event_type.split('.')[0]}/{aggregate_id}"


def partition_of(subject_: str) -> int:
    return crc32(subject_.encode()) % PARTITIONS


def row(event: NewEvent, source: str, now: datetime) -> Document:
    """The outbox row of an event. Raises KeyError for a type that `contracts` does not know.

    Data that cannot be sent is refused here, with ValueError or TypeError, while the command can still fail.
    """
    event_type = EVENT_TYPES[event.type]
    if source not in event_type.publishers:
        raise ValueError(f"{source} does not publish {event.type}")
    about = subject(event.type, event.aggregate_id)
    return {
        "_id": new_id(),
        "type": event.type,
        "version": event_type.version,
        "source": source,
        "subject": about,
        "aggregate_id": event.aggregate_id,
        "sequence": event.sequence,
        "partition": partition_of(about),
        "area_path": event.area_path,
        "occurred_at": to_milliseconds(event.occurred_at or now),
        "recorded_at": now,
        "data": _sendable(event.type, event.data),
        "traceparent": current_traceparent(),
        "unpublished": True,
    }


def _sendable(event_type: str, data: Mapping[str, Any]) -> Document:
    plain = dict(data)
    if len(json.dumps(plain, allow_nan=False)) > MAX_DATA_CHARACTERS:
        raise ValueError(f"the data of {event_type} is too large for an event")
    return plain


def write(db: Database[Document], session: ClientSession, rows: Sequence[Document]) -> None:
    if rows:
        db[COLLECTION].insert_many(rows, session=session)


def create_indexes(db: Database[Document]) -> None:
    """The relay's work list, the feed's order, one row per (aggregate, sequence), what is still to be blanked, and the
    end of a row's life."""
    outbox = db[COLLECTION]
    outbox.create_index(
        [("partition", ASCENDING), ("_id", ASCENDING)],
        name="unpublished",
        partialFilterExpression={"unpublished": True},
    )
    outbox.create_index(
        [("partition", ASCENDING), ("position", ASCENDING)],
        name="feed",
        unique=True,
        partialFilterExpression={"position": {"$exists": True}},
    )
    outbox.create_index([("subject", ASCENDING), ("sequence", ASCENDING)], name="aggregate", unique=True)
    outbox.create_index(
        [("sealed", ASCENDING), ("published_at", ASCENDING)],
        name="sealed",
        partialFilterExpression={"sealed": True},
    )
    index_by_age(outbox, "published_at")


def unpublished(
    db: Database[Document], partitions: Iterable[int], system: datetime, size: int
) -> Generator[list[Document], None, None]:
    """What is to be published, oldest first, in batches of `size`; what the broker returned waits for its `retry_at`.

    One pass: no row comes twice. A row that is committed meanwhile may come, or is left to the next pass.
    """
    query = {
        "unpublished": True,
        "partition": {"$in": sorted(partitions)},
        **over("retry_at", system, RETURNED_RETRY),
    }
    with db[COLLECTION].find(query, batch_size=size).sort("_id", ASCENDING) as cursor:
        while rows := list(islice(cursor, size)):
            yield rows
