"""Tickets as it runs: one http process, a worker, business time that the test steps, and the demonstration county."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo.database import Database

from services.chassis.clock import BusinessClock
from services.chassis.unit import Unit, Units
from services.cli.native.mongo import MongoNode
from services.cli.native.rabbit import RabbitNode
from services.tickets.routings import FOLDER
from services.tickets.storage import Tickets
from tests.support.eventually import eventually
from tests.support.namespaces import PREPARED, Namespace, fresh_namespace
from tests.support.processes import Processes, ServiceProcess, environment
from tests.support.publishing import Publishing
from tests.support.tokens import Tokens

Document = dict[str, Any]
Activate = Callable[[str], None]
ROOT = Path(__file__).parents[3]
COUNTY = ROOT / "deploy" / "demo" / "hequ.yml"
FENGMAN = FOLDER / "examples" / "fengman.yml"
COMMUNITY = "/hequ/qingxi/qingyuan/"
GRID = f"{COMMUNITY}grid-001/"
ELSEWHERE = "/hequ/wangshan/dongling/"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 09:00 in Shanghai; station-001 is open from 08:00 to 20:00."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""When something was due whose timer counts by the machine's clock, whatever date that shows."""
WORKER, HEAD, CADRE, RESIDENT, VOLUNTEER = (f"01920c5e-0000-7000-8000-0000000000b{n}" for n in range(1, 6))
GRANTS: dict[str, tuple[tuple[str, str], ...]] = {
    WORKER: (("grid_worker", GRID),),
    HEAD: (("station_head", COMMUNITY),),
    CADRE: (("community", COMMUNITY),),
    RESIDENT: (("resident", "/hequ/"),),
    VOLUNTEER: (("member", COMMUNITY),),
}


def an_address() -> str:
    """One from which no other test calls."""
    return f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"


@dataclass
class House:
    """The service under test and everything around it."""

    namespace: Namespace
    processes: Processes
    api: ServiceProcess
    tokens: Tokens
    clock: BusinessClock
    publishing: Publishing

    @property
    def db(self) -> Database[Document]:
        return self.namespace.mongo[f"{self.namespace.prefix}_tickets"]

    def step(self, **ahead: int) -> datetime:
        now = self.clock.now() + timedelta(**ahead)
        self.clock.step(now)
        return now

    def headers(self, person: str | None, **more: str) -> dict[str, str]:
        """Of a call with his token; one without a token comes from an address of its own, since this house is asked
        by more tests than a network may send."""
        signed = self.tokens.headers(*GRANTS[person], person_id=person) if person else {"X-Forwarded-For": an_address()}
        return {**signed, "Accept-Language": "en", **more}

    def post(self, path: str, person: str | None, body: Document | None = None, **headers: str) -> httpx.Response:
        return self.api.http.post(path, json=body or {}, headers=self.headers(person, **headers))

    def get(self, path: str, person: str | None, **params: Any) -> httpx.Response:
        return self.api.http.get(path, params=params, headers=self.headers(person))

    def file(self, person: str | None = RESIDENT, key: str | None = None, **said: Any) -> httpx.Response:
        body = {"kind": "request", "grid_id": "grid-001", "description": "the lamp is broken", **said}
        return self.post("/api/v1/tickets", person, body, **{"Idempotency-Key": key or uuid4().hex})

    def filed(self, person: str | None = RESIDENT, **said: Any) -> Document:
        return done(self.file(person, **said), 201)

    def do(self, ticket: Document, deed: str, person: str | None, body: Document | None = None) -> httpx.Response:
        return self.post(f"/api/v1/tickets/{ticket['id']}/{deed}", person, body)

    def assigned(self, **said: Any) -> Document:
        ticket = self.filed(**said)
        done(self.do(ticket, "accept", WORKER))
        return done(self.do(ticket, "assign", WORKER))

    def resolved(self, **said: Any) -> Document:
        ticket = self.assigned(**said)
        done(self.do(ticket, "arrive", WORKER, {"severity": "ordinary"}))
        return done(self.do(ticket, "resolve", WORKER))

    def events(self, ticket: Document) -> list[Document]:
        return list(self.db["outbox"].find({"aggregate_id": ticket["id"]}).sort("sequence"))

    def event_types(self, ticket: Document) -> list[str]:
        return [row["type"] for row in self.events(ticket)]

    def stored(self, ticket: Document) -> Document:
        found = self.db["tickets"].find_one({"_id": ticket["id"]})
        assert found is not None
        return found


def done(answer: httpx.Response, status: int = 200) -> Document:
    assert answer.status_code == status, answer.text
    body: Document = answer.json()
    return body


def refused(answer: httpx.Response, status: int, slug: str) -> Document:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    body: Document = answer.json()
    assert (answer.status_code, body["type"]) == (status, f"/problems/{slug}"), answer.text
    return body


@pytest.fixture(scope="package")
def house(rabbit: RabbitNode, mongo: MongoNode, tokens: Tokens, tmp_path_factory: Any) -> Iterator[House]:
    """One for all files of this folder, since starting it takes as long as all of its tests."""
    with fresh_namespace(rabbit, mongo, PREPARED) as namespace:
        settings = environment(namespace, tokens.jwks_url)
        processes = Processes(namespace, settings, tmp_path_factory.mktemp("processes"))
        try:
            yield _opened(namespace, processes, tokens)
        finally:
            processes.stop_all()


def _opened(namespace: Namespace, processes: Processes, tokens: Tokens) -> House:
    clock = BusinessClock(namespace.mongo[f"{namespace.prefix}_shared"]["clock"])
    clock.step(START)
    processes.prepare()
    processes.cli("places", "load", str(COUNTY))
    publishing = Publishing(namespace)
    api = processes.start("tickets", "http", wait=False)
    processes.start("tickets", "worker")
    api.wait_until_ready()
    house = House(namespace, processes, api, tokens, clock, publishing)
    publishing.send(_accounts(publishing))
    eventually(lambda: house.db["staff"].count_documents({}) == len(GRANTS))
    return house


def _accounts(publishing: Publishing) -> list[Document]:
    return [
        publishing.write("account.opened", person, account={
            "account_id": person, "person_id": person, "kind": "person", "state": "active",
            "grants": [{"role": role, "area_path": path} for role, path in grants],
        })
        for person, grants in GRANTS.items()
    ]  # fmt: skip


@pytest.fixture
def activate(house: House) -> Iterator[Activate]:
    """Activates a pack in the grid, for this test."""

    def activate(pack: str) -> None:
        policy_command(house, "activate", "--pack", pack, "--area", GRID)

    def deactivate(unit: Unit) -> None:
        policies = Tickets(unit).policies
        for one in policies.activations():
            policies.deactivate(one.area_path, one.kind)

    yield activate
    Units(house.namespace.mongo, house.db, "tickets", house.clock).run(deactivate)


def policy_command(house: House, *words: str, check: bool = True) -> str:
    """What `doorstep policy` says."""
    answer = house.processes.cli("policy", *words, check=check)
    return answer.stdout + answer.stderr


@pytest.fixture
def morning(house: House) -> Callable[[], datetime]:
    """Steps to 09:00 of the next local day and tells it: business time never goes back."""

    def step() -> datetime:
        tomorrow = (house.clock.now() + timedelta(hours=8)).date() + timedelta(days=1)
        at = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 1, tzinfo=UTC)
        house.clock.step(at)
        return at

    return step


def routing_command(house: House, *words: str, check: bool = True) -> str:
    """What `doorstep routing` says."""
    answer = house.processes.cli("routing", *words, check=check)
    return answer.stdout + answer.stderr


@pytest.fixture
def fengman(house: House) -> Iterator[None]:
    """Fengman's rules hold in the community, for this test."""
    routing_command(house, "activate", str(FENGMAN), "--area", COMMUNITY)

    def deactivate(unit: Unit) -> None:
        routings = Tickets(unit).routings
        for one in routings.activations():
            routings.deactivate(one.area_path, one.kind)

    yield
    Units(house.namespace.mongo, house.db, "tickets", house.clock).run(deactivate)
