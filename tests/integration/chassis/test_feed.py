"""The event log as a feed: each event once, none skipped, and a clear word when what was next is gone."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest

from services.chassis import feed
from services.chassis.clock import system_now
from services.chassis.replay import query_of
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench, Document
from tests.support.eventually import eventually

Filed = Callable[..., NewEvent]


def emit(bench: Bench, *events: NewEvent) -> None:
    bench.tickets.run(lambda unit: unit.emit(*events))


def read_on(bench: Bench, cursor: str | None, seen: list[str], limit: int = 24) -> str:
    page = feed.read(bench.tickets.db, cursor, limit=limit)
    seen += [event["id"] for event in page.events]
    return page.cursor


def test_a_reader_skips_nothing_while_two_relays_publish(bench: Bench, filed: Filed) -> None:
    cursor: str | None = None
    seen: list[str] = []
    bench.start("relay", service="tickets")
    bench.start("relay", service="tickets")
    for start in range(0, 300, 50):
        emit(bench, *(filed(n) for n in range(start, start + 50)))
        cursor = read_on(bench, cursor, seen)

    def all_seen() -> bool:
        nonlocal cursor
        cursor = read_on(bench, cursor, seen)
        return len(seen) >= 300

    eventually(all_seen, within=30)
    assert len(set(seen)) == len(seen) == 300


def test_a_reader_hears_that_what_was_next_has_left_the_log(bench: Bench, filed: Filed) -> None:
    bench.start("relay", service="tickets")
    emit(bench, *(filed(1, sequence=number) for number in range(1, 6)))
    log = bench.tickets.db["outbox"]
    eventually(lambda: log.count_documents({"unpublished": True}) == 0)
    cursor = read_on(bench, None, [], limit=8)  # the first one: a page gives each partition its share
    assert len(feed.read(bench.tickets.db, cursor, limit=80).events) == 4
    log.delete_one({"position": 2})
    with pytest.raises(feed.CursorExpired):
        feed.read(bench.tickets.db, cursor)


@pytest.mark.parametrize("raw", [b"[1]", b"{}", b"[-1,0,0,0,0,0,0,0]", b"[true,0,0,0,0,0,0,0]", b"[" * 5000, b"\xff"])
def test_a_cursor_that_the_feed_did_not_give_out_is_refused(raw: bytes) -> None:
    with pytest.raises(feed.BadCursor):
        feed.decode_cursor(base64.urlsafe_b64encode(raw).decode())


def test_a_replay_leaves_what_is_not_yet_published_to_the_relay(bench: Bench, filed: Filed) -> None:
    emit(bench, filed(1))
    query = query_of(["ticket.filed"], system_now() - timedelta(hours=1), None)
    assert bench.tickets.db["outbox"].count_documents(query) == 0
    bench.start("relay", service="tickets")
    eventually(lambda: bench.tickets.db["outbox"].count_documents(query) == 1)


def as_of(bench: Bench) -> dict[str, list[Document]]:
    """A back-up of the log: rows, and which positions were given out."""
    return {name: list(bench.tickets.db[name].find()) for name in ("outbox", "relay_partitions")}


def restore(bench: Bench, backup: dict[str, list[Document]]) -> None:
    for name, rows in backup.items():
        bench.tickets.db[name].delete_many({})
        bench.tickets.db[name].insert_many(rows)


def publish(bench: Bench, *events: NewEvent) -> None:
    emit(bench, *events)
    relay = bench.start("relay", service="tickets")
    eventually(lambda: bench.tickets.db["outbox"].count_documents({"unpublished": True}) == 0)
    bench.processes.stop(relay)


def test_a_cursor_beyond_the_end_of_a_log_that_was_restored_by_hand_has_expired(bench: Bench, filed: Filed) -> None:
    publish(bench, filed(1))
    backup = as_of(bench)
    publish(bench, filed(1, sequence=2))
    cursor = feed.present(bench.tickets.db)
    restore(bench, backup)
    with pytest.raises(feed.CursorExpired):
        feed.read(bench.tickets.db, cursor)


def test_after_a_restore_every_earlier_cursor_has_expired_also_where_new_events_took_the_places(
    bench: Bench, filed: Filed
) -> None:
    publish(bench, filed(1))
    backup, early = as_of(bench), feed.present(bench.tickets.db)
    publish(bench, filed(1, sequence=2))
    late = feed.present(bench.tickets.db)
    restore(bench, backup)
    feed.begin_epoch(bench.tickets.db)
    publish(bench, filed(1, sequence=2), filed(1, sequence=3))
    for cursor in (early, late):
        with pytest.raises(feed.CursorExpired):
            feed.read(bench.tickets.db, cursor)
    seen: list[str] = []
    fresh = read_on(bench, None, seen)
    assert len(seen) == 3
    assert read_on(bench, fresh, []) == fresh
    feed.begin_epoch(bench.tickets.db)
    with pytest.raises(feed.CursorExpired):
        feed.read(bench.tickets.db, fresh)


def test_a_cursor_from_before_there_were_epochs_goes_on_until_a_restore(bench: Bench, filed: Filed) -> None:
    publish(bench, filed(1))
    old = base64.urlsafe_b64encode(b"[0,0,0,0,0,0,0,0]").decode()
    assert len(feed.read(bench.tickets.db, old).events) == 1
    feed.begin_epoch(bench.tickets.db)
    with pytest.raises(feed.CursorExpired):
        feed.read(bench.tickets.db, old)
