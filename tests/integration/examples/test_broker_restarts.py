"""An outside consumer across restarts of the broker: nothing is lost to it, and a stock nameko service goes on.

The broker is one of this file alone, so that it can be stopped and killed.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.chassis import broker
from services.cli.native.ports import free_port
from services.cli.native.programs import Child, Children, last_lines
from services.cli.native.rabbit import RabbitNode, RabbitPorts
from services.contracts.queues import QUEUES
from services.contracts.topology import queues, queues_from
from tests.conftest import LOGIN
from tests.faults.layout import Part
from tests.integration.examples.conftest import Admit, Admitted, Examples, Row, TicketLog, management_of, url_in
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.processes import Processes, environment
from tests.support.tokens import Tokens

EVENTS = 30
NAMEKO = "nameko_service.py"


@dataclass(frozen=True)
class OwnBroker:
    node: RabbitNode
    part: Part


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    folder = tmp_path_factory.mktemp("own")
    node = RabbitNode(folder / "rabbit", RabbitPorts(*(free_port() for _ in range(5))), LOGIN)
    epmd, program = node.programs(folder / "log")
    part = Part(program, node.is_ready)
    with Children() as children:
        children.start(epmd)
        try:
            part.start()
            yield OwnBroker(node, part)
        finally:
            part.stop()


@pytest.fixture(scope="module")
def rabbit(own_broker: OwnBroker) -> RabbitNode:
    """In the place of the one that other files share."""
    return own_broker.node


@pytest.fixture
def processes(namespace: Namespace, tokens: Tokens, tmp_path: Path) -> Iterator[Processes]:
    """With the settling of an installation, whose broker may be killed at any time."""
    started = Processes(namespace, environment(namespace, tokens.jwks_url, BROKER_SETTLING_SECONDS="2"), tmp_path)
    yield started
    started.stop_all()


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def test_a_stock_nameko_service_goes_on_by_itself_and_what_waits_for_one_that_is_away_is_kept(
    own_broker: OwnBroker, log: TicketLog, admit: Admit, examples: Examples
) -> None:
    here, away = (admit("--types", "ticket.escalated") for _ in range(2))
    examples.start(NAMEKO, away, _queue(away)).stop()
    service = examples.start(NAMEKO, here, _queue(here))
    told = [log.tell("ticket.escalated", "ticket-1", 1)]
    for number, end in enumerate((Part.stop, Part.kill), 2):
        eventually(lambda: _escalations(examples) == _ids(told), within=60)
        end(own_broker.part)
        told.append(log.write("ticket.escalated", f"ticket-{number}", 1))
        own_broker.part.start()
    eventually(lambda: _escalations(examples) == _ids(told), within=60)
    assert service.exit_status() is None, last_lines(service.program.log)
    eventually(lambda: away.lengths() == {_queue(away): len(told)}, within=30)


def test_nothing_is_lost_of_what_is_on_its_way_when_the_broker_is_killed(
    own_broker: OwnBroker, log: TicketLog, admit: Admit, examples: Examples
) -> None:
    """Through buffer and shovel, and in the hands of nameko: one that acknowledges just then ends, with an OSError,
    and its supervisor starts it again."""
    hotline = admit("--types", "ticket.escalated")
    services = [examples.start(NAMEKO, hotline, _queue(hotline))]
    told = [log.write("ticket.escalated", f"ticket-{n}", 1) for n in range(EVENTS)]
    eventually(lambda: _escalations(examples))
    own_broker.part.kill()
    told += [log.write("ticket.escalated", f"ticket-{n}", 2) for n in range(EVENTS)]
    own_broker.part.start()

    def all_arrived() -> bool:
        if services[-1].exit_status() is not None:
            services.append(examples.start(NAMEKO, hotline, _queue(hotline)))
        found = _escalations(examples)
        assert found == _ids(told), _where(told, found, hotline, log, services[-1])
        return True

    assert eventually(all_arrived, within=90)
    assert log.relay.exit_status() is None


def test_a_broker_killed_while_its_new_queues_settle_has_them_again_and_confirms(
    own_broker: OwnBroker, log: TicketLog, processes: Processes
) -> None:
    """RabbitMQ has such queues without leaders then, into which nothing is confirmed, for good."""
    log.namespace.empty_broker()
    with channel_at(log.namespace.amqp_url) as channel:
        for name, arguments in queues().items():  # as far as a `prepare` came that was killed with it
            channel.queue_declare(name, durable=True, auto_delete=False, arguments=dict(arguments))
        own_broker.part.kill()
    own_broker.part.start()
    row = log.write("ticket.escalated", "ticket-1", 1)
    processes.cli("broker", "keep", "--once")
    eventually(lambda: log.is_published(row), within=60)
    taking = [name for name in queues_from("tickets") if "ticket.escalated" in QUEUES[name].modes]
    eventually(lambda: [_lengths(log)[name] for name in taking] == [1] * len(taking))


def test_a_broker_killed_while_a_consumer_is_added_holds_up_nobody_and_carries_to_it_afterwards(
    own_broker: OwnBroker, log: TicketLog, processes: Processes, elsewhere: ThreadPoolExecutor
) -> None:
    add = ["consumer", "add", "hasty", "--types", "ticket.escalated"]
    adding = elsewhere.submit(processes.cli, *add, check=False, DOORSTEP_BROKER_SETTLING_SECONDS="6")
    eventually(lambda: "outside.hasty.buffer" in _lengths(log), within=60)
    own_broker.part.kill()
    own_broker.part.start()
    log.tell("ticket.escalated", "ticket-1", 1)
    added = adding.result()
    if added.returncode != 0:  # the broker was not back in time
        added = processes.cli(*add)
    hasty = Admitted("hasty", url_in(added.stdout), added.stdout, log.namespace)
    with channel_at(hasty.url) as channel:
        channel.queue_declare(hasty.queue, durable=True, auto_delete=False)
        channel.queue_bind(hasty.queue, hasty.exchange, "ticket.escalated")
    log.tell("ticket.escalated", "ticket-2", 1)
    eventually(lambda: hasty.lengths() == {hasty.queue: 1}, within=30)
    processes.cli("consumer", "revoke", "hasty", "--yes")


@contextmanager
def channel_at(url: str) -> Iterator[Any]:
    connection = broker.connect(url, "test")
    try:
        yield connection.channel()
    finally:
        broker.drop(connection)


def _lengths(log: TicketLog) -> dict[str, int]:
    return log.namespace.rabbit.queue_lengths(log.namespace.vhost)


def _where(told: list[Row], found: list[str], hotline: Admitted, log: TicketLog, service: Child) -> str:
    """How far those came that did not arrive, and what of the way there is."""
    unpublished = sum(not log.is_published(row) for row in told)
    on_the_way = {name: length for name, length in _lengths(log).items() if length or name.startswith(hotline.source)}
    with closing(management_of(log)) as management:
        home, gate = management.at(hotline.home), f"{hotline.source}.gate"
        ways = [*management.bindings_to(gate), *management.bindings_from(gate), *home.bindings_from(hotline.exchange)]
    bound = [(way["source"], way["routing_key"], way["destination"]) for way in ways]
    return (
        f"{len(found)} of {len(told)}; {unpublished} unpublished; {on_the_way}; at home {hotline.lengths()}; {bound};"
        f" nameko {service.exit_status()}: {last_lines(service.program.log, 5)}"
    )


def _queue(hotline: Admitted) -> str:
    return f"evt-{hotline.source}-ticket.escalated--hotline.on_escalated"


def _escalations(examples: Examples) -> list[str]:
    return [event_id for (event_id,) in examples.rows("SELECT event_id FROM escalations ORDER BY event_id")]


def _ids(rows: list[Row]) -> list[str]:
    return sorted(row["_id"] for row in rows)
