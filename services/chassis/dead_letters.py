"""What the broker gave up on (delivery limit, overflow) is parked beside what the consumers gave up on."""

from typing import Any

from nameko.extensions import DependencyProvider

from services.chassis import broker, topology
from services.chassis.background import Loop
from services.chassis.context import CONFIG_KEY, Context
from services.chassis.deferred import Deferred, received
from services.chassis.observability import EVENTS_DEFERRED
from services.contracts.queues import dead_letter_queue

POLL_SECONDS = 2.0


class DeadLetters(DependencyProvider):
    """Drains the service's dead-letter queue in processes with the role `consumers`."""

    context: Context

    def setup(self) -> None:
        self.context = self.container.config[CONFIG_KEY]
        settings = self.context.settings
        self._deferred = Deferred(self.context.db, self.context.sealer, settings.retry_delays)
        self._queue = dead_letter_queue(settings.service)
        self._connection: Any = None
        self._channel: Any = None
        self._loop = Loop("dead letters", self._step, POLL_SECONDS)

    def start(self) -> None:
        if self.context.runs("consumers"):
            self._loop.start(self.container)

    def stop(self) -> None:
        if self.context.runs("consumers"):
            self._loop.stop()
            self._disconnect()

    def get_dependency(self, worker_ctx: Any) -> "DeadLetters":
        return self

    def _step(self) -> bool:
        try:
            channel = self._open()
            message = channel.basic_get(self._queue)
            if message is None:
                self._connection.heartbeat_tick()
                return False
            origin = _origin(message.properties.get("application_headers") or {})
            self._deferred.add(received(origin, message), "dead-letter", park=True)
            EVENTS_DEFERRED.labels(origin, "dead-letter").inc()
            channel.basic_ack(message.delivery_tag)
        except Exception:
            self._disconnect()
            raise
        return True

    def _open(self) -> Any:
        if self._channel is None:
            settings = self.context.settings
            self._connection = broker.connect(settings.amqp_url, f"{settings.service} dead letters")
            topology.look(self._connection, [self._queue])
            channel = self._connection.channel()
            channel.auto_decode = False
            self._channel = channel
        return self._channel

    def _disconnect(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        broker.drop(connection)


def _origin(headers: Any) -> str:
    """The queue that the message died in, as the broker notes it in `x-death`."""
    deaths = headers.get("x-death")
    if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict):
        return str(deaths[0].get("queue", "unknown"))
    return "unknown"
