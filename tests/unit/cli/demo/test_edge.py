"""How the demonstration's players use HTTP: try again with the same key, sign in anew in time, say what is down."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from services.cli.demo import edge as edge_module
from services.cli.demo.edge import Caller, Edge, Refused, ServiceDown
from services.cli.native.ports import LOOPBACK, free_port


class Server:
    """Answers what it was told to, in order, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.asked: list[tuple[str, str, str | None, str | None]] = []
        """Method, path, Idempotency-Key, Authorization."""
        self.token_seconds = 900
        self._tokens = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, Any]]:
        headers = handler.headers
        self.asked.append((handler.command, handler.path, headers["Idempotency-Key"], headers["Authorization"]))
        if handler.path == "/api/v1/sessions":
            self._tokens += 1
            expires_at = (datetime.now(UTC) + timedelta(seconds=self.token_seconds)).isoformat()
            return 200, {"token": f"token-{self._tokens}", "expires_at": expires_at, "person_id": "p"}
        return self.answers.pop(0)


@pytest.fixture
def server() -> Iterator[tuple[Server, Edge]]:
    script = Server()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = script.answer(self)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    http = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    Thread(target=http.serve_forever, daemon=True).start()
    edge = Edge(f"http://{LOOPBACK}:{http.server_address[1]}")
    yield script, edge
    edge.close()
    http.shutdown()
    http.server_close()


def _problem(slug: str) -> dict[str, Any]:
    return {"type": f"/problems/{slug}"}


def test_a_busy_system_is_asked_again_with_the_same_idempotency_key(server: tuple[Server, Edge]) -> None:
    script, edge = server
    script.answers = [(503, _problem("unavailable")), (429, _problem("too-many-requests")), (201, {"id": "t"})]
    assert edge.ask("POST", "/api/v1/tickets", {}).data == {"id": "t"}
    keys = {key for _, _, key, _ in script.asked}
    assert len(script.asked) == 3
    assert len(keys) == 1
    assert None not in keys


def test_a_refusal_is_not_asked_again_and_says_its_slug(server: tuple[Server, Edge]) -> None:
    script, edge = server
    script.answers = [(409, _problem("offer-taken"))]
    with pytest.raises(Refused) as refused:
        edge.ask("POST", "/api/v1/offers/1/claims", {})
    assert (refused.value.status, refused.value.slug) == (409, "offer-taken")
    assert len(script.asked) == 1


def test_somebody_signs_in_once_and_again_before_the_token_expires(server: tuple[Server, Edge]) -> None:
    script, edge = server
    caller = Caller(edge, "resident", "resident-1", "secret")
    script.answers = [(200, {})] * 3
    caller.get("/a")
    caller.get("/b")
    assert [token for *_, token in script.asked] == [None, "Bearer token-1", "Bearer token-1"]
    assert caller.person_id == "p"
    script.token_seconds = 10
    script.answers = [(401, _problem("token-expired")), (200, {}), (200, {})]
    caller.get("/c")
    caller.get("/d")
    assert [token for *_, token in script.asked[3:]] == [
        "Bearer token-1", None, "Bearer token-2", None, "Bearer token-3",
    ]  # fmt: skip


def test_a_system_that_stays_away_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_module, "_PATIENCE_SECONDS", 0.1)
    edge = Edge(f"http://{LOOPBACK}:{free_port()}")
    with pytest.raises(ServiceDown, match=r"GET /api/v1/tickets: ConnectError.*make status"):
        edge.ask("GET", "/api/v1/tickets")
    edge.close()
