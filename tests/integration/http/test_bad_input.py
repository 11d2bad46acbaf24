"""Whatever is sent, the answer is a clear problem, nothing is changed and nothing personal is logged."""

import json
import socket
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from services.cli.native.ports import LOOPBACK
from tests.integration.http.calls import is_problem
from tests.integration.http.conftest import XIKOU, Specimen

_WORKERS = 100
"""As the launcher sets; importing it here would patch the sockets of this test."""
NOTE = {"text": "路灯不亮", "reporter": {"telephone": "13800000000"}}


def post(specimen: Specimen, body: bytes, **headers: str) -> httpx.Response:
    sent = specimen.worker(**{"Content-Type": "application/json", "Idempotency-Key": "bad-input", **headers})
    return specimen.http.post("/api/v1/notes", content=body, headers=sent)


@pytest.fixture(autouse=True)
def nothing_is_changed(specimen: Specimen) -> Any:
    before = list(specimen.db["notes"].find())
    yield
    assert list(specimen.db["notes"].find()) == before
    assert specimen.db["idempotency"].count_documents({}) == 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "broken"',
        b'{"text": "\xff\xfe"}',
        b'{"text": "once", "text": "twice"}',
        b'{"copies": NaN}',
        b'{"copies": 1e999}',
        b'{"text": "\\ud800"}',
        b'{"text": ' + b"[" * 8_000 + b"]" * 8_000 + b"}",
        b'{"text": ' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"copies": ' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
        b"\x00",
    ],
)
def test_broken_json_is_named_as_such(specimen: Specimen, body: bytes) -> None:
    is_problem(post(specimen, body), 400, "malformed-json")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk"])
def test_another_content_type_is_refused(specimen: Specimen, kind: str) -> None:
    is_problem(post(specimen, b"{}", **{"Content-Type": kind}), 415, "unsupported-media-type")


def test_every_wrong_field_is_pointed_at_in_chinese(specimen: Specimen) -> None:
    body = json.dumps({"reporter": {"telephone": "12"}, "copies": 10, "colour": "red"}).encode()
    errors = is_problem(post(specimen, body), 422, "invalid-input")["errors"]
    assert {error["pointer"]: error["message"] for error in errors} == {
        "/text": "必须填写。",
        "/reporter/telephone": "必须是 11 位数字。",
        "/copies": "必须在 1 与 9 之间。",
        "/colour": "没有这个字段。",
    }


def test_and_in_english_for_who_asks(specimen: Specimen) -> None:
    found = is_problem(post(specimen, b"{}", **{"Accept-Language": "en-GB,zh;q=0.5"}), 422, "invalid-input")
    assert found["title"] == "Invalid input"
    assert found["errors"] == [{"pointer": "/text", "message": "Missing data for required field."}]


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"7"])
def test_a_body_that_is_no_object_is_refused(specimen: Specimen, body: bytes) -> None:
    is_problem(post(specimen, body), 422, "invalid-input")


@pytest.mark.parametrize("text", ["a\\u0000b", "\\u001b[31m"])
def test_control_characters_are_refused_with_their_place(specimen: Specimen, text: str) -> None:
    errors = is_problem(post(specimen, b'{"text": "' + text.encode() + b'"}'), 422, "invalid-input")["errors"]
    assert [error["pointer"] for error in errors] == ["/text"]


def test_a_number_beyond_the_database_is_refused(specimen: Specimen) -> None:
    is_problem(post(specimen, b'{"text": "x", "copies": 99999999999999999999}'), 422, "invalid-input")


def test_ten_megabytes_are_refused_and_the_connection_stays_usable(specimen: Specimen) -> None:
    is_problem(post(specimen, b'{"text": "' + b"x" * 10_000_000 + b'"}'), 413, "too-large")
    assert specimen.http.get("/healthz").status_code == 200


def test_ten_megabytes_without_announced_length_are_refused(specimen: Specimen) -> None:
    headers = specimen.worker(**{"Content-Type": "application/json", "Idempotency-Key": "k"})
    pieces = (b"x" * 100_000 for _ in range(100))
    is_problem(specimen.http.post("/api/v1/notes", content=pieces, headers=headers), 413, "too-large")


def test_a_terabyte_is_refused_before_it_is_read(specimen: Specimen) -> None:
    head = (
        f"POST /api/v1/notes HTTP/1.1\r\nHost: doorstep\r\nContent-Type: application/json\r\n"
        f"Content-Length: {10**12}\r\n\r\n"
    )
    answer = raw(specimen, head.encode())
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert b"/problems/too-large" in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /api/v1/notes HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: d\r\nContent-Length: -5\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_the_service_lives_on(specimen: Specimen, request_bytes: bytes) -> None:
    assert b" 400 " in raw(specimen, request_bytes).split(b"\r\n")[0]
    assert specimen.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n",
    ],
)
def test_a_request_with_two_ends_is_refused_and_nothing_is_smuggled_in_behind_it(
    specimen: Specimen, framing: bytes
) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: d\r\n\r\n"
    answer = raw(specimen, b"POST /api/v1/knock HTTP/1.1\r\nHost: d\r\n" + framing + hidden)
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert answer.count(b"HTTP/1.") == 1


def test_a_client_that_hangs_up_in_the_middle_harms_nobody(specimen: Specimen) -> None:
    with socket.create_connection((LOOPBACK, specimen.port)) as connection:
        connection.sendall(b"POST /api/v1/notes HTTP/1.1\r\nHost: d\r\nContent-Length: 100\r\n\r\n{")
    assert specimen.http.get("/healthz").status_code == 200


def test_more_slow_clients_than_workers_hold_up_nobody(specimen: Specimen) -> None:
    with ExitStack() as stack:
        for _ in range(_WORKERS + 20):
            slow = stack.enter_context(socket.create_connection((LOOPBACK, specimen.port)))
            slow.sendall(b"POST /api/v1/open HTTP/1.1\r\nHost: d\r\nContent-Length: 100\r\n\r\n{")
        answer = specimen.http.get("/api/v1/notes", headers=specimen.worker(), timeout=5)
        assert answer.status_code == 200


@pytest.mark.parametrize("target", ["/api/v1/nothing", "/api/v1/notes/a/b", "/%ff%fe", "/api/v1/notes/%00", "//", "/"])
def test_an_address_that_does_not_exist(specimen: Specimen, target: str) -> None:
    is_problem(specimen.http.get(target), 404, "no-such-route")


def test_a_method_that_is_not_known_here_names_those_that_are(specimen: Specimen) -> None:
    answer = specimen.http.request("DELETE", "/api/v1/notes")
    is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("query", ["text=%zz", "text=%ff", "text=%00", "%", "&".join(["a=1"] * 200)])
def test_a_malformed_query(specimen: Specimen, query: str) -> None:
    answer = raw_get(specimen, f"/api/v1/notes?{query}")
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert b"/problems/malformed-query" in answer


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=ten", "limit"), ("limit=1&limit=2", "limit"),
     ("limit=²", "limit"), ("colour=red", "colour"), ("text=a&text=b", "text")],
)  # fmt: skip
def test_a_wrong_parameter_is_named(specimen: Specimen, query: str, parameter: str) -> None:
    answer = specimen.http.get(f"/api/v1/notes?{query}", headers=specimen.worker())
    assert is_problem(answer, 422, "invalid-input")["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize("cursor", ["x", "", "AAAA", "é", "a" * 3000, "....", "=", "_-_-"])
def test_a_cursor_that_we_did_not_give_out(specimen: Specimen, cursor: str) -> None:
    answer = specimen.http.get("/api/v1/notes", params={"cursor": cursor}, headers=specimen.worker())
    is_problem(answer, 400, "bad-cursor")


@pytest.mark.parametrize("language", ["", ";;;,,,q", "zh;q=abc", "x" * 5000, "*;q=2", "en;q=0", "\xff"])
def test_a_weird_language_gets_chinese(specimen: Specimen, language: str) -> None:
    answer = specimen.http.get("/api/v1/nothing", headers={b"Accept-Language": language.encode("latin-1")})
    assert is_problem(answer, 404, "no-such-route")["title"] == "没有这个地址"


@pytest.mark.parametrize("key", [None, "", "x" * 129, "空"])
def test_creating_without_a_usable_idempotency_key(specimen: Specimen, key: str | None) -> None:
    headers = specimen.worker(**{"Content-Type": "application/json"})
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    if key is not None:
        sent[b"Idempotency-Key"] = key.encode()
    answer = specimen.http.post("/api/v1/notes", content=json.dumps(NOTE).encode(), headers=sent)
    is_problem(answer, 400, "idempotency-key-required")


def test_without_a_token_the_caller_is_asked_for_one(specimen: Specimen) -> None:
    answer = specimen.http.get("/api/v1/notes")
    is_problem(answer, 401, "authentication-required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("claims", "slug"),
    [
        ({"lifetime": timedelta(minutes=-2)}, "token-expired"),
        ({"iss": "another-county"}, "token-invalid"),
        ({"aud": "another-system"}, "token-invalid"),
        ({"grants": None}, "token-invalid"),
        ({"grants": [{"role": "admin", "area_path": "/"}]}, "token-invalid"),
        ({"key_id": "unknown"}, "token-invalid"),
    ],
)
def test_an_expired_or_foreign_token(specimen: Specimen, claims: dict[str, Any], slug: str) -> None:
    headers = specimen.tokens.headers(("grid_worker", XIKOU), **claims)
    answer = specimen.http.get("/api/v1/notes", headers=headers)
    is_problem(answer, 401, slug)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_tampered_token_is_refused_even_where_none_is_needed(specimen: Specimen) -> None:
    head, payload, signature = specimen.tokens.mint(("grid_worker", XIKOU)).split(".")
    other = specimen.tokens.mint(("admin", "/hequ/")).split(".")[1]
    for token in (f"{head}.{other}.{signature}", f"{head}.{payload}.", f"{head}.{payload}", "x", "é"):
        answer = specimen.http.post("/api/v1/knock", headers={b"Authorization": f"Bearer {token}".encode()})
        is_problem(answer, 401, "token-invalid")


def test_an_unsigned_token_is_refused(specimen: Specimen) -> None:
    claims = jwt.decode(specimen.tokens.mint(("admin", "/hequ/")), options={"verify_signature": False})
    token = jwt.encode(claims, "", algorithm="none", headers={"kid": "test-key"})
    is_problem(specimen.http.get("/api/v1/notes", headers={"Authorization": f"Bearer {token}"}), 401, "token-invalid")


def test_the_wrong_role_is_told_so(specimen: Specimen) -> None:
    headers = specimen.tokens.headers(("resident", XIKOU))
    answer = specimen.http.post("/api/v1/notes", json=NOTE, headers={**headers, "Idempotency-Key": "r"})
    is_problem(answer, 403, "not-allowed")


def test_another_area_does_not_show(specimen: Specimen) -> None:
    headers = specimen.worker(**{"Idempotency-Key": "elsewhere"})
    answer = specimen.http.post("/api/v1/notes", json={**NOTE, "area_path": "/fengman/"}, headers=headers)
    is_problem(answer, 404, "not-found")


def test_a_refusal_of_the_service_itself_names_its_figures(specimen: Specimen) -> None:
    found = is_problem(specimen.http.post("/api/v1/shelf"), 409, "shelf-full")
    assert found["most"] == 3
    assert found["detail"] == "最多放 3 本。"


def test_an_unknown_error_tells_nothing_and_logs_no_data(specimen: Specimen) -> None:
    answer = specimen.http.post("/api/v1/broken", json={"text": "张三13800000000"})
    is_problem(answer, 500, "internal-error")
    assert "13800000000" not in answer.text
    log = specimen.log_file.read_text()
    assert "ValueError" in log
    assert answer.headers["X-Correlation-Id"] in log


def test_nothing_personal_was_logged_in_all_this(specimen: Specimen) -> None:
    specimen.http.get("/api/v1/notes?text=13800000000", headers=specimen.worker())
    post(specimen, json.dumps({**NOTE, "extra": 1}).encode())
    raw(specimen, b"13800000000 nonsense\r\n\r\n")
    log = specimen.log_file.read_text()
    assert "/api/v1/notes" in log
    assert "13800000000" not in log
    assert "Bearer" not in log


def raw(specimen: Specimen, request: bytes) -> bytes:
    with socket.create_connection((LOOPBACK, specimen.port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        try:
            while piece := connection.recv(65_536):
                answer += piece
        except ConnectionResetError:
            # The server hung up on what it would not read; what it said before counts.
            return answer
        return answer


def raw_get(specimen: Specimen, target: str) -> bytes:
    token = specimen.worker()["Authorization"]
    head = f"GET {target} HTTP/1.1\r\nHost: d\r\nConnection: close\r\nAuthorization: {token}\r\n\r\n"
    return raw(specimen, head.encode("latin-1"))
