"""Publishing with pipelined confirms: many messages in flight, each one accounted for."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import amqp

CONFIRM_SECONDS = 10.0
LISTEN_SECONDS = 1.0


@dataclass(slots=True)
class Outcome:
    """What became of a batch: indexes of messages confirmed, and of those confirmed but returned as unroutable."""

    confirmed: set[int] = field(default_factory=set)
    returned: set[int] = field(default_factory=set)


class Publisher:
    """Publishes batches on one channel in confirm mode.

    A broker that lacks memory or disk says that it is blocked. It is waited for as long as `patient` says: to send the
    same again on another connection would only pile up copies for the time when it reads on.
    """

    def __init__(self, connection: Any, patient: Callable[[], bool] = lambda: True) -> None:
        self._connection = connection
        self._patient = patient
        self._blocked = False
        self._deadline = 0.0
        connection.on_blocked = lambda reason: self._set_blocked(True)
        connection.on_unblocked = lambda: self._set_blocked(False)
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
            while self._blocked:
                self._listen()
            self._tag += 1
            self._pending[self._tag] = index
            self._channel.basic_publish(message, exchange=exchange, routing_key=routing_key, mandatory=True)
        self._deadline = time.monotonic() + CONFIRM_SECONDS
        while self._pending:
            self._listen()
        return self._outcome

    def _listen(self) -> None:
        """Take what the broker says next. Raises OSError when it has said nothing of our messages for too long."""
        if self._blocked:
            if not self._patient():
                raise OSError("the broker is blocked, and we are to wait no longer")
            self._connection.heartbeat_tick()
            self._deadline = time.monotonic() + CONFIRM_SECONDS
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise OSError("the broker did not confirm in time")
        with contextlib.suppress(TimeoutError):
            self._connection.drain_events(timeout=min(remaining, LISTEN_SECONDS))

    def _set_blocked(self, blocked: bool) -> None:
        self._blocked = blocked

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
