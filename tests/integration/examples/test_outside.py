"""`doorstep consumer`: what a program of somebody else gets, and what it is refused, by stock nameko and aio-pika."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aio_pika
import amqp
import pytest
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPConnectionError, ChannelClosed
from aiormq.exceptions import ChannelAccessRefused

from services.chassis import broker
from tests.integration.examples.conftest import Admit, Admitted, TicketLog, consumers_of, url_in
from tests.support.eventually import eventually
from tests.support.processes import Processes

HERE, ELSEWHERE = "/hequ/xikou/", "/hequ/qingxi/qingyuan/grid-001/"
"""The log tells of a grid that lies here, unless told otherwise."""
Deed = Callable[[AbstractChannel], Coroutine[Any, Any, Any]]
NAMEKO = """
import eventlet
eventlet.monkey_patch()
import sys
from nameko.events import event_handler
from nameko.runners import ServiceRunner

class Service:
    name = "county"

    @event_handler(sys.argv[2], "ticket.escalated")
    def on_escalated(self, body):
        print(body["event"]["id"], flush=True)

runner = ServiceRunner({"AMQP_URI": sys.argv[1]})
runner.add_service(Service)
runner.start()
runner.wait()
"""


def test_a_stock_nameko_service_gets_its_events_and_misses_none_while_it_is_away(log: TicketLog, admit: Admit) -> None:
    one = admit("--types", "ticket.escalated")
    queue = f"evt-{one.source}-ticket.escalated--county.on_escalated"
    with _nameko(one) as service:
        assert eventually(lambda: consumers_of(one, queue) == 1)
        log.tell("ticket.filed", "ticket-1", 1)
        first = log.tell("ticket.escalated", "ticket-1", 2)
        assert _line(service) == first["_id"]
    second = log.tell("ticket.escalated", "ticket-1", 3)
    with _nameko(one) as service:
        assert _line(service) == second["_id"]


def test_an_aio_pika_client_gets_its_types_beneath_its_area_and_nothing_else(log: TicketLog, admit: Admit) -> None:
    one = admit("--types", "ticket.escalated,ticket.closed", "--area", HERE)
    wanted: list[str] = []

    async def receive(channel: AbstractChannel) -> list[str]:
        queue = await channel.declare_queue(one.queue, durable=True, arguments={"x-queue-type": "quorum"})
        for key in ("ticket.escalated", "ticket.closed"):
            await queue.bind(one.exchange, key)
        await asyncio.to_thread(tell)
        return [await _next(queue) for _ in wanted]

    def tell() -> None:
        log.tell("ticket.escalated", "ticket-1", 1, area_path=ELSEWHERE)
        wanted.append(log.tell("ticket.escalated", "ticket-2", 1)["_id"])
        log.tell("ticket.filed", "ticket-3", 1)
        wanted.append(log.tell("ticket.closed", "ticket-3", 2)["_id"])

    assert _run(one.url, receive) == wanted


def test_what_is_not_its_own_is_refused(admit: Admit) -> None:
    one, other = admit("--types", "ticket.escalated"), admit("--types", "ticket.escalated")
    deeds: dict[str, Deed] = {
        "any key": lambda channel: _bind(one, channel, "#"),
        "a wildcard": lambda channel: _bind(one, channel, "ticket.*"),
        "an unlisted type": lambda channel: _bind(one, channel, "ticket.filed"),
        "our exchange": lambda channel: _bind(one, channel, "ticket.escalated", "tickets.events"),
        "to learn of our queue": lambda channel: channel.get_queue("metrics.tickets"),
        "to learn of our exchange": lambda channel: channel.get_exchange("tickets.events"),
        "another's exchange": lambda channel: _bind(one, channel, "ticket.escalated", other.exchange),
        "a queue of any name": lambda channel: channel.declare_queue("somebody.else"),
        "a queue that is named like its own": lambda channel: channel.declare_queue(f"{one.source}-two.inbox"),
        "to read our queue": lambda channel: _consume(channel, "metrics.tickets"),
        "to delete our queue": lambda channel: channel.queue_delete("metrics.tickets"),
        "to publish": lambda channel: _publish(channel, "tickets.events"),
        "to publish to itself": lambda channel: _publish(channel, one.exchange),
        "to publish to our queue": lambda channel: _publish(channel, ""),
        "to delete our exchange": lambda channel: channel.exchange_delete("tickets.events"),
        "to declare our exchange": lambda channel: channel.declare_exchange("tickets.events", "topic", durable=True),
    }
    allowed = [what for what, deed in deeds.items() if not _is_refused(one, deed)]
    assert allowed == []


def test_a_rotated_password_no_longer_opens_and_a_revoked_consumer_leaves_nothing(
    log: TicketLog, admit: Admit, processes: Processes
) -> None:
    one = admit("--types", "ticket.escalated")
    queue = f"evt-{one.source}-ticket.escalated--county.on_escalated"
    with _nameko(one):
        assert eventually(lambda: consumers_of(one, queue) == 1)
        fresh = url_in(processes.cli("consumer", "rotate", one.name).stdout)
        with pytest.raises(AMQPConnectionError):
            _run(one.url, _nothing)
        _run(fresh, _nothing)
        assert eventually(lambda: consumers_of(one, queue) == 0)
    log.tell("ticket.escalated", "ticket-1", 1)
    assert eventually(
        lambda: f"{queue}: 1 messages" in processes.cli("consumer", "revoke", one.name, "--dry-run").stdout
    )
    processes.cli("consumer", "revoke", one.name, "--yes")
    with pytest.raises(AMQPConnectionError):
        _run(fresh, _nothing)
    assert one.name not in processes.cli("consumer", "list").stdout
    left = log.namespace.rabbit
    assert one.home not in left.vhosts()
    assert not [name for name in left.queue_lengths(log.namespace.vhost) if name.startswith("outside.")]


def test_what_was_published_before_comes_by_a_replay_with_its_mark(
    log: TicketLog, admit: Admit, processes: Processes
) -> None:
    before = log.tell("ticket.escalated", "ticket-1", 1)
    log.tell("ticket.escalated", "ticket-2", 1, area_path=ELSEWHERE)
    one = admit("--types", "ticket.*", "--area", HERE)
    _run(one.url, lambda channel: _bind(one, channel, "ticket.escalated"))
    replay = ("consumer", "replay", one.name, "--from", "2026-01-01")
    assert "would resend 1 events" in processes.cli(*replay, "--dry-run").stdout
    processes.cli(*replay)

    async def receive(channel: AbstractChannel) -> tuple[str | None, Any]:
        queue = await channel.get_queue(one.queue)
        async with queue.iterator() as messages:
            message = await anext(messages)
            await message.ack()
            return message.message_id, message.headers["doorstep-replay"]

    assert _run(one.url, receive) == (before["_id"], True)


def test_a_queue_is_bounded_connections_are_counted_and_a_name_is_given_once(
    log: TicketLog, admit: Admit, processes: Processes
) -> None:
    one = admit("--types", "ticket.escalated", "--max-megabytes", "1", "--connections", "1")
    _run(one.url, lambda channel: _bind(one, channel, "ticket.escalated"))
    policy = eventually(lambda: log.namespace.rabbit.effective_policy(one.home, one.queue))
    assert (policy["max-length-bytes"], policy["overflow"]) == (1_000_000, "drop-head")
    buffer = eventually(lambda: log.namespace.rabbit.effective_policy(log.namespace.vhost, f"{one.source}.buffer"))
    assert (buffer["max-length-bytes"], buffer["overflow"]) == (10_000_000, "drop-head")
    connection = broker.connect(one.url, "first")
    with pytest.raises(amqp.NotAllowed):
        broker.connect(one.url, "second")
    connection.close()

    again = processes.cli("consumer", "add", one.name, "--types", "ticket.escalated", check=False)
    assert again.returncode == 1
    assert "already" in again.stderr
    nowhere = processes.cli("consumer", "add", "nobody", "--types", "ticket.*", "--area", "/xikou/", check=False)
    assert nowhere.returncode == 1
    assert "there is no place /xikou/" in nowhere.stderr
    processes.cli("consumer", "add", "nobody", "--types", "ticket.*", "--dry-run")
    listed = processes.cli("consumer", "list", "--json").stdout
    assert [json.loads(line)["name"] for line in listed.splitlines()] == [one.name]
    assert one.url.partition("@")[0].rpartition(":")[2] not in listed


# The programs


def _is_refused(one: Admitted, deed: Deed) -> bool:
    try:
        _run(one.url, deed)
    except (ChannelAccessRefused, ChannelClosed):
        return True
    return False


def _run(url: str, deed: Deed) -> Any:
    async def connected() -> Any:
        connection = await aio_pika.connect(url, timeout=10)
        async with connection:
            return await asyncio.wait_for(deed(await connection.channel()), 20)

    return asyncio.run(connected())


async def _bind(one: Admitted, channel: AbstractChannel, key: str, exchange: str | None = None) -> None:
    queue = await channel.declare_queue(one.queue, durable=True, arguments={"x-queue-type": "quorum"})
    await queue.bind(exchange or one.exchange, key)


async def _consume(channel: AbstractChannel, name: str) -> None:
    queue = await channel.get_queue(name, ensure=False)
    await queue.get(no_ack=True)


async def _publish(channel: AbstractChannel, name: str) -> None:
    exchange = await channel.get_exchange(name, ensure=False) if name else channel.default_exchange
    await exchange.publish(aio_pika.Message(b"{}"), "metrics.tickets")


async def _nothing(_: AbstractChannel) -> None: ...


async def _next(queue: Any) -> str:
    async with queue.iterator() as messages:
        message = await anext(messages)
        await message.ack()
        return str(message.message_id)


@contextmanager
def _nameko(one: Admitted) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-W", "ignore", "-c", NAMEKO, one.url, one.source]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent) as service:
        try:
            yield service
        finally:
            service.send_signal(signal.SIGKILL)


def _line(service: subprocess.Popen[str]) -> str:
    assert service.stdout is not None
    return service.stdout.readline().strip()
