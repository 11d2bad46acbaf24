"""What the broker gives up on reaches the queue of the dead, or stays where it was until it can."""

from collections.abc import Callable

from services.chassis import broker, wire
from services.contracts.queues import POLICY, dead_letter_queue
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually

QUEUE = "metrics.tickets"


def test_a_dead_letter_is_kept_while_nobody_can_take_it(bench: Bench, filed: Callable[..., NewEvent]) -> None:
    """Without dead-letter-strategy: at-least-once it would be gone without a word."""
    bench.processes.prepare()
    bench.tickets.run(lambda unit: unit.emit(filed(1)))
    row = bench.tickets.db["outbox"].find_one()
    assert row is not None
    rabbit, vhost = bench.namespace.rabbit, bench.namespace.vhost
    assert eventually(lambda: rabbit.effective_policy(vhost, QUEUE)) == POLICY
    connection = broker.connect(bench.namespace.amqp_url, "test")
    try:
        channel = connection.channel()
        channel.queue_delete(dead_letter_queue("metrics"))
        bench.publish(wire.message(row))
        message = eventually(lambda: channel.basic_get(QUEUE))
        channel.basic_reject(message.delivery_tag, requeue=False)
        assert eventually(lambda: rabbit.dead_letters(vhost, QUEUE) == 1, 30)
    finally:
        broker.drop(connection)
