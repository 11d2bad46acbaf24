"""Messages that no program of ours would send end parked, and their neighbours pass."""

from collections.abc import Callable
from typing import Any

import amqp

from services.chassis import wire
from services.chassis.deferred import MAX_BODY_BYTES
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench
from tests.support.eventually import eventually

Filed = Callable[..., NewEvent]


def good_row(bench: Bench, event: NewEvent) -> dict[str, Any]:
    bench.tickets.run(lambda unit: unit.emit(event))
    row = bench.tickets.db["outbox"].find_one(sort=[("_id", -1)])
    assert row is not None
    return row


def poisons(row: dict[str, Any]) -> dict[str, amqp.Message]:
    """By name; each would stop its queue if it were not put aside."""
    made = {name: wire.message({**row, "_id": f"poison-{name}"}) for name in (
        "endless version", "half a surrogate pair", "key in broken UTF-8", "content type in broken UTF-8", "empty",
        "too large",
    )}  # fmt: skip
    headers = {name: message.properties["application_headers"] for name, message in made.items()}
    headers["endless version"]["cloudEvents_dataschema"] = f"/ticket.filed/{'9' * 5000}.0"
    headers["half a surrogate pair"]["cloudEvents_id"] = "\ud800"
    headers["half a surrogate pair"]["cloudEvents_type"] = "\ud800"
    headers["key in broken UTF-8"][b"\xff"] = 1
    made["content type in broken UTF-8"].properties["content_type"] = b"\xff"
    made["empty"].body = ""
    made["too large"].body = b"[" + b" " * (MAX_BODY_BYTES + 5_000_000) + b"]"
    return made


def test_unreadable_messages_are_parked_and_do_not_stop_their_queue(bench: Bench, filed: Filed) -> None:
    row = good_row(bench, filed(1))
    broken = poisons(row)
    del broken["key in broken UTF-8"]  # which says nothing against the event
    bench.publish(*broken.values(), wire.message(row))
    bench.start("consumers")
    eventually(lambda: bench.counts() == {row["_id"]: 1})
    eventually(lambda: len(bench.deferred("parked")) == len(broken))


def test_dead_letters_of_every_sort_are_parked(bench: Bench, filed: Filed) -> None:
    broken = poisons(good_row(bench, filed(1)))
    bench.publish(*broken.values(), queue="metrics.dead")
    bench.start("consumers")
    eventually(lambda: len(bench.deferred("parked")) == len(broken), within=30)
    assert {row["reason"] for row in bench.deferred("parked")} == {"dead-letter", "too-large"}


def test_a_broken_copy_of_an_event_does_not_take_the_place_of_the_whole_one(bench: Bench, filed: Filed) -> None:
    row = good_row(bench, filed(1, "/raise/"))
    copy = wire.message(row)
    copy.body = "{"
    bench.start("consumers")
    bench.publish(copy)
    eventually(lambda: len(bench.deferred("parked")) == 1)
    bench.publish(wire.message(row))
    eventually(lambda: len(bench.deferred("parked")) == 2, within=30)
