"""Resending from the event log, with the original identities and a replay header, to one queue or one exchange."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo import ASCENDING

from services.chassis import broker, outbox, wire
from services.chassis.context import Context
from services.chassis.publisher import Publisher

Document = dict[str, Any]
BATCH = 500
MOST_WAITING = 2000
"""Events in a bounded queue beyond which a replay waits: with one more batch about 5 MB."""
STANDSTILL_SECONDS = 60.0


@dataclass(slots=True)
class Replayed:
    """How many events were sent, how many of them no queue was there for, and how many private ones no longer have a
    body to send."""

    sent: int = 0
    unrouted: int = 0
    blanked: int = 0


def query_of(queue_types: Sequence[str], since: datetime | None, until: datetime | None) -> Document:
    """Which rows of the log a replay takes: types of the queue, recorded in the half-open interval.

    What the relay has not published yet is left to it: as a replay it would take effect without telling anybody.
    """
    query: Document = {"type": {"$in": list(queue_types)}, "unpublished": {"$ne": True}}
    recorded = {key: value for key, value in (("$gte", since), ("$lt", until)) if value is not None}
    return {**query, "recorded_at": recorded} if recorded else query


def replay(context: Context, query: Document, queue: str, progress: Callable[[int], None]) -> Replayed:
    """Send the matching events of `context`'s log to `queue`. Raises OSError when the broker does not confirm them."""
    return _send(context, query, lambda row: ("", queue), progress, must_arrive=True)


def replay_to_exchange(
    context: Context, query: Document, exchange: str, progress: Callable[[int], None], bounded: str
) -> Replayed:
    """The same to whatever is bound to `exchange`, no faster than it is taken from the queue `bounded`, which would
    otherwise drop what is too much for it. Raises OSError when nobody takes from it."""
    return _send(context, query, lambda row: (exchange, row["type"]), progress, must_arrive=False, bounded=bounded)


def repeat_to_exchange(
    context: Context, query: Document, exchange: str, progress: Callable[[int], None], bounded: str, news: datetime
) -> Replayed:
    """The same as for the first time, so that people are told, but for what was published before `news`."""
    return _send(
        context, query, lambda row: (exchange, row["type"]), progress, must_arrive=False, bounded=bounded, news=news
    )


def wait_for_room(connection: Any, queue: str) -> None:
    """Return once no more than a few batches wait in a queue. Raises OSError when nothing is taken from it."""
    with connection.channel() as channel:
        least, deadline = None, time.monotonic() + STANDSTILL_SECONDS
        while (waiting := channel.queue_declare(queue, passive=True).message_count) > MOST_WAITING:
            if least is None or waiting < least:
                least, deadline = waiting, time.monotonic() + STANDSTILL_SECONDS
            if time.monotonic() > deadline:
                raise OSError(f"nobody takes events from {queue}")
            time.sleep(0.1)


def _send(
    context: Context, query: Document, address: Callable[[Document], tuple[str, str]],
    progress: Callable[[int], None], *, must_arrive: bool, bounded: str | None = None,
    news: datetime | None = None,
) -> Replayed:  # fmt: skip
    connection = broker.connect(context.settings.amqp_url, "replay")
    result = Replayed()
    try:
        publisher = Publisher(connection)
        for rows in batches(context, query, "_id" if news is None else "published_at"):
            if bounded is not None:
                wait_for_room(connection, bounded)
            kept = [row for row in rows if row["data"] is not None]
            again = [(*address(row), wire.message(row, replay=_is_no_news(row, news))) for row in kept]
            outcome = publisher.publish(again)
            if len(outcome.confirmed) < len(kept) or (must_arrive and outcome.returned):
                raise OSError("the broker did not take every event")
            result.sent += len(kept)
            result.unrouted += len(outcome.returned)
            result.blanked += len(rows) - len(kept)
            progress(len(rows))
    finally:
        connection.close()
    return result


def _is_no_news(row: Document, news: datetime | None) -> bool:
    return news is None or bool(row["published_at"] < news)


def batches(context: Context, query: Document, order: str = "_id") -> Iterator[list[Document]]:
    """Rows of the log, up to BATCH at a time, in the order of a field that has an index."""
    with context.db[outbox.COLLECTION].find(query, batch_size=BATCH).sort(order, ASCENDING) as cursor:
        while rows := list(islice(cursor, BATCH)):
            yield rows
