"""The home of an outside consumer: whatever it does there harms nobody else, and an emptied broker gives it back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import amqp
import httpx
import pytest
from pymongo.collection import Collection

from services.chassis import broker
from services.chassis.clock import system_now
from services.chassis.prepare import prepare_broker
from services.cli.management import Management, ManagementError
from services.cli.native.ports import free_port
from services.cli.unsettled import remove_unsettled
from tests.integration.examples.conftest import Admit, Admitted, TicketLog, management_of
from tests.support.eventually import eventually
from tests.support.processes import Processes

EVENTS = 40
QUORUM = {"x-queue-type": "quorum"}
REFUSING = {"x-max-length": 1, "x-overflow": "reject-publish"}


def test_queues_that_refuse_are_refused_nothing_of_ours_and_take_nothing_from_others(
    log: TicketLog, admit: Admit
) -> None:
    """A queue of one message that refuses the next had Doorstep's own publishing refused, while it stood among ours."""
    attacker, honest = (admit("--types", "ticket.escalated", "--queues", "5") for _ in range(2))
    _make(honest, honest.queue, QUORUM)
    for number in range(5):
        _make(attacker, f"{attacker.source}.trap-{number}", REFUSING)

    told = [log.tell("ticket.escalated", f"ticket-{number}", 1)["_id"] for number in range(EVENTS)]

    assert _taken(honest, EVENTS) == told
    assert log.relay.log.count("refused") == 0
    assert eventually(lambda: log.namespace.rabbit.queue_lengths(log.namespace.vhost)["metrics.tickets"] == EVENTS)
    outbox = log.namespace.mongo[f"{log.namespace.prefix}_tickets"]["outbox"]
    assert outbox.count_documents({"published_at": {"$exists": True}}) == EVENTS
    # What it refuses is tried a few times and then dropped: its buffer is not carried round for ever.
    buffer = f"{attacker.source}.buffer"
    assert eventually(lambda: log.namespace.rabbit.queue_lengths(log.namespace.vhost)[buffer] == 0, 30)
    assert eventually(lambda: honest.lengths() == {honest.queue: 0})


def test_its_queues_are_counted_and_a_stream_that_nothing_bounds_is_taken_away(
    admit: Admit, processes: Processes
) -> None:
    one = admit("--types", "ticket.escalated", "--queues", "2")
    _make(one, f"{one.source}.stream", {"x-queue-type": "stream", "x-stream-max-segment-size-bytes": 3_000_000_000})
    _make(one, one.queue, QUORUM)
    with pytest.raises(amqp.PreconditionFailed, match="limit"):
        _make(one, f"{one.source}.third", QUORUM)
    processes.cli("broker", "keep", "--once")
    assert one.lengths() == {one.queue: 0}


def test_what_lets_it_publish_or_has_events_brought_again_and_again_is_taken_away(
    log: TicketLog, admit: Admit, processes: Processes
) -> None:
    one = admit("--types", "ticket.escalated")
    _make(one, one.queue, QUORUM)
    _make(one, f"{one.source}.refuses", REFUSING)
    processes.cli("broker", "keep", "--once")
    with _channel(one) as channel:
        for number in range(20):
            channel.exchange_declare(f"{one.source}.own-{number}", "fanout", durable=True, auto_delete=False)
        for number in range(3):
            channel.queue_bind(one.queue, one.exchange, "ticket.escalated", arguments={f"x-{number}": "x" * 120_000})
        for number in range(6):
            channel.queue_bind(one.queue, one.exchange, "ticket.escalated", arguments={f"y-{number}": "y" * 120_000})
    assert one.lengths() == {one.queue: 0}
    processes.cli("broker", "keep", "--once")
    with closing(management_of(log)) as management:
        home = management.at(one.home)
        assert home.exchanges() == [one.exchange]
        assert [row["arguments"] for row in home.bindings_from(one.exchange)] == [{}]


@pytest.mark.parametrize("kind", [QUORUM, {}])
def test_a_queue_drops_its_oldest_beyond_its_size_whatever_kind_it_is(admit: Admit, kind: dict[str, str]) -> None:
    """A classic queue knows no delivery limit: a policy that has one applies to none of them."""
    one = admit("--types", "ticket.escalated", "--max-megabytes", "1")
    with _channel(one) as channel:
        channel.confirm_select()
        channel.exchange_declare(f"{one.source}.own", "fanout", durable=True, auto_delete=False)
        channel.queue_declare(one.queue, durable=True, auto_delete=False, arguments=kind)
        channel.queue_bind(one.queue, f"{one.source}.own")
        for number in range(30):
            body = str(number).encode() * 50_000
            channel.basic_publish(amqp.Message(body, delivery_mode=2), f"{one.source}.own", "")
        eventually(lambda: 1 <= channel.queue_declare(one.queue, passive=True).message_count <= 20, 30)


def test_a_queue_of_its_own_choice_is_never_larger_than_it_may_be(log: TicketLog, admit: Admit) -> None:
    one = admit("--types", "ticket.escalated", "--max-megabytes", "1")
    _make(one, one.queue, {**QUORUM, "x-max-length-bytes": 50_000_000_000, "x-overflow": "reject-publish"})
    policy = eventually(lambda: log.namespace.rabbit.effective_policy(one.home, one.queue))
    assert policy["max-length-bytes"] == 1_000_000


def test_it_cannot_enter_where_ours_and_others_are(log: TicketLog, admit: Admit) -> None:
    one, other = admit("--types", "ticket.escalated"), admit("--types", "ticket.escalated")
    for vhost in (log.namespace.vhost, other.home, "/"):
        with pytest.raises((amqp.NotAllowed, amqp.AccessRefused)):
            broker.connect(one.into(vhost), "stranger")


def test_who_spoils_his_exchange_gets_it_back_and_spoils_it_for_nobody_else(
    log: TicketLog, admit: Admit, processes: Processes
) -> None:
    one, other = admit("--types", "ticket.escalated"), admit("--types", "ticket.escalated")
    for each in (one, other):
        _make(each, each.queue, QUORUM)
    processes.cli("broker", "keep", "--once")
    with _channel(one) as channel:
        channel.exchange_delete(one.exchange)
        channel.exchange_declare(one.exchange, "fanout", durable=False, auto_delete=False)
    first = log.tell("ticket.escalated", "ticket-1", 1)["_id"]
    assert _taken(other, 1) == [first]
    processes.cli("prepare")
    second = log.tell("ticket.escalated", "ticket-2", 1)["_id"]
    assert second in _taken(one, 1)
    assert _taken(other, 1) == [second]


def test_an_emptied_broker_gives_everybody_his_queues_back_and_a_repair_what_they_missed(
    log: TicketLog, admit: Admit, processes: Processes
) -> None:
    """The program is away the whole time: nobody but us can make its queues again."""
    one, two = admit("--types", "ticket.escalated"), admit("--types", "ticket.*", "--area", "/hequ/xikou/")
    _make(one, one.queue, QUORUM)
    _make(two, f"{two.source}.closed", {"x-max-length": 7}, "ticket.closed")
    processes.cli("broker", "keep", "--once")
    begun = system_now()
    waiting = log.tell("ticket.escalated", "ticket-1", 1)["_id"]

    _empty(log)
    prepare_broker(log.namespace.amqp_url, 0)  # ours are there again, theirs are not
    between = [log.tell("ticket.escalated", "ticket-2", 1)["_id"], log.tell("ticket.closed", "ticket-2", 2)["_id"]]
    said = processes.cli("events", "repair", "--since", f"{begun:%Y-%m-%dT%H:%M:%S%z}").stdout

    assert "5 events were sent once more to outside consumers" in said
    assert _taken(one, 2) == [waiting, between[0]]
    assert _taken(two, 1, f"{two.source}.closed") == [between[1]]
    with _channel(two) as channel:  # with the arguments that it had
        channel.queue_declare(f"{two.source}.closed", durable=True, auto_delete=False, arguments={"x-max-length": 7})
    with pytest.raises(amqp.AccessRefused):
        _make(one, one.queue, QUORUM, "#")


def test_the_keeper_mends_an_emptied_broker_by_itself(log: TicketLog, admit: Admit, processes: Processes) -> None:
    one = admit("--types", "ticket.escalated")
    _make(one, one.queue, QUORUM)
    with processes.keeper():
        eventually(lambda: _registered(log, one).get("queues"))
        _empty(log)
        eventually(lambda: one.lengths() == {one.queue: 0})
        eventually(lambda: _reaches(one))
    told = log.tell("ticket.escalated", "ticket-1", 1)["_id"]
    assert _taken(one, 1) == [told]


@pytest.mark.parametrize("behind", [False, True])
def test_a_gate_that_was_made_and_not_bound_is_bound_by_the_keeper(
    log: TicketLog, admit: Admit, processes: Processes, behind: bool
) -> None:
    """As where the keeper, or whoever added the consumer, was killed between one and the other."""
    one = admit("--types", "ticket.escalated")
    _make(one, one.queue, QUORUM)
    with broker.connect(log.namespace.amqp_url, "killed") as connection, connection.channel() as channel:
        gate, buffer = f"{one.source}.gate", f"{one.source}.buffer"
        if behind:
            with closing(management_of(log)) as management:
                (binding,) = management.bindings_from(gate)
            channel.queue_unbind(buffer, gate, "", arguments=binding["arguments"])
        else:
            channel.exchange_delete(gate)
            channel.exchange_declare(gate, "headers", durable=True, auto_delete=False)
    processes.cli("broker", "keep", "--once")
    told = log.tell("ticket.escalated", "ticket-1", 1)["_id"]
    assert _taken(one, 1) == [told]


class Slow(Management):
    """While it asks a queue for a message, another keeper finds that queue safe and binds it."""

    def gives_from(self, queue: str) -> bool:
        assert super().gives_from(queue)
        self.put_exchange("theirs", "headers")
        self.bind_queue("theirs", queue, "", {})
        return False


def test_a_queue_that_another_keeper_has_bound_meanwhile_is_not_removed(log: TicketLog) -> None:
    with closing(management_of(log, Slow)) as management:
        management.put_queue("tickets.slow", QUORUM)
        remove_unsettled(management, ["tickets.slow"])
        assert management.has_queue("tickets.slow")


def test_a_broker_that_is_away_is_no_queue_without_a_leader(log: TicketLog) -> None:
    away = Management(f"http://127.0.0.1:{free_port()}", log.namespace.amqp_url)
    with closing(away), pytest.raises(ManagementError, match="cannot be reached"):
        away.gives_from("tickets.queue")


def test_who_is_revoked_while_the_keeper_works_does_not_come_back(
    log: TicketLog, admit: Admit, processes: Processes
) -> None:
    one = admit("--types", "ticket.escalated")
    rows = _rows(log)
    rows.update_one({"_id": one.name}, {"$set": {"revoking": True}})  # the command was interrupted here
    _empty(log)
    processes.cli("broker", "keep", "--once")
    assert one.home not in log.namespace.rabbit.vhosts()
    processes.cli("consumer", "revoke", one.name, "--yes")
    assert rows.find_one({"_id": one.name}) is None


def test_where_consumers_were_before_is_cleared_and_they_get_a_home(
    log: TicketLog, admit: Admit, processes: Processes
) -> None:
    one = admit("--types", "ticket.escalated")
    connection = broker.connect(log.namespace.amqp_url, "before")
    channel = connection.channel()
    channel.exchange_declare(one.exchange, "topic", durable=True, auto_delete=False)
    channel.exchange_bind(one.exchange, "tickets.events", "ticket.escalated")
    channel.queue_declare(one.queue, durable=True, auto_delete=False, arguments=REFUSING)
    channel.queue_bind(one.queue, one.exchange, "ticket.escalated")
    connection.close()
    processes.cli("prepare")
    assert one.queue not in log.namespace.rabbit.queue_lengths(log.namespace.vhost)
    _make(one, one.queue, QUORUM)
    told = log.tell("ticket.escalated", "ticket-1", 1)["_id"]
    assert _taken(one, 1) == [told]


@contextmanager
def _channel(one: Admitted) -> Iterator[Any]:
    """As the consumer itself."""
    connection = broker.connect(one.url, "outsider")
    try:
        channel = connection.channel()
        channel.auto_decode = False
        yield channel
    finally:
        broker.drop(connection)


def _make(one: Admitted, queue: str, arguments: dict[str, Any], key: str = "ticket.escalated") -> None:
    with _channel(one) as channel:
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
        channel.queue_bind(queue, one.exchange, key)


def _taken(one: Admitted, count: int, queue: str | None = None) -> list[str]:
    """The ids of so many messages, in their order, taken and acknowledged."""
    found: list[str] = []
    with _channel(one) as channel:

        def take() -> bool:
            message = channel.basic_get(queue or one.queue, no_ack=True)
            if message is not None:
                found.append(message.properties["message_id"])
            return len(found) == count

        eventually(take)
    return found


def _empty(log: TicketLog) -> None:
    """As if the broker had lost its data, and an operator had made the virtual host again."""
    log.namespace.empty_broker()


def _reaches(one: Admitted) -> bool:
    try:
        broker.connect(one.url, "outsider").close()
    except (OSError, amqp.AMQPError, httpx.HTTPError):
        return False
    return True


def _rows(log: TicketLog) -> Collection[dict[str, Any]]:
    return log.namespace.mongo[f"{log.namespace.prefix}_shared"]["outside_consumers"]


def _registered(log: TicketLog, one: Admitted) -> dict[str, Any]:
    row = _rows(log).find_one({"_id": one.name})
    assert row is not None
    return row
