"""How much one caller may ask of a process, and that a bound is no trap for who repeats."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from services.chassis.http.doors import MOST_IN_WORK
from tests.integration.http.calls import is_problem
from tests.integration.http.conftest import XIKOU, Specimen, start_specimen
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.tokens import Tokens

_MOST = 20
"""Requests a minute that the narrow specimen takes of one address."""


@pytest.fixture(scope="module")
def narrow(module_namespace: Namespace, tokens: Tokens, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Specimen]:
    folder = tmp_path_factory.mktemp("narrow")
    started = start_specimen(module_namespace, tokens, folder, ADDRESS_REQUESTS=str(_MOST))
    yield started
    started.http.close()
    assert started.child.stop() == 0


def of(address: str, **more: str) -> dict[str, str]:
    return {"X-Forwarded-For": address, "Content-Type": "application/json", **more}


def sign(specimen: Specimen, address: str, key: str, text: str = "来过") -> httpx.Response:
    headers = of(address, **{"Idempotency-Key": key})
    return specimen.http.post("/api/v1/guests", json={"text": text}, headers=headers)


def test_an_address_is_counted_whatever_it_asks_for_and_before_anything_of_it_is_read(narrow: Specimen) -> None:
    asked: list[httpx.Response] = []
    while not asked or asked[-1].status_code != 429:
        # The minute may end in the middle: then counting began anew.
        assert len(asked) < 2 * _MOST
        asked += [
            narrow.http.get("/api/v1/nothing", headers=of("192.0.2.1")),
            narrow.http.post("/api/v1/open", content=b"{", headers=of("192.0.2.1")),
            narrow.http.get("/api/v1/notes", headers=of("192.0.2.1", **narrow.worker())),
        ]
    assert {404, 400, 200, 429} == {answer.status_code for answer in asked}
    refused = narrow.http.post("/api/v1/open", content=b"{" * 5_000, headers=of("192.0.2.1"))
    problem = is_problem(refused, 429, "too-many-requests")
    assert 1 <= int(refused.headers["Retry-After"]) == problem["retry_after_seconds"] <= 60
    assert narrow.http.get("/api/v1/notes", headers=of("192.0.2.2", **narrow.worker())).status_code == 200
    assert narrow.http.get("/metrics", headers=of("192.0.2.1")).text.count('limit="address",service="specimen"') == 2


def test_addresses_of_one_ipv6_network_count_together(narrow: Specimen) -> None:
    codes = [narrow.http.get("/api/v1/nothing", headers=of(f"2001:db8::{n:x}")).status_code for n in range(3 * _MOST)]
    assert 429 in codes


def test_a_repetition_takes_nothing_from_a_limit_and_is_answered_beyond_it(specimen: Specimen) -> None:
    keys = [uuid4().hex for _ in range(3)]
    repeated = [sign(specimen, "192.0.2.10", keys[0]) for _ in range(5)]
    assert [answer.status_code for answer in repeated] == [201] * 5
    assert sign(specimen, "192.0.2.10", keys[1]).status_code == 201
    is_problem(sign(specimen, "192.0.2.10", keys[2]), 429, "too-many-requests")
    again = sign(specimen, "192.0.2.10", keys[1])
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    is_problem(sign(specimen, "192.0.2.10", keys[1], "别的"), 422, "idempotency-key-reused")


def test_a_limit_shows_in_the_metrics_before_it_was_ever_reached(specimen: Specimen) -> None:
    assert 'doorstep_http_limited_total{limit="lift",service="specimen"}' in specimen.http.get("/metrics").text


def test_a_body_has_the_size_that_its_route_needs_and_what_is_too_long_in_it_is_named(specimen: Specimen) -> None:
    large = json.dumps({"text": "x" * 16_000}).encode()
    too_large = json.dumps({"text": "x" * 60_000}).encode()
    headers = of("192.0.2.20", **{"Idempotency-Key": uuid4().hex})
    named = specimen.http.post("/api/v1/guests", content=large, headers=headers)
    assert [error["pointer"] for error in is_problem(named, 422, "invalid-input")["errors"]] == ["/text"]
    assert is_problem(
        specimen.http.post("/api/v1/guests", content=too_large, headers=headers), 413, "too-large"
    )["limit_bytes"] == 16_384  # fmt: skip


def test_a_part_of_an_address_that_no_identity_has_is_not_looked_for(specimen: Specimen) -> None:
    is_problem(specimen.http.get(f"/api/v1/notes/{'x' * 1000}", headers=specimen.worker()), 404, "not-found")


def test_heavy_work_is_let_in_so_much_at_once_and_of_one_address_its_share(specimen: Specimen) -> None:
    def lift(address: str) -> httpx.Response:
        return specimen.http.post("/api/v1/lift", headers=of(address))

    with ThreadPoolExecutor(8) as pool:
        alone = list(pool.map(lift, ["192.0.2.30"] * 3))
    assert sorted(answer.status_code for answer in alone) == [204, 429, 429]
    busy = next(answer for answer in alone if answer.status_code == 429)
    assert is_problem(busy, 429, "busy")["retry_after_seconds"] == int(busy.headers["Retry-After"])
    with ThreadPoolExecutor(8) as pool:
        several = list(pool.map(lift, ["192.0.2.31", "192.0.2.32", "192.0.2.33"]))
    assert sorted(answer.status_code for answer in several) == [204, 204, 429]


def test_of_one_caller_only_so_much_is_in_work_and_others_do_not_wait_for_it(specimen: Specimen) -> None:
    def ask(headers: dict[str, str]) -> int:
        answer = specimen.http.get("/api/v1/held", headers=headers)
        assert answer.status_code == 200, answer.text
        inside: int = answer.json()["inside"]
        return inside

    held = specimen.db["held"]
    greedy, another = uuid4().hex, uuid4().hex
    his = specimen.tokens.headers(("grid_worker", XIKOU), person_id=greedy)
    with ThreadPoolExecutor(MOST_IN_WORK + 5) as pool:
        his_answers = [pool.submit(ask, his) for _ in range(MOST_IN_WORK + 4)]
        eventually(lambda: held.count_documents({"who": greedy}) == MOST_IN_WORK)
        other = pool.submit(ask, specimen.tokens.headers(("grid_worker", XIKOU), person_id=another))
        eventually(lambda: held.count_documents({"who": another}) == 1)
        assert held.count_documents({"who": greedy}) == MOST_IN_WORK
        specimen.db["gate"].insert_one({})
        assert other.result() == 1
        assert max(answer.result() for answer in his_answers) == MOST_IN_WORK
    assert held.count_documents({"who": greedy}) == MOST_IN_WORK + 4
    assert 'limit="in-work",service="specimen"' in specimen.http.get("/metrics").text
