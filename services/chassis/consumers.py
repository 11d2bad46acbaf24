"""The event entrypoint: `@consume(queue)` on a method `(self, unit, event)` of a nameko service.

nameko's own event handler acknowledges whatever a handler raised and takes one message at a time; this one loses
nothing and takes batches. Effect first, acknowledgement after.
"""

import contextlib
import functools
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from nameko.extensions import Entrypoint, register_entrypoint

from services.chassis import broker, topology
from services.chassis.background import Loop
from services.chassis.batch import Consumer, Delivery, Stopped
from services.chassis.context import CONFIG_KEY, Context
from services.chassis.deferred import received
from services.chassis.workers import Work, run_in_worker
from services.contracts.types import Queue

BATCH = 50
BATCH_SECONDS = 0.02
PREFETCH = 2 * BATCH
IDLE_SECONDS = 0.5
RETRY_POLL_SECONDS = 1.0


def consume(queue: Queue, lanes: int = 1) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Have the decorated method called as `(self, unit, event)` for each event of `queue`, within a transaction.

    The method may be called twice for one event, but commits once. An exception puts that one event aside. `lanes` says
    how many batches may be under way in one process, each on a connection of its own, as with replicas: for handlers
    that mostly wait for the database.
    """

    def decorate(method: Callable[..., None]) -> Callable[..., Any]:
        @functools.wraps(method)
        def run(service: Any, work: Work) -> Any:
            return work(functools.partial(method, service))

        for _ in range(lanes):
            register_entrypoint(run, EventQueue(queue))
        return run

    return decorate


class EventQueue(Entrypoint):
    """Consumes one queue in processes with the role `consumers`."""

    context: Context

    def __init__(self, queue: Queue, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.queue = queue

    def setup(self) -> None:
        self.context = self.container.config[CONFIG_KEY]
        self._connection: Any = None
        self._channel: Any = None
        self._waiting: deque[Any] = deque()
        self._consuming = Loop(f"consume {self.queue.name}", self._step, 0.0)
        self._retrying = Loop(f"retry {self.queue.name}", self._retry, RETRY_POLL_SECONDS)
        self._consumer = Consumer(self.context, self.queue, self._beat, lambda: self._consuming.stopping)

    def start(self) -> None:
        if self.context.runs("consumers"):
            self._consuming.start(self.container)
            self._retrying.start(self.container)

    def stop(self) -> None:
        if self.context.runs("consumers"):
            self._consuming.ask_to_stop()
            self._retrying.stop()
            self._consuming.stop()
            self._disconnect()

    @property
    def connected(self) -> bool:
        return self._channel is not None

    def _step(self) -> bool:
        try:
            if self._channel is None:
                self._connect()
            messages = self._collect()
            if messages:
                deliveries = [_delivery(self.queue.name, message) for message in messages]
                run_in_worker(self, lambda handler: self._consumer.apply(deliveries, handler))
                self._channel.basic_ack(messages[-1].delivery_tag, multiple=True)
            self._connection.heartbeat_tick()
        except Stopped:
            self._disconnect()
        except Exception:
            self._disconnect()
            raise
        return True

    def _retry(self) -> bool:
        return bool(run_in_worker(self, self._consumer.retry))

    def _connect(self) -> None:
        """Begin to consume, once the database can be reached: without it nothing should be taken from the queue.

        Raises NotYet while the broker lacks something.
        """
        self.context.client.admin.command("ping")
        connection = broker.connect(self.context.settings.amqp_url, f"{self.queue.name} consumer")
        self._connection = connection
        topology.look(connection, [self.queue.name])
        channel = connection.channel()
        channel.auto_decode = False
        channel.basic_qos(0, PREFETCH, False)
        self._waiting.clear()
        channel.basic_consume(self.queue.name, callback=self._waiting.append)
        self._channel = channel

    def _collect(self) -> Sequence[Any]:
        """Up to BATCH messages, waiting BATCH_SECONDS for more after the first."""
        if not self._waiting:
            self._drain(IDLE_SECONDS)
        deadline = time.monotonic() + BATCH_SECONDS
        while self._waiting and len(self._waiting) < BATCH and (left := deadline - time.monotonic()) > 0:
            self._drain(left)
        return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _drain(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            self._connection.drain_events(timeout=seconds)

    def _beat(self) -> None:
        """Keep the connection alive during a long batch. One that is lost is noticed when the batch is acknowledged."""
        with contextlib.suppress(Exception):
            self._drain(0.001)
            self._connection.heartbeat_tick()

    def _disconnect(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        self._waiting.clear()
        broker.drop(connection)


def _delivery(queue: str, message: Any) -> Delivery:
    return Delivery(received(queue, message), bool(message.delivery_info["redelivered"]))
