"""What a well-behaved caller may rely on."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from services.chassis.http import idempotency
from tests.integration.http.calls import at_once, write
from tests.integration.http.conftest import XIKOU, Specimen, start_specimen
from tests.integration.http.gate import Gate
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.tokens import Tokens


def test_what_was_created_is_answered_with_its_address_and_version(specimen: Specimen) -> None:
    answer = write(specimen)
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    read = specimen.http.get(answer.headers["Location"], headers=specimen.worker())
    assert read.json() == answer.json()


def test_the_same_request_again_gets_the_same_answer_and_creates_nothing(specimen: Specimen) -> None:
    key = uuid4().hex
    first = write(specimen, key=key)
    count = specimen.db["notes"].count_documents({})
    again = write(specimen, key=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert specimen.db["notes"].count_documents({}) == count


def test_the_same_key_with_another_body_is_refused(specimen: Specimen) -> None:
    key = uuid4().hex
    write(specimen, key=key)
    answer = write(specimen, text="井盖松动", key=key)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/idempotency-key-reused"


def test_the_same_key_of_somebody_else_is_another_key(specimen: Specimen) -> None:
    key = uuid4().hex
    first = write(specimen, key=key)
    other = specimen.tokens.headers(("grid_worker", XIKOU), person_id=str(uuid4()))
    answer = specimen.http.post("/api/v1/notes", json={"text": "路灯不亮"}, headers={**other, "Idempotency-Key": key})
    assert answer.status_code == 201
    assert answer.json()["id"] != first.json()["id"]


def test_ten_at_once_with_one_key_create_one_and_all_get_it(specimen: Specimen) -> None:
    key = uuid4().hex
    before = specimen.db["notes"].count_documents({})
    answers = at_once(10, lambda number: write(specimen, key=key))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert specimen.db["notes"].count_documents({}) == before + 1


def test_two_that_take_the_same_identity_at_once_both_succeed_with_their_own(specimen: Specimen) -> None:
    answers = at_once(4, lambda number: write(specimen, text=f"第 {number} 件"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 4


def test_no_clear_text_is_kept_with_an_idempotency_key(specimen: Specimen) -> None:
    write(specimen, text="张三家漏水", key="a-key-to-look-for")
    rows = str(list(specimen.db["idempotency"].find()))
    assert "张三" not in rows
    assert "a-key-to-look-for" not in rows
    assert idempotency.KEPT_SECONDS == 7 * 86_400  # and swept then: test_clock_leap.py


def test_a_refused_command_leaves_its_key_free(specimen: Specimen) -> None:
    key = uuid4().hex
    headers = specimen.worker(**{"Idempotency-Key": key})
    refused = specimen.http.post("/api/v1/notes", json={"text": "x", "area_path": "/elsewhere/"}, headers=headers)
    assert refused.status_code == 404
    assert write(specimen, key=key).status_code == 201


def test_an_open_route_wants_a_key_that_cannot_be_guessed(specimen: Specimen) -> None:
    short = specimen.http.post("/api/v1/open", json={"text": "x"}, headers={"Idempotency-Key": "short"})
    assert short.json()["type"] == "/problems/idempotency-key-required"
    key = {"Idempotency-Key": uuid4().hex}
    first = specimen.http.post("/api/v1/open", json={"text": "x"}, headers=key)
    assert first.status_code == 201
    assert first.json()["caller"] is None
    assert specimen.http.post("/api/v1/open", json={"text": "x"}, headers=key).content == first.content


def test_an_open_route_knows_who_calls_with_a_token(specimen: Specimen) -> None:
    headers = specimen.worker(**{"Idempotency-Key": uuid4().hex})
    assert specimen.http.post("/api/v1/open", json={"text": "x"}, headers=headers).json()["caller"] is not None


def edit(specimen: Specimen, address: str, **headers: str) -> httpx.Response:
    return specimen.http.patch(address, json={"text": "已修好"}, headers=specimen.worker(**headers))


def test_an_edit_needs_the_version_that_was_read(specimen: Specimen) -> None:
    address = write(specimen).headers["Location"]
    assert edit(specimen, address).status_code == 428
    changed = edit(specimen, address, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    stale = edit(specimen, address, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale")
    assert stale.headers["ETag"] == '"2"'
    assert edit(specimen, address, **{"If-Match": 'W/"2"'}).status_code == 412
    assert edit(specimen, address, **{"If-Match": '"7", "2"'}).status_code == 200


def test_of_two_edits_of_one_version_one_wins(specimen: Specimen) -> None:
    address = write(specimen).headers["Location"]
    answers = at_once(6, lambda number: edit(specimen, address, **{"If-Match": '"1"'}))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


def test_what_has_not_changed_is_not_sent_again(specimen: Specimen) -> None:
    address = write(specimen).headers["Location"]
    answer = specimen.http.get(address, headers=specimen.worker(**{"If-None-Match": '"1"'}))
    assert (answer.status_code, answer.content) == (304, b"")
    edited = edit(specimen, address, **{"If-Match": '"1"', "If-None-Match": "*"})
    assert (edited.status_code, edited.content != b"") == (200, True), "what was written is told"


def test_pages_hold_every_note_once(specimen: Specimen) -> None:
    for number in range(5):
        write(specimen, text=f"翻页 {number}")
    found: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, Any] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = specimen.http.get("/api/v1/notes", params=params, headers=specimen.worker()).json()
        found += [note["id"] for note in page["items"]]
        assert len(page["items"]) <= 2
        cursor = page["next"]
        if cursor is None:
            break
    assert found == sorted(note["_id"] for note in specimen.db["notes"].find())


def test_a_cursor_of_one_page_that_was_tampered_with_is_refused(specimen: Specimen) -> None:
    for _ in range(2):
        write(specimen)
    cursor = specimen.http.get("/api/v1/notes?limit=1", headers=specimen.worker()).json()["next"]
    forged = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    answer = specimen.http.get("/api/v1/notes", params={"cursor": forged}, headers=specimen.worker())
    assert answer.json()["type"] == "/problems/bad-cursor"


def test_what_runs_before_a_command_stays_when_the_command_is_refused(specimen: Specimen) -> None:
    before = specimen.db["settled"].count_documents({})
    assert specimen.http.post("/api/v1/settled").status_code == 409
    assert specimen.db["settled"].count_documents({}) == before + 1


def test_the_fourth_knock_of_one_address_is_too_many_and_another_address_may(specimen: Specimen) -> None:
    def knock(address: str) -> httpx.Response:
        return specimen.http.post("/api/v1/knock", headers={"X-Forwarded-For": f"6.6.6.6, {address}"})

    assert [knock("192.0.2.1").status_code for _ in range(4)] == [204, 204, 204, 429]
    assert 1 <= int(knock("192.0.2.1").headers["Retry-After"]) <= 3600
    assert knock("192.0.2.2").status_code == 204
    assert "192.0.2.1" not in str(list(specimen.db["limits"].find()))


def test_a_trace_is_continued_or_begun(specimen: Specimen) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    known = specimen.http.get("/api/v1/slow", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert known.headers["X-Correlation-Id"] == trace
    begun = specimen.http.get("/healthz", headers={"traceparent": "00-nonsense\x7f"})
    assert len(begun.headers["X-Correlation-Id"]) == 32
    eventually(lambda: trace in specimen.log_file.read_text())


def test_requests_are_measured_by_template(specimen: Specimen) -> None:
    specimen.http.get("/api/v1/notes/does-not-exist", headers=specimen.worker())
    specimen.http.request("BREW", "/api/v1/pot")
    metrics = specimen.http.get("/metrics").text
    labels = 'method="GET",route="/api/v1/notes/<note_id>",service="specimen",status="4xx"'
    assert f"doorstep_http_request_duration_seconds_count{{{labels}}}" in metrics
    assert 'method="(other)",route="(none)"' in metrics
    assert "does-not-exist" not in metrics


def test_a_head_request_has_the_headers_of_a_get(specimen: Specimen) -> None:
    answer = specimen.http.head("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


def test_ready_says_what_it_looked_at(specimen: Specimen) -> None:
    assert specimen.http.get("/readyz").json() == {"status": "ready", "checks": {"database": "ok"}}


def test_without_its_database_the_service_says_so_in_time_and_lives(
    namespace: Namespace, tokens: Tokens, tmp_path: Path
) -> None:
    address = namespace.mongo.address
    assert address is not None
    gate = Gate(address)
    away = start_specimen(namespace, tokens, tmp_path, MONGO_URL=gate.url(namespace.mongo_url))
    try:
        assert away.http.get("/api/v1/notes", headers=away.worker()).status_code == 200
        gate.shut()
        started = time.monotonic()
        written, listed, ready = at_once(3, lambda number: ask(away, number))
        assert time.monotonic() - started < 10
        for answer in (written, listed):
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
            assert answer.headers["Retry-After"] == "5"
        assert (ready.status_code, ready.json()["checks"]["database"] == "ok") == (503, False)
        assert away.http.get("/healthz").status_code == 200
        gate.open()
        eventually(lambda: away.http.get("/readyz").status_code == 200)
        assert write(away).status_code == 201
    finally:
        away.http.close()
        away.child.stop()
        gate.close()


def ask(specimen: Specimen, number: int) -> httpx.Response:
    """Write, list or ask whether it is ready."""
    if number == 0:
        return write(specimen)
    return specimen.http.get("/api/v1/notes" if number == 1 else "/readyz", headers=specimen.worker())


def test_a_stop_waits_for_the_request_at_hand(namespace: Namespace, tokens: Tokens, tmp_path: Path) -> None:
    stopping = start_specimen(namespace, tokens, tmp_path)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(stopping.http.get, "/api/v1/slow")
        eventually(lambda: in_flight(stopping) >= 2)
        assert stopping.child.stop() == 0
        assert slow.result().json() == {"done": True}
    stopping.http.close()


def in_flight(specimen: Specimen) -> float:
    with httpx.Client(base_url=specimen.http.base_url, trust_env=False) as other:
        lines = other.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("doorstep_http_requests_in_flight{"))
