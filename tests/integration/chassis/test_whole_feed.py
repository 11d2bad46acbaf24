"""One feed over the logs of several publishers: each event once, from any moment on, and only what was asked for."""

import base64
from collections.abc import Callable

import pytest
from pymongo.database import Database

from services.chassis import feed, mongo, whole_feed
from services.contracts.types import NewEvent
from tests.integration.chassis.conftest import Bench, Document
from tests.support.eventually import eventually

Filed = Callable[..., NewEvent]
EVERYWHERE = ["/"]


@pytest.fixture
def logs(bench: Bench) -> dict[str, Database[Document]]:
    """Two publishers: the relay publishes for tickets, the other's log is a copy under other ids."""
    other = mongo.database(bench.namespace.mongo, f"{bench.namespace.prefix}_volunteers")
    bench.start("relay", service="tickets")
    return {"tickets": bench.tickets.db, "volunteers": other}


def publish(bench: Bench, logs: dict[str, Database[Document]], *events: NewEvent) -> None:
    bench.tickets.run(lambda unit: unit.emit(*events))
    ours, other = logs["tickets"]["outbox"], logs["volunteers"]["outbox"]
    eventually(lambda: ours.count_documents({"unpublished": True}) == 0)
    known = set(other.distinct("_id"))
    copies = [{**row, "_id": f"copy-{row['_id']}"} for row in ours.find()]
    other.insert_many([copy for copy in copies if copy["_id"] not in known])
    given = logs["tickets"]["relay_partitions"].find()
    logs["volunteers"]["relay_partitions"].delete_many({})
    logs["volunteers"]["relay_partitions"].insert_many(given)


def read_all(
    logs: dict[str, Database[Document]], cursor: str | None = None, limit: int = 16, areas: list[str] = EVERYWHERE
) -> tuple[list[str], str | None]:
    """Everything from the cursor on, page by page, and the last cursor."""
    seen: list[str] = []
    while True:
        page = whole_feed.read(logs, cursor, types=(), area_paths=areas, limit=limit)
        seen += [event["id"] for event in page.events]
        if page.cursor == cursor:
            return seen, cursor
        cursor = page.cursor


def test_small_pages_give_every_event_of_every_log_once(
    bench: Bench, logs: dict[str, Database[Document]], filed: Filed
) -> None:
    publish(bench, logs, *(filed(n) for n in range(40)))
    seen, cursor = read_all(logs, limit=1)
    assert len(set(seen)) == len(seen) == 80
    publish(bench, logs, filed(40))
    more, _ = read_all(logs, cursor)
    assert len(more) == 2
    assert not set(more) & set(seen)


def test_what_is_published_after_a_present_cursor_is_all_that_follows_it(
    bench: Bench, logs: dict[str, Database[Document]], filed: Filed
) -> None:
    publish(bench, logs, *(filed(n) for n in range(20)))
    cursor = whole_feed.present(logs)
    assert read_all(logs, cursor)[0] == []
    publish(bench, logs, *(filed(n) for n in range(20, 30)))
    assert len(read_all(logs, cursor)[0]) == 20


def test_a_cursor_from_before_a_publisher_came_begins_at_the_beginning_of_its_log(
    bench: Bench, logs: dict[str, Database[Document]], filed: Filed
) -> None:
    publish(bench, logs, *(filed(n) for n in range(5)))
    _, cursor = read_all({"tickets": logs["tickets"]})
    assert all(name.startswith("copy-") for name in read_all(logs, cursor)[0])


def test_only_what_lies_beneath_the_areas(bench: Bench, logs: dict[str, Database[Document]], filed: Filed) -> None:
    publish(bench, logs, filed(1, area_path="/hequ/east/"), filed(2, area_path="/hequ/west/"))
    assert len(read_all(logs, areas=["/hequ/east/"])[0]) == 2
    assert len(read_all(logs, areas=["/hequ/"])[0]) == 4


@pytest.mark.parametrize(
    "raw", [b"{}", b"[]", b"null", b"[1]", b'{"else":"x"}', b'{"tickets":1}', b'{"tickets":"x"}', b"\xff", b"[" * 5000]
)
def test_a_cursor_that_the_feed_did_not_give_out_is_refused(logs: dict[str, Database[Document]], raw: bytes) -> None:
    with pytest.raises(feed.BadCursor):
        read_all(logs, base64.urlsafe_b64encode(raw).decode())


def test_a_cursor_is_read_letter_by_letter(logs: dict[str, Database[Document]]) -> None:
    for whole in ("", "=", whole_feed.present(logs) + "!!!!", "{" + whole_feed.present(logs)):
        with pytest.raises(feed.BadCursor):
            read_all(logs, whole)
    inner = feed.present(logs["tickets"])
    for one in ("", " " + inner, inner[:4] + "!!!!" + inner[4:]):
        with pytest.raises(feed.BadCursor):
            feed.decode_cursor(one)


@pytest.mark.parametrize(
    ("areas", "wanted", "left"),
    [
        (("/hequ/",), None, ["/hequ/"]),
        (("/hequ/",), "/hequ/east/", ["/hequ/east/"]),
        (("/hequ/east/", "/hequ/west/"), "/hequ/", ["/hequ/east/", "/hequ/west/"]),
        (("/hequ/east/",), "/hequ/west/", []),
        (("/hequ/east/",), "/hequ/eastern/", []),
    ],
)
def test_an_area_that_is_asked_for_narrows_what_may_be_read(
    areas: tuple[str, ...], wanted: str | None, left: list[str]
) -> None:
    assert feed.narrowed(areas, wanted) == left


def test_what_left_the_log_before_a_cursor_came_back_is_never_skipped(
    bench: Bench, logs: dict[str, Database[Document]], filed: Filed
) -> None:
    """Also of a partition in which nothing had been published when the cursor was given out."""
    cursor = whole_feed.present(logs)
    publish(bench, logs, *(filed(n) for n in range(20)))
    logs["tickets"]["outbox"].delete_many({})
    with pytest.raises(feed.CursorExpired):
        read_all(logs, cursor)
    seen, fresh = read_all(logs)
    assert seen
    publish(bench, logs, filed(20))
    assert len(read_all(logs, fresh)[0]) == 2, "who begins anew is not told of what had left before"
