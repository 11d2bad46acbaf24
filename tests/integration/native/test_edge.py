"""The edge, real: which service gets which address, and what it refuses by itself."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from services.chassis.directory import SERVICES, find_service
from services.chassis.http import Route, routes_of
from services.cli.native.addresses import DEFAULTS
from services.cli.native.configuration import edge_environment
from services.cli.native.layout import Layout
from services.cli.native.modes import MODES
from services.cli.native.parts import Installation, answers
from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Children, Program
from tests.support.certificates import write_certificate
from tests.support.processes import ROOT

PROBLEM = "application/problem+json"


def _service(name: str) -> ThreadingHTTPServer:
    """A stand-in for a service: it reads the whole body and answers with its own name and the path it was asked."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._read_body()
            body = f"{name} {self.path}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def _read_body(self) -> None:
            if "Transfer-Encoding" not in self.headers:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                return
            while size := int(self.rfile.readline() or b"0", 16):
                self.rfile.read(size + 2)

        def log_message(self, format: str, *args: object) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # the edge hangs up on a body that is too large
                self.close_connection = True

    return ThreadingHTTPServer((LOOPBACK, 0), Answer)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The edge before every service but metrics, which is down."""
    folder = tmp_path_factory.mktemp("edge")
    docs = folder / "docs"
    docs.mkdir()
    (docs / "openapi.json").write_text('{"openapi": "3.1.0"}')
    (docs / "secret.json").write_text("{}")
    servers = {name: _service(name) for name in SERVICES if name != "metrics"}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ports = {**DEFAULTS, "edge": free_port(), "metrics_http": free_port()}
    ports |= {f"{name}_http": server.server_address[1] for name, server in servers.items()}
    with Children() as children, httpx.Client(base_url=f"http://{LOOPBACK}:{ports['edge']}", trust_env=False) as http:
        program = _edge_program(folder, ports, docs)
        children.start(program).wait_until(answers(f"{http.base_url}/healthz"), 20)
        yield http
    for server in servers.values():
        server.shutdown()
        server.server_close()


def _edge_program(folder: Path, ports: dict[str, int], docs: Path) -> Program:
    parts = Installation(Layout(folder / "data"), ports, {}, MODES["live"]).parts()
    program = next(part.program for part in parts if part.name == "edge")
    return replace(program, env={**program.env, **edge_environment(ports, docs)})


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/api/v1/accounts", "accounts"),
        ("/api/v1/accounts/events", "accounts"),
        ("/api/v1/sessions", "accounts"),
        ("/api/v1/tokens", "accounts"),
        ("/api/v1/jwks.json", "accounts"),
        ("/.well-known/jwks.json", "accounts"),
        ("/api/v1/tickets", "tickets"),
        ("/api/v1/tickets/events?after=1", "tickets"),
        ("/api/v1/attachments", "tickets"),
        ("/api/v1/attachments/a-1", "tickets"),
        ("/api/v1/areas", "tickets"),
        ("/api/v1/places", "tickets"),
        ("/api/v1/stations/s-1", "tickets"),
        ("/api/v1/calendars/2026", "tickets"),
        ("/api/v1/volunteers/events", "volunteers"),
        ("/api/v1/members", "volunteers"),
        ("/api/v1/offers", "volunteers"),
        ("/api/v1/claims", "volunteers"),
        ("/api/v1/points/balance", "volunteers"),
        ("/api/v1/inbox", "notifications"),
        ("/api/v1/notices", "notifications"),
    ],
)
def test_each_address_reaches_the_service_that_owns_it(edge: httpx.Client, path: str, service: str) -> None:
    assert edge.get(path).text == f"{service} {path}"


ROUTES = [(name, route) for name in SERVICES if name != "metrics" for route in routes_of(find_service(name).api)]


@pytest.mark.parametrize(
    ("service", "route"), [(name, r) for name, r in ROUTES], ids=[f"{r.method} {r.url}" for _, r in ROUTES]
)
def test_each_route_reaches_its_service(edge: httpx.Client, service: str, route: Route) -> None:
    path = re.sub("<[^>]+>", "x-1", route.url)
    assert edge.get(path).text == f"{service} {path}"


@pytest.mark.parametrize(
    "path",
    ["/", "/metrics", "/readyz", "/api/v1/", "/api/v1/ticketsandmore", "/api/v1/tickets/../../../metrics",
     "/api/secret.json", "/api/v2/tickets", "/openapi.json"],
)  # fmt: skip
def test_everything_else_is_a_problem_and_no_probe_of_a_service_is_reachable(edge: httpx.Client, path: str) -> None:
    answer = edge.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)
    assert answer.json()["type"] == "/problems/no-such-route"


def test_the_edge_answers_in_chinese_unless_english_is_asked_for(edge: httpx.Client) -> None:
    assert edge.get("/nowhere").json()["title"] == "没有这个地址"
    assert edge.get("/nowhere", headers={"Accept-Language": "en-GB,en"}).json()["title"] == "No such address"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_ten_megabytes_is_refused_with_a_problem(edge: httpx.Client, chunked: bool) -> None:
    body = b"x" * 10_000_000
    answer = edge.post("/api/v1/tickets", content=iter([body]) if chunked else body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, PROBLEM)
    assert answer.json()["type"] == "/problems/too-large"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_photo_may_have_eight_mebibytes_and_not_a_byte_more(edge: httpx.Client, chunked: bool) -> None:
    most = b"x" * (8 * 1024 * 1024)
    assert edge.post("/api/v1/attachments", content=iter([most]) if chunked else most).is_success
    refused = edge.post("/api/v1/attachments", content=iter([most, b"x"]) if chunked else most + b"x")
    assert refused.status_code == 413
    assert "8388608" in refused.json()["detail"]


@pytest.mark.parametrize("size", ["-2", "zz", "f" * 17, "", "2;" + "x" * 5_000, "1"])
def test_a_chunk_of_an_impossible_size_is_the_callers_fault(edge: httpx.Client, size: str) -> None:
    """A service that answered 503 would be called again, and an alarm would ring for it."""
    head = "POST /api/v1/sessions HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with socket.create_connection((LOOPBACK, edge.base_url.port or 0), 10) as connection:
        connection.sendall(f"{head}{size}\r\n{{}}\r\n0\r\n\r\n".encode())
        answer = connection.recv(4096)  # one segment; behind it the edge resets what it has not read
    assert answer.split(b"\r\n")[0].split(b" ")[1] == b"400"
    assert b"/problems/malformed-request" in answer
    assert b"Retry-After" not in answer


def test_a_service_that_is_down_is_a_problem_that_says_when_to_come_back(edge: httpx.Client) -> None:
    answer = edge.get("/api/v1/reports")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, PROBLEM)
    assert answer.json()["type"] == "/problems/unavailable"
    assert int(answer.headers["Retry-After"]) > 0


def test_the_documents_are_served_as_json(edge: httpx.Client) -> None:
    answer = edge.get("/api/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


@pytest.fixture(scope="module")
def edge_by_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The edge with a certificate of its own; no service is up behind it."""
    folder = tmp_path_factory.mktemp("edge-by-tls")
    ports = {**DEFAULTS, "edge": free_port(), **{f"{name}_http": free_port() for name in SERVICES}}
    write_certificate(folder / "edge.crt", folder / "edge.key", timedelta(days=90))
    caddyfile = folder / "Caddyfile"
    caddyfile.write_text(
        (ROOT / "deploy" / "caddy" / "Caddyfile").read_text()
        .replace("http_port 8080", f"http_port {free_port()}").replace("/certificates/", f"{folder}/")
    )  # fmt: skip
    program = _edge_program(folder, ports, folder)
    argv = [str(caddyfile) if part.endswith("Caddyfile") else part for part in program.argv]
    tls_port = free_port()
    env = {**program.env, "DOORSTEP_EDGE_SITE": f"https://localhost:{tls_port}", "DOORSTEP_EDGE_TLS": "files"}
    address = f"https://localhost:{tls_port}"
    # Whoever signed the certificate and whatever the date is: the headers are looked at.
    unverified = httpx.Client(base_url=address, verify=False, trust_env=False)
    with Children() as children, unverified as http:
        child = children.start(replace(program, argv=tuple(argv), env=env))
        child.wait_until(lambda: _is_alive(http), 20)
        yield http


def _is_alive(http: httpx.Client) -> bool:
    try:
        return http.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/nowhere", 404), ("/api/v1/tickets", 503)])
def test_who_came_by_tls_is_told_never_to_come_without(edge_by_tls: httpx.Client, path: str, status: int) -> None:
    answer = edge_by_tls.get(path)
    assert (answer.status_code, answer.headers.get_list("Strict-Transport-Security")) == (status, ["max-age=31536000"])


def test_without_tls_nobody_is_told_so(edge: httpx.Client) -> None:
    assert "Strict-Transport-Security" not in edge.get("/healthz").headers
