"""An outside consumer across restarts of the broker: nothing is lost to it, and a stock nameko service goes on.

The broker is one of this file alone, so that it can be stopped and killed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from services.cli.native.ports import free_port
from services.cli.native.programs import Children, last_lines
from services.cli.native.rabbit import RabbitNode, RabbitPorts
from tests.conftest import LOGIN
from tests.faults.layout import Part
from tests.integration.examples.conftest import Admit, Admitted, Examples, Row, TicketLog
from tests.support.eventually import eventually

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
        assert found == _ids(told), f"{len(found)} of {len(told)}, {hotline.lengths()} at home"
        return True

    assert eventually(all_arrived, within=90)
    assert log.relay.exit_status() is None


def _queue(hotline: Admitted) -> str:
    return f"evt-{hotline.source}-ticket.escalated--hotline.on_escalated"


def _escalations(examples: Examples) -> list[str]:
    return [event_id for (event_id,) in examples.rows("SELECT event_id FROM escalations ORDER BY event_id")]


def _ids(rows: list[Row]) -> list[str]:
    return sorted(row["_id"] for row in rows)
