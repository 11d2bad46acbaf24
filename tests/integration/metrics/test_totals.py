"""Totals on real parts: exact across repeats, replicas and a kill, and the same from wherever they are read."""

import os
import signal

import httpx
import pytest

from services.chassis import broker
from services.chassis.unit import Unit
from services.contracts.queues import QUEUES
from services.metrics.domain import totals
from services.metrics.domain.totals import make_key
from services.metrics.storage import TotalsStore
from tests.integration.metrics.conftest import BINHE, NANMEN, Books
from tests.support.eventually import eventually
from tests.support.tokens import Tokens


def _business(scrape: httpx.Response) -> list[str]:
    names = tuple(totals.TOTALS)
    return [line for line in scrape.text.splitlines() if line.startswith(names)]


def test_a_kill_in_the_middle_two_replicas_and_every_event_delivered_twice_count_each_event_once(
    books: Books,
) -> None:
    rows = books.a_day(90)
    books.send(rows)
    doomed = books.worker(wait=False)
    eventually(lambda: books.total(totals.EVENTS) > 0, within=30)
    os.kill(doomed.pid, signal.SIGKILL)
    books.processes.kill(doomed)
    assert books.total(totals.EVENTS) < len(rows), "the kill came too late to prove anything"
    books.worker()
    last = books.worker()
    books.send(rows)
    eventually(lambda: books.total(totals.EVENTS) >= len(rows), within=30)
    books.send(rows[-20:])
    eventually(lambda: _waiting(books) == 0)
    assert books.differences() == []
    assert books.total(totals.EVENTS) == len(rows)
    assert books.total(totals.FILED) == 90
    assert books.total(totals.POINTS_AWARDED) == sum(10 + number for number in range(90))
    assert books.databases["metrics"]["deferred"].count_documents({}) == 0
    assert _business(last.http.get("/metrics")) == [], "only http processes show the totals"


def test_every_replica_shows_the_same_totals(books: Books) -> None:
    books.count(books.a_day(9))
    apis = [books.processes.start("metrics", "http") for _ in range(2)]
    first, second = (_business(api.http.get("/metrics")) for api in apis)
    assert first == second
    filed = f'doorstep_tickets_filed_total{{area="{NANMEN}",channel="desk",kind="request"}} 5.0'
    assert filed in first
    assert 'doorstep_tickets_resolved_total{in_time="false",kind="request"} 3.0' in first


def test_the_report_shows_leaders_and_ops_their_own_area(books: Books, tokens: Tokens) -> None:
    books.count(books.a_day(9))
    http = books.processes.start("metrics", "http").http

    def ask(role: str, granted: str, **params: str) -> httpx.Response:
        headers = {**tokens.headers((role, granted)), "Accept-Language": "en"}
        return http.get("/api/v1/reports/summary", params=params, headers=headers)

    whole = ask("ops", "/hequ/").json()
    assert (whole["areas"], whole["tickets"]["filed"], whole["tickets"]["resolved_in_time"]) == (["/hequ/"], 9, 6)
    assert whole["escalated"] == {"grid": 0, "community": 3, "street": 0, "district": 0}
    assert (whole["clocks"]["breached"], whole["notices"], whole["points"]["awards"]) == (3, {"sent": 9}, 9)
    community = ask("community", BINHE).json()
    assert (community["areas"], community["tickets"]["filed"]) == ([BINHE], 4)
    assert ask("street", "/hequ/xikou/", area_path=NANMEN).json()["tickets"]["filed"] == 5
    assert ask("community", BINHE, area_path=NANMEN).status_code == 404
    assert ask("ops", BINHE, area_path=NANMEN).status_code == 404
    assert ask("ops", BINHE).json()["tickets"]["filed"] == 4
    assert ask("resident", "/hequ/").status_code == 403
    narrow = ask("community", BINHE, area_path=BINHE + "grid-1/")
    assert (narrow.status_code, narrow.json()["errors"][0]["parameter"]) == (422, "area_path")


def test_the_recount_finds_what_was_falsified(books: Books) -> None:
    books.count(books.a_day(4))
    assert "The totals agree" in books.processes.cli("metrics", "recount").stdout
    books.databases["metrics"]["totals"].update_one({"total": totals.RATED}, {"$inc": {"value": -1}})
    found = {each.source: each.recounted - each.total for each in books.differences()}
    assert found == {"the event log": 1, "tickets.tickets": 1}
    told = books.processes.cli("metrics", "recount", check=False)
    assert told.returncode == 1
    assert "doorstep_ratings_total: totals say 3, tickets.tickets says 4" in told.stdout


def test_the_recount_finds_what_the_services_keep_and_no_event_tells(books: Books) -> None:
    books.count(books.a_day(4))
    assert books.differences() == []
    books.databases["tickets"]["tickets"].insert_one({"_id": "untold", "history": [{"kind": "lifted"}]})
    books.databases["notifications"]["notices"].delete_one({})
    books.databases["volunteers"]["ledger"].insert_one({"kind": "award", "points": 7})
    found = {(each.source, each.what): each.recounted - each.total for each in books.differences()}
    assert found == {
        ("tickets.tickets", "doorstep_tickets_filed_total"): 1,
        ("tickets.tickets", "doorstep_escalations_total"): 1,
        ("notifications.notices", 'doorstep_notices_total{outcome="sent"}'): -1,
        ("volunteers.ledger", "doorstep_point_awards_total"): 1,
        ("volunteers.ledger", "doorstep_points_awarded_total"): 7,
    }


def test_the_recount_finds_an_event_that_was_lost_on_the_way(books: Books) -> None:
    books.count(books.a_day(4)[:-1])
    lost = {difference.what for difference in books.differences()}
    assert 'doorstep_events_total{publisher="notifications",type="notice.sent"}' in lost


def _waiting(books: Books) -> int:
    """Messages that stand in the queues of metrics."""
    connection = broker.connect(books.publishing.namespace.amqp_url, "test")
    try:
        channel = connection.channel()
        own = [queue.name for queue in QUEUES.values() if queue.consumer == "metrics"]
        return sum(channel.queue_declare(name, passive=True).message_count for name in own)
    finally:
        connection.close()


def test_a_batch_that_fails_before_its_commit_leaves_no_count_behind(books: Books) -> None:
    """Else the batch, when it is run again, would count twice."""
    units = books.units("metrics")

    def count(unit: Unit, fails: bool) -> None:
        TotalsStore(unit).gathered().update({make_key(totals.MEMBERS, BINHE): 3})
        if fails:
            unit.before_commit(_fail)

    with pytest.raises(ZeroDivisionError):
        units.run(lambda unit: count(unit, True))
    assert books.total(totals.MEMBERS) == 0
    units.run(lambda unit: count(unit, False))
    assert books.total(totals.MEMBERS) == 3


def _fail(unit: Unit) -> None:
    raise ZeroDivisionError
