"""The feed reader of docs/examples, with an API key of accounts, through the real edge."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.chassis.directory import SERVICES
from services.cli.native.configuration import edge_environment
from services.cli.native.parts import answers
from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Children, Program
from tests.integration.examples.conftest import Examples, TicketLog
from tests.support.places import define_places
from tests.support.processes import ROOT, Processes

READER = "feed_reader.py"
_PASSWORD = "for-tests-only-7"


@pytest.fixture
def edge(processes: Processes, tmp_path: Path) -> Iterator[httpx.Client]:
    """The door to accounts and metrics, which answers for the feed; the other services are away."""
    accounts = processes.start("accounts", "http")
    metrics = processes.start("metrics", "http", JWKS_URL=f"{accounts.url}/api/v1/jwks.json")
    ports = {f"{name}_http": free_port() for name in SERVICES}
    ports |= {"edge": free_port(), "accounts_http": accounts.port, "metrics_http": metrics.port}
    env = {**edge_environment(ports, ROOT / "docs"), "XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    config = str(ROOT / "deploy" / "caddy" / "Caddyfile")
    argv = (str(Path(sys.executable).parent / "caddy"), "run", "--adapter", "caddyfile", "--config", config)
    url = f"http://{LOOPBACK}:{ports['edge']}"
    with Children() as children, httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        children.start(Program("edge", argv, tmp_path / "edge.log", env)).wait_until(answers(f"{url}/healthz"), 20)
        yield client


@pytest.fixture
def api_key(processes: Processes, edge: httpx.Client, tmp_path: Path) -> str:
    """As docs/consumers.md says: an account of kind service with the role partner, and a key for it."""
    password = tmp_path / "password"
    password.write_text(_PASSWORD)
    processes.cli("admin", "create", "--login", "admin", "--area", "/hequ/", "--password-file", str(password))
    define_places(processes.namespace.mongo[f"{processes.namespace.prefix}_accounts"], "/hequ/")
    signed_in = edge.post("/api/v1/sessions", json={"login": "admin", "password": _PASSWORD}).json()

    def post(path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {signed_in['token']}", "Idempotency-Key": str(uuid4())}
        return edge.post(path, json=body, headers=headers).raise_for_status().json()

    grants = [{"role": "partner", "area_path": "/hequ/"}]
    body = {"kind": "service", "login": "hotline-12345", "area_path": "/hequ/", "grants": grants}
    account = post("/api/v1/accounts", body)
    return str(post(f"/api/v1/accounts/{account['account_id']}/keys", {"name": "event feed"})["api_key"])


def test_a_reader_of_the_feed_counts_each_ticket_once_and_goes_on_where_it_stopped(
    log: TicketLog, examples: Examples, edge: httpx.Client, api_key: str
) -> None:
    def read() -> str:
        return examples.run(READER, DOORSTEP_URL=str(edge.base_url), API_KEY=api_key)

    assert read() == ""
    for number in range(3):
        log.tell("ticket.filed", f"ticket-{number}", 1, state="filed")
    assert read() == "filed: 3\n"

    log.tell("ticket.resolved", "ticket-0", 2, state="resolved")
    assert read() == "filed: 2\nresolved: 1\n"
    assert read() == "filed: 2\nresolved: 1\n"

    examples.rows("DELETE FROM feed")
    assert read() == "filed: 2\nresolved: 1\n", "the whole log once more changes nothing"


def test_who_begins_without_the_past_gets_all_that_follows_beneath_his_area(
    log: TicketLog, edge: httpx.Client, api_key: str
) -> None:
    token = edge.post("/api/v1/tokens", json={"api_key": api_key}).raise_for_status().json()["token"]

    def ask(path: str, **params: str) -> Any:
        return edge.get(path, params=params, headers={"Authorization": f"Bearer {token}"})

    log.tell("ticket.filed", "ticket-1", 1)
    cursor = ask("/api/v1/events/cursor").raise_for_status().json()["cursor"]
    here = log.tell("ticket.filed", "ticket-2", 1)
    there = log.tell("ticket.filed", "ticket-3", 1, area_path="/hequ/qingxi/")

    def ids(**params: str) -> set[str]:
        page = ask("/api/v1/events", after=cursor, types="ticket.filed,account.opened", **params)
        return {event["id"] for event in page.raise_for_status().json()["events"]}

    assert ids() == {here["_id"], there["_id"]}
    assert ids(area="/hequ/qingxi/") == {there["_id"]}
    for wrong in ({"types": "ticket.unheard"}, {"area": "hequ"}, {"after": "x"}, {"limit": "0"}):
        assert ask("/api/v1/events", **wrong).status_code in (400, 422), wrong
    assert ask("/api/v1/events", area="/elsewhere/").status_code == 404
