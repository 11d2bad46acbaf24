"""Metrics counts what it hears of accounts once, and knows by it whose tokens have ended."""

from typing import Any

import pytest

from services.chassis.ids import new_id
from services.metrics.domain import totals
from tests.integration.metrics.conftest import Books
from tests.support.eventually import eventually
from tests.support.tokens import Tokens

READS = ("/api/v1/reports/summary", "/api/v1/events", "/api/v1/events/cursor")


def account(books: Books, person: str, sequence: int, tokens_from: int, state: str = "active") -> dict[str, Any]:
    event = "account.disabled" if state == "disabled" else "account.changed"
    return books.publishing.write(event, person, sequence, account={
        "account_id": person, "person_id": person, "kind": "person", "state": state,
        "grants": [{"role": "district", "area_path": "/hequ/"}], "tokens_from": tokens_from,
    })  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 1, 0, 1, 0)])
def test_an_ended_token_reads_no_report_and_no_event_and_each_event_counts_once(
    books: Books, tokens: Tokens, order: tuple[int, ...]
) -> None:
    person, http = new_id(), books.processes.start("metrics", "http").http
    books.worker()

    def reads(revision: int) -> list[int]:
        headers = tokens.headers(("district", "/hequ/"), person_id=person, revision=revision)
        return [http.get(path, headers=headers).status_code for path in READS]

    assert reads(1) == [200, 200, 200]
    said = [account(books, person, 2, 2, "disabled"), account(books, person, 3, 2)]
    books.send([said[number] for number in order])
    eventually(lambda: books.total(totals.EVENTS) == len(said))
    eventually(lambda: reads(1) == [401, 401, 401])
    assert reads(2) == [200, 200, 200]
    books.send([account(books, person, 4, 4, "disabled")])
    eventually(lambda: reads(3) == [403, 403, 403])
    books.send(said)
    rest = {"total": totals.EVENTS}
    eventually(lambda: books.databases["metrics"]["inbox"].count_documents({}) == 3)
    assert sum(row["value"] for row in books.databases["metrics"]["totals"].find(rest)) == 3
    assert reads(3) == [403, 403, 403]
