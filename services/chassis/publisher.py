"""Publishing with pipelined confirms: many messages in flight, each one accounted for."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import amqp

CONFIRM_SECONDS = 10.0


@dataclass(slots=True)
class Outcome:
    """What became of a batch: indexes of messages confirmed, and of those confirmed but returned as unroutable."""

    confirmed: set[int] = field(default_factory=set)
    returned: set[int] = field(default_factory=set)


class Publisher:
    """Publishes batches on one channel in confirm mode."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._channel = connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)
        self._tag = 0
        self._pending: dict[int, int] = {}
        self._index_by_id: dict[str, int] = {}
        self._outcome = Outcome()

    def publish(self, batch: Sequence[tuple[str, str, amqp.Message]]) -> Outcome:
        """Publish (exchange, routing key, message) each and wait for the broker's word on all.

        A message without a word in time, or refused, is in neither set. Raises OSError when the connection breaks;
        then nothing is known and all is to be published again.
        """
        self._outcome = Outcome()
        self._pending = {}
        self._index_by_id = {message.properties["message_id"]: i for i, (_, _, message) in enumerate(batch)}
        for index, (exchange, routing_key, message) in enumerate(batch):
            self._tag += 1
            self._pending[self._tag] = index
            self._channel.basic_publish(message, exchange=exchange, routing_key=routing_key, mandatory=True)
        deadline = time.monotonic() + CONFIRM_SECONDS
        while self._pending:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise OSError("the broker did not confirm in time")
            self._connection.drain_events(timeout=remaining)
        return self._outcome

    def _take(self, tag: int, multiple: bool) -> list[int]:
        tags = [pending for pending in self._pending if pending <= tag] if multiple else [tag]
        return [self._pending.pop(one) for one in tags if one in self._pending]

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._outcome.confirmed.update(self._take(tag, multiple))

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._take(tag, multiple)

    def _on_return(self, exc: Any, exchange: str, routing_key: str, message: Any) -> None:
        index = self._index_by_id.get(message.properties.get("message_id", ""))
        if index is not None:
            self._outcome.returned.add(index)
