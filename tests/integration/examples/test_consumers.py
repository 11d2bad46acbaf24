"""The two AMQP consumers of docs/examples: stock nameko, and kombu alone."""

from tests.integration.examples.conftest import Admit, Admitted, Examples, TicketLog
from tests.support.eventually import eventually
from tests.support.publishing import Publishing

NAMEKO, KOMBU = "nameko_service.py", "kombu_consumer.py"


def test_a_stock_nameko_service_keeps_each_escalation_once_and_misses_none_while_it_is_away(
    log: TicketLog, admit: Admit, examples: Examples
) -> None:
    hotline = admit("--types", "ticket.escalated")
    service = examples.start(NAMEKO, hotline, _nameko_queue(hotline))
    first = log.tell("ticket.escalated", "ticket-1", 1)
    Publishing(log.namespace).send([first, first])
    log.tell("ticket.filed", "ticket-2", 1)
    second = log.tell("ticket.escalated", "ticket-2", 2)
    assert eventually(lambda: _escalations(examples) == [first["_id"], second["_id"]])
    assert service.exit_status() is None

    service.stop()
    third = log.tell("ticket.escalated", "ticket-3", 1)
    examples.start(NAMEKO, hotline, _nameko_queue(hotline))
    assert eventually(lambda: _escalations(examples) == [first["_id"], second["_id"], third["_id"]])
    assert examples.rows("SELECT number, level FROM escalations WHERE number = 'ticket-3'") == [
        ("ticket-3", "community")
    ]


def test_a_kombu_consumer_keeps_the_newest_state_whatever_arrives_twice_or_late(
    log: TicketLog, admit: Admit, examples: Examples
) -> None:
    hotline = admit("--types", "ticket.*")
    consumer = examples.start(KOMBU, hotline, f"{hotline.source}.tickets")
    filed = log.tell("ticket.filed", "ticket-1", 1, state="filed")
    resolved = log.tell("ticket.resolved", "ticket-1", 2, state="resolved")
    assert eventually(lambda: _tickets(examples) == {("ticket-1", 2, "resolved")})
    Publishing(log.namespace).send([filed, resolved, filed])
    log.tell("ticket.filed", "ticket-2", 1, state="filed")
    assert eventually(lambda: _tickets(examples) == {("ticket-1", 2, "resolved"), ("ticket-2", 1, "filed")})

    consumer.kill()
    log.tell("ticket.closed", "ticket-1", 3, state="closed")
    examples.start(KOMBU, hotline, f"{hotline.source}.tickets")
    assert eventually(lambda: _tickets(examples) == {("ticket-1", 3, "closed"), ("ticket-2", 1, "filed")})


def _nameko_queue(hotline: Admitted) -> str:
    return f"evt-{hotline.source}-ticket.escalated--hotline.on_escalated"


def _escalations(examples: Examples) -> list[str]:
    return [event_id for (event_id,) in examples.rows("SELECT event_id FROM escalations ORDER BY event_id")]


def _tickets(examples: Examples) -> set[tuple[str, int, str]]:
    return {(ticket, sequence, state) for ticket, sequence, state in examples.rows(
        "SELECT ticket_id, sequence, state FROM tickets"
    )}  # fmt: skip
