"""An outside consumer's queue, as an operator makes it through the management API, and a flood of small events for it.

`python -m tests.faults.faults.outside` floods: it publishes with pipelined confirms, and goes on after the last
confirmed batch when the broker was away. What it is to do stands in the environment, since it holds a password.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

import amqp
import httpx

from services.chassis import broker
from services.chassis.publisher import Flight, Publisher
from services.cli.native.ports import LOOPBACK

EXCHANGE, QUEUE, KEY = "tickets.events", "hotline.tickets", "outside.tick"
SETTING = "DOORSTEP_FAULT_FLOOD"
BODY_BYTES = 100
_BATCH, _IN_FLIGHT = 500, 4
_SILENCE_SECONDS = 30.0
_AWAY_SECONDS = 120.0
"""How long the broker may be away before the flood gives up."""


@dataclass(frozen=True)
class Outside:
    """The queue of a consumer that is not there, and what may pile up in it."""

    amqp_url: str
    management_port: int
    vhost: str
    user: str
    password: str
    max_bytes: int
    events: int

    def declare(self) -> None:
        """Queue, binding and bound; harmless when they are there. Raises httpx.HTTPError without a broker."""
        vhost = quote(self.vhost, safe="")
        bound = {"max-length-bytes": self.max_bytes, "overflow": "drop-head", "delivery-limit": 1000}
        policy = {"pattern": f"^{QUEUE}$", "apply-to": "queues", "priority": 10, "definition": bound}
        self._ask("PUT", f"policies/{vhost}/hotline", policy)
        self._ask("PUT", f"queues/{vhost}/{QUEUE}", {"durable": True, "arguments": {"x-queue-type": "quorum"}})
        self._ask("POST", f"bindings/{vhost}/e/{EXCHANGE}/q/{QUEUE}", {"routing_key": KEY})

    def state(self) -> dict[str, Any]:
        """What the management says of the queue. Raises httpx.HTTPError."""
        found: dict[str, Any] = self._ask("GET", f"queues/{quote(self.vhost, safe='')}/{QUEUE}").json()
        return found

    def alarms(self) -> list[str]:
        """Resources that the broker says it lacks."""
        answer = self._ask("GET", "health/checks/alarms", refused=(503,))
        return [alarm["resource"] for alarm in answer.json().get("alarms", [])]

    def remove(self) -> None:
        vhost = quote(self.vhost, safe="")
        for path in (f"queues/{vhost}/{QUEUE}", f"policies/{vhost}/hotline"):
            self._ask("DELETE", path, refused=(404,))

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, refused: tuple[int, ...] = ()
    ) -> httpx.Response:
        url = f"http://{LOOPBACK}:{self.management_port}/api/{path}"
        with httpx.Client(auth=(self.user, self.password), timeout=20, trust_env=False) as client:
            answer = client.request(method, url, json=body)
        if answer.status_code not in refused:
            answer.raise_for_status()
        return answer

    def setting(self) -> dict[str, str]:
        """The environment of the program that floods."""
        return {SETTING: json.dumps(asdict(self))}

    def come_back(self) -> list[int]:
        """Consume what the queue kept, as the consumer would on its return: the sequences, up to the last.

        Raises TimeoutError when the last does not come.
        """
        connection = broker.connect(self.amqp_url, "hotline")
        try:
            channel = connection.channel()
            channel.auto_decode = False
            channel.basic_qos(0, 1000, False)
            arrived: list[Any] = []
            channel.basic_consume(QUEUE, callback=arrived.append)
            found: list[int] = []
            while self.events not in found[-1000:]:
                connection.drain_events(timeout=_SILENCE_SECONDS)
                if arrived:
                    found += map(_sequence, arrived)
                    channel.basic_ack(arrived[-1].delivery_tag, multiple=True)
                    arrived.clear()
            return found
        finally:
            broker.drop(connection)


def _sequence(message: Any) -> int:
    return int(message.properties["application_headers"]["sequence"])


class Flood:
    """Publishes the events in their order; what was not confirmed when the connection broke goes out again."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.confirmed = 0
        self.broken = 0
        """How often the connection broke, or the queue was gone."""

    def run(self) -> None:
        """Raises TimeoutError when the broker stays away."""
        last = time.monotonic()
        while self.confirmed < self._outside.events:
            before = self.confirmed
            try:
                self._outside.declare()
                self._publish()
            except (OSError, amqp.AMQPError, httpx.HTTPError) as error:
                self.broken += 1
                last = time.monotonic() if self.confirmed > before else last
                if time.monotonic() - last > _AWAY_SECONDS:
                    raise TimeoutError("the broker stays away") from error
                time.sleep(0.5)

    def _publish(self) -> None:
        connection = broker.connect(self._outside.amqp_url, "flood")
        try:
            publisher, flights = Publisher(connection), list[Flight]()
            for first in range(self.confirmed + 1, self._outside.events + 1, _BATCH):
                flights.append(publisher.send([_event(n) for n in range(first, first + _BATCH)]))
                if len(flights) == _IN_FLIGHT:
                    self._wait(publisher, flights.pop(0))
            for flight in flights:
                self._wait(publisher, flight)
        finally:
            broker.drop(connection)

    def _wait(self, publisher: Publisher, flight: Flight) -> None:
        outcome = publisher.wait(flight)
        if outcome.returned or len(outcome.confirmed) < _BATCH:
            raise OSError("the queue is gone")
        self.confirmed += _BATCH


def _event(sequence: int) -> tuple[str, str, amqp.Message]:
    body = f'{{"tick": {sequence}, "text": "'
    headers = {"cloudEvents_id": f"tick-{sequence}", "cloudEvents_type": KEY, "sequence": sequence}
    message = amqp.Message(
        body + "x" * (BODY_BYTES - len(body) - 2) + '"}', content_type="application/json", delivery_mode=2,
        message_id=f"tick-{sequence}", application_headers=headers,
    )  # fmt: skip
    return EXCHANGE, KEY, message


def main() -> int:
    flood, begun = Flood(Outside(**json.loads(os.environ[SETTING]))), time.monotonic()
    flood.run()
    seconds = time.monotonic() - begun
    print(json.dumps({"confirmed": flood.confirmed, "seconds": round(seconds, 1), "broken": flood.broken}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
