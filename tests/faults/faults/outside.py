"""An outside consumer that is away, as `doorstep consumer add` makes it, and a flood of small events for it.

`python -m tests.faults.faults.outside` floods: it publishes with pipelined confirms, and goes on after the last
confirmed batch when the broker was away. The last events, more than the queue holds, wait until it is sent SIGUSR1:
a broker that came back empty in between has lost the others, and the queue has the end of the flood all the same.
What it is to do stands in the environment, since it holds passwords.
"""

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

import amqp
import httpx

from services.chassis import broker, wire
from services.chassis.publisher import Flight, Publisher
from services.cli.native.ports import LOOPBACK
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.places import put_area

NAME, KEY, AREA = "hotline", "ticket.filed", "/nowhere/"
"""It may get events beneath an area in which none happen but those of the flood."""
SETTING = "DOORSTEP_FAULT_FLOOD"
BODY_BYTES = 100
MEGABYTE = 1_000_000
_BATCH, _IN_FLIGHT = 500, 4
_HELD = 100_000
"""Events that wait: ten megabytes, twice what the queue holds."""
_SILENCE_SECONDS = 30.0
_CARRIED_WITHIN = 180.0
_AWAY_SECONDS = 120.0
"""How long the broker may be away before the flood gives up."""


@dataclass(frozen=True)
class Outside:
    """A consumer whose program is not running, and what may pile up in its queue."""

    amqp_url: str
    """Of an administrator, into Doorstep's virtual host."""
    home_url: str
    """Of the consumer itself, as `doorstep consumer add` told it."""
    management_port: int
    user: str
    password: str
    max_bytes: int
    events: int

    @classmethod
    def admitted(cls, run: Callable[..., str], namespace: Namespace, megabytes: int, events: int) -> Self:
        """Have `doorstep`, by `run`, add the consumer, and declare its queue."""
        put_area(namespace.mongo[f"{namespace.prefix}_tickets"], AREA)
        arguments = ("--types", KEY, "--area", AREA, "--max-megabytes", str(megabytes))
        told = re.search(r"amqp://\S+", run("consumer", "add", NAME, *arguments))
        assert told is not None
        login, ports = namespace.rabbit.login, namespace.rabbit.ports
        one = cls(
            namespace.amqp_url, told[0], ports.management, login.user, login.password, megabytes * MEGABYTE, events
        )
        one.declare()
        return one

    @property
    def home(self) -> str:
        return unquote(urlsplit(self.home_url).path[1:])

    @property
    def gate(self) -> str:
        """Past which its events come in. Events of a fault go here, so that nobody else gets them."""
        return f"outside.{NAME}.gate"

    @property
    def queue(self) -> str:
        return f"outside.{NAME}.inbox"

    def declare(self) -> None:
        """Its queue, as its program declares it at its start. Raises OSError, AMQPError without a broker."""
        connection = broker.connect(self.home_url, NAME)
        try:
            channel = connection.channel()
            channel.queue_declare(self.queue, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
            channel.queue_bind(self.queue, f"outside.{NAME}.events", KEY)
        finally:
            broker.drop(connection)

    def state(self) -> dict[str, Any]:
        """What the management says of the queue. Raises httpx.HTTPError."""
        found: dict[str, Any] = self._ask("GET", f"queues/{quote(self.home, safe='')}/{self.queue}").json()
        return found

    def alarms(self) -> list[str]:
        """Resources that the broker says it lacks."""
        answer = self._ask("GET", "health/checks/alarms", refused=(503,))
        return [alarm["resource"] for alarm in answer.json().get("alarms", [])]

    def _is_carried(self) -> bool:
        """Whether nothing waits in the buffer, or is just under way from there."""
        buffer = f"outside.{NAME}.buffer"
        connection = broker.connect(self.amqp_url, "look")
        try:
            ready = connection.channel().queue_declare(buffer, passive=True).message_count
        finally:
            broker.drop(connection)
        vhost = quote(unquote(urlsplit(self.amqp_url).path[1:]), safe="")
        return ready == 0 and bool(self._ask("GET", f"queues/{vhost}/{buffer}").json().get("messages") == 0)

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, refused: tuple[int, ...] = ()
    ) -> httpx.Response:
        url = f"http://{LOOPBACK}:{self.management_port}/api/{path}"
        with httpx.Client(auth=(self.user, self.password), timeout=20, trust_env=False, verify=False) as client:
            answer = client.request(method, url, json=body)
        if answer.status_code not in refused:
            answer.raise_for_status()
        return answer

    def setting(self) -> dict[str, str]:
        """The environment of the program that floods."""
        return {SETTING: json.dumps(asdict(self))}

    def come_back(self) -> list[int]:
        """Consume what the queue kept, as the consumer would on its return: the sequences, up to the last. Not before
        all was carried there: meanwhile the queue drops what is just about to be read.

        Raises TimeoutError when the last does not come.
        """
        eventually(self._is_carried, _CARRIED_WITHIN)
        connection = broker.connect(self.home_url, NAME)
        try:
            channel = connection.channel()
            channel.auto_decode = False
            channel.basic_qos(0, 1000, False)
            arrived: list[Any] = []
            channel.basic_consume(self.queue, callback=arrived.append)
            found: list[int] = []
            heard = time.monotonic()
            while self.events not in found[-1000:]:
                connection.drain_events(timeout=_SILENCE_SECONDS)  # the broker's heartbeats end it as well
                if not arrived and time.monotonic() - heard > _SILENCE_SECONDS:
                    raise TimeoutError(f"of {self.events:,} events the last does not come; {len(found):,} came")
                if arrived:
                    heard = time.monotonic()
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
        self._until = outside.events
        self.broken = 0
        """How often the connection broke, or its way in was gone."""

    def run(self, until: int | None = None) -> None:
        """Up to that event, or the last. Raises TimeoutError when the broker stays away."""
        last, self._until = time.monotonic(), until or self._outside.events
        while self.confirmed < self._until:
            before = self.confirmed
            try:
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
            for first in range(self.confirmed + 1, self._until + 1, _BATCH):
                flights.append(publisher.send([_event(self._outside.gate, n) for n in range(first, first + _BATCH)]))
                if len(flights) == _IN_FLIGHT:
                    self._wait(publisher, flights.pop(0))
            for flight in flights:
                self._wait(publisher, flight)
        finally:
            broker.drop(connection)

    def _wait(self, publisher: Publisher, flight: Flight) -> None:
        outcome = publisher.wait(flight)
        if outcome.returned or len(outcome.confirmed) < _BATCH:
            raise OSError("its way in is gone")
        self.confirmed += _BATCH


def _event(gate: str, sequence: int) -> tuple[str, str, amqp.Message]:
    body = f'{{"tick": {sequence}, "text": "'
    headers = {"cloudEvents_id": f"tick-{sequence}", "cloudEvents_type": KEY, "sequence": sequence,
               wire.area_header(AREA): True}  # fmt: skip
    message = amqp.Message(
        body + "x" * (BODY_BYTES - len(body) - 2) + '"}', content_type="application/json", delivery_mode=2,
        message_id=f"tick-{sequence}", application_headers=headers,
    )  # fmt: skip
    return gate, KEY, message


def main() -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    outside, seconds = Outside(**json.loads(os.environ[SETTING])), 0.0
    flood = Flood(outside)
    for until in (outside.events - _HELD, outside.events):
        begun = time.monotonic()
        flood.run(until)
        seconds += time.monotonic() - begun
        if until < outside.events:
            signal.sigwait({signal.SIGUSR1})
    print(json.dumps({"confirmed": flood.confirmed, "seconds": round(seconds, 1), "broken": flood.broken}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
