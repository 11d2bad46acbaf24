"""Every service's user of the broker tries everything: what it needs is open, all else is closed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import amqp
import httpx
import pytest

from services.chassis import broker
from services.chassis.directory import SERVICES
from services.chassis.prepare import prepare_broker
from services.cli.native.ports import LOOPBACK
from services.contracts.topology import exchanges, exchanges_of, marker, queues, queues_of
from tests.support.namespaces import Namespace

Channel = Any
EXCHANGES = ("", *exchanges(), marker())
EVERY = pytest.mark.parametrize("service", SERVICES)


@dataclass(frozen=True)
class House:
    """A prepared virtual host, and a connection for each service's user."""

    namespace: Namespace
    connections: Mapping[str, Any]

    def allows(self, service: str, attempt: Callable[[Channel], object]) -> bool:
        """Whether the broker lets it be done; a refusal closes the channel."""
        channel = self.connections[service].channel()
        try:
            attempt(channel)
        except amqp.AccessRefused:
            return False
        channel.close()
        return True


@pytest.fixture(scope="module")
def house(module_namespace: Namespace) -> Iterator[House]:
    prepare_broker(module_namespace.amqp_url, 0)
    opened = {service: broker.connect(url, service) for service, url in module_namespace.amqp_urls.items()}
    yield House(module_namespace, opened)
    for connection in opened.values():
        broker.drop(connection)


@pytest.fixture(autouse=True)
def nothing_is_lost(house: House) -> Iterator[None]:
    """What everybody tried has left all of it as it was."""
    yield
    connection = broker.connect(house.namespace.amqp_url, "test")
    channel = connection.channel()
    for name in exchanges():
        channel.exchange_declare(name, "", passive=True)
    for name in queues():
        channel.queue_declare(name, passive=True)
    connection.close()


def publish(exchange: str, channel: Channel) -> None:
    channel.confirm_select()
    channel.basic_publish_confirm(amqp.Message(b"{}"), exchange, "metrics.tickets")


def read(queue: str, channel: Channel) -> None:
    channel.basic_get(queue, no_ack=True)
    channel.queue_purge(queue)
    channel.basic_consume(queue, consumer_tag="of-the-test")
    channel.basic_cancel("of-the-test")


def do(method: str, *arguments: object, **named: object) -> Callable[[Channel], object]:
    """An attempt: this method of a channel."""
    return lambda channel: getattr(channel, method)(*arguments, **named)


@EVERY
def test_a_service_publishes_on_its_own_exchanges_alone_and_puts_nothing_straight_into_a_queue(
    house: House, service: str
) -> None:
    assert [name for name in EXCHANGES if house.allows(service, partial(publish, name))] == exchanges_of(service)


@EVERY
def test_a_service_reads_its_own_queues_alone(house: House, service: str) -> None:
    assert {name for name in queues() if house.allows(service, partial(read, name))} == set(queues_of(service))


@EVERY
def test_a_service_declares_binds_and_deletes_nothing_not_even_its_own(house: House, service: str) -> None:
    fresh, lasting = f"{service}.{uuid4().hex}", {"durable": True, "auto_delete": False}
    attempts = {
        "declare a queue": do("queue_declare", fresh),
        "declare one that the broker names": do("queue_declare", "", exclusive=True),
        "declare an exchange": do("exchange_declare", f"{service}.events.{fresh}", "topic"),
        "mark a topology as whole": do("exchange_declare", f"doorstep.whole.{fresh}", "fanout"),
        "delete the marker": do("exchange_delete", marker()),
    }
    for name, arguments in queues().items():
        attempts |= {
            f"declare {name} again": do("queue_declare", name, arguments=dict(arguments), **lasting),
            f"delete {name}": do("queue_delete", name),
            f"bind {name}": do("queue_bind", name, "tickets.events", "#"),
            f"unbind {name}": do("queue_unbind", name, "tickets.events", "ticket.filed"),
        }
    for name, kind in exchanges().items():
        attempts |= {
            f"declare {name} again": do("exchange_declare", name, kind, **lasting),
            f"delete {name}": do("exchange_delete", name),
            f"bind {name}": do("exchange_bind", name, "tickets.events", "#"),
        }
    assert [what for what, attempt in attempts.items() if house.allows(service, attempt)] == []


@EVERY
def test_a_service_looks_whether_all_is_there(house: House, service: str) -> None:
    looks = [do("exchange_declare", marker(), "", passive=True)]
    looks += [do("queue_declare", queue, passive=True) for queue in queues()]
    assert all(house.allows(service, look) for look in looks)


@EVERY
def test_a_service_enters_no_other_virtual_host_and_not_the_management(house: House, service: str) -> None:
    url, namespace = house.namespace.amqp_urls[service], house.namespace
    with pytest.raises(amqp.NotAllowed):
        broker.connect(url.replace(f"/{namespace.vhost}", "/%2F"), service)
    auth = tuple(url.split("//")[1].split("@")[0].split(":"))
    asked = f"http://{LOOPBACK}:{namespace.rabbit.ports.management}/api/whoami"
    assert httpx.get(asked, auth=(auth[0], auth[1]), trust_env=False).status_code == httpx.codes.UNAUTHORIZED


def test_who_writes_and_who_reads_covers_everything() -> None:
    assert sorted(name for service in SERVICES for name in exchanges_of(service)) == sorted(
        name for name, kind in exchanges().items() if kind == "topic"
    )
    assert sorted(name for service in SERVICES for name in queues_of(service)) == sorted(queues())
