"""Publishing with pipelined confirms: batches in flight, each message accounted for."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import amqp
from amqp import spec

from services.chassis.outgoing import Outgoing

Batch = Sequence[tuple[str, str, amqp.Message]]
"""(exchange, routing key, message) each."""
CONFIRM_SECONDS = 10.0
LISTEN_SECONDS = 1.0
WRITE_BYTES = 65_536


@dataclass(slots=True)
class Outcome:
    """What became of a batch: indexes of messages confirmed, and of those confirmed but returned as unroutable."""

    confirmed: set[int] = field(default_factory=set)
    returned: set[int] = field(default_factory=set)


class Flight:
    """A batch on its way; its delivery tags follow one another."""

    def __init__(self, batch: Batch, first_tag: int) -> None:
        self.outcome = Outcome()
        self.unanswered = set(range(first_tag, first_tag + len(batch)))
        self._first, self._last = first_tag, first_tag + len(batch) - 1
        self._lowest = first_tag
        self._index_by_id = {message.properties["message_id"]: i for i, (_, _, message) in enumerate(batch)}

    def answer(self, tag: int, multiple: bool, confirmed: bool) -> None:
        """The broker's word on `tag`, or on everything up to it."""
        begin = self._lowest if multiple else max(tag, self._lowest)
        for each in range(begin, min(tag, self._last) + 1):
            if each in self.unanswered:
                self.unanswered.remove(each)
                if confirmed:
                    self.outcome.confirmed.add(each - self._first)
        if multiple:
            self._lowest = max(self._lowest, tag + 1)

    def return_(self, message_id: str) -> None:
        if message_id in self._index_by_id:
            self.outcome.returned.add(self._index_by_id[message_id])


class Publisher:
    """Publishes batches on one channel in confirm mode, in the order in which they are sent.

    A broker that lacks memory or disk says that it is blocked. It is waited for as long as `patient` says: to send the
    same again on another connection would only pile up copies for the time when it reads on. After an exception the
    connection is to be dropped: nothing is known then of what was in flight, and all of it is to be published again.
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
        self._channel.events["basic_ack"].add(lambda tag, multiple: self._answer(tag, multiple, True))
        self._channel.events["basic_nack"].add(lambda tag, multiple: self._answer(tag, multiple, False))
        self._channel.events["basic_return"].add(self._on_return)
        self._outgoing = Outgoing(connection.transport)
        self._next_tag = 1
        self._flights: list[Flight] = []

    def publish(self, batch: Batch) -> Outcome:
        """Send a batch and wait for the broker's word on all of it. Raises OSError when the connection breaks."""
        return self.wait(self.send(batch))

    def send(self, batch: Batch) -> Flight:
        """Write a batch to the broker without waiting for its word. Raises OSError when the connection breaks."""
        flight = Flight(batch, self._next_tag)
        self._next_tag += len(batch)
        self._flights.append(flight)
        self._wait_while_blocked()
        with self._outgoing.gathering():
            for exchange, routing_key, message in batch:
                # basic_publish would also look for the broker's word before each message: a system call apiece.
                arguments = (0, exchange, routing_key, True, False)
                self._channel.send_method(spec.Basic.Publish, "Bssbb", arguments, message)
                if self._outgoing.size >= WRITE_BYTES:
                    self._write()
            self._write()
        self._heard()
        return flight

    def wait(self, flight: Flight) -> Outcome:
        """Wait until the broker has said a word on each message of a flight; one that it refused is in neither set.

        Raises OSError when the broker says nothing for CONFIRM_SECONDS without being blocked.
        """
        while flight.unanswered:
            self._listen()
        self._flights.remove(flight)
        return flight.outcome

    def _write(self) -> None:
        self._heard()
        while not self._outgoing.write_on(LISTEN_SECONDS):
            self._listen()  # a broker that takes nothing may have said why
        self._wait_while_blocked()

    def _wait_while_blocked(self) -> None:
        """What is written to a blocked broker only waits in the buffers between."""
        while self._blocked:
            self._listen()

    def _listen(self) -> None:
        """Take what the broker says next. Raises OSError when it has said nothing of our messages for too long."""
        if self._blocked:
            if not self._patient():
                raise OSError("the broker is blocked, and we are to wait no longer")
            self._connection.heartbeat_tick()
            self._heard()
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise OSError("the broker did not confirm in time")
        with contextlib.suppress(TimeoutError):
            self._connection.drain_events(timeout=min(remaining, LISTEN_SECONDS))

    def _heard(self) -> None:
        self._deadline = time.monotonic() + CONFIRM_SECONDS

    def _set_blocked(self, blocked: bool) -> None:
        self._blocked = blocked

    def _answer(self, tag: int, multiple: bool, confirmed: bool) -> None:
        self._heard()
        for flight in self._flights:
            flight.answer(tag, multiple, confirmed)

    def _on_return(self, exc: Any, exchange: str, routing_key: str, message: Any) -> None:
        for flight in self._flights:
            flight.return_(message.properties.get("message_id", ""))
