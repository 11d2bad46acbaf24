"""Volunteers as it runs, with the events of tickets sent as tickets would send them."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.ids import new_id
from services.chassis.migrations import migrate
from services.chassis.prepare import create_chassis_indexes, prepare_broker
from services.contracts.tickets import example_ticket
from services.volunteers.storage import MIGRATIONS
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.places import define_places
from tests.support.processes import Processes, ServiceProcess
from tests.support.publishing import Publishing
from tests.support.tokens import Tokens

Document = dict[str, Any]
COMMUNITY = "/hequ/xikou/binhe/"
GRID = "/hequ/xikou/binhe/grid-012/"


@dataclass
class Desk:
    """The volunteers' database, tickets' voice and, if started, the processes of one test."""

    namespace: Namespace
    processes: Processes
    publishing: Publishing
    db: Database[Document]
    tokens: Tokens

    def worker(self) -> ServiceProcess:
        return self.processes.start("volunteers", "worker")

    def http(self) -> httpx.Client:
        return self.processes.start("volunteers", "http").http

    def ticket_event(self, event_type: str, ticket_id: str, sequence: int, **detail: Any) -> Document:
        """A row of tickets' event log about one ticket; `state` and `round` go into the ticket. Not sent yet."""
        round_ = detail.get("round", 1)
        state = detail.pop("state", event_type.removeprefix("ticket."))
        ticket = {**example_ticket(), "ticket_id": ticket_id, "state": state, "round": round_, "area_path": GRID}
        return self.publishing.write(event_type, ticket_id, sequence, area_path=GRID, ticket=ticket, **detail)

    def offered(self, ticket_id: str, sequence: int = 3, skills: tuple[str, ...] = (), **detail: Any) -> Document:
        return self.ticket_event(
            "ticket.offered", ticket_id, sequence, offer_id=f"offer-of-{ticket_id}-{sequence}", skills=list(skills),
            **detail,
        )  # fmt: skip

    def open_offer(self, skills: tuple[str, ...] = ()) -> str:
        """Offer a fresh ticket and wait until it stands open; the offer's id."""
        row = self.offered(new_id(), skills=skills)
        self.publishing.send([row])
        offer_id: str = row["data"]["offer_id"]
        eventually(lambda: self.db["offers"].find_one({"_id": offer_id, "state": "open"}))
        return offer_id

    def headers(self, person_id: str, *grants: tuple[str, str], key: str | None = None) -> dict[str, str]:
        return {**self.tokens.headers(*grants, person_id=person_id), "Idempotency-Key": key or uuid4().hex}

    def register(self, http: httpx.Client, person_id: str, **asked: Any) -> httpx.Response:
        """At a place that volunteers knows, wherever it is."""
        body = {"area_path": COMMUNITY, "skills": ["electric"], "consent": True, **asked}
        define_places(self.db, body["area_path"])
        return http.post("/api/v1/members", json=body, headers=self.headers(person_id))

    def member(self, http: httpx.Client, **asked: Any) -> str:
        """Somebody who registered and was approved; his person_id."""
        person_id = new_id()
        member_id = self.register(http, person_id, **asked).json()["member_id"]
        by_community = self.headers(new_id(), ("community", asked.get("area_path", COMMUNITY)))
        assert http.post(f"/api/v1/members/{member_id}/approve", headers=by_community).status_code == 200
        return person_id

    def claim(self, http: httpx.Client, offer_id: str, person_id: str) -> httpx.Response:
        return http.post(f"/api/v1/offers/{offer_id}/claims", headers=self.headers(person_id))

    def give_back(self, http: httpx.Client, claim_id: str, person_id: str) -> None:
        """He gives it back before tickets heard of his claim, which declines it then; wait until that is heard."""
        answer = http.post(f"/api/v1/claims/{claim_id}/withdraw", headers=self.headers(person_id))
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawing")
        claim = answer.json()
        declined = self.ticket_event(
            "ticket.claim_declined", claim["ticket_id"], 4, state="offered", claim_id=claim_id,
            offer_id=claim["offer_id"], reason="released",
        )  # fmt: skip
        self.publishing.send([declined, declined])
        eventually(lambda: self.db["claims"].find_one({"_id": claim_id, "state": "released"}))

    def published(self, aggregate_id: str) -> list[str]:
        """What this service said of an aggregate, in order."""
        rows = self.db["outbox"].find({"aggregate_id": aggregate_id}).sort("sequence", 1)
        return [row["type"] for row in rows]


def _desk(namespace: Namespace, processes: Processes, tokens: Tokens) -> Desk:
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_volunteers")
    create_chassis_indexes(db)
    migrate(db, MIGRATIONS)
    prepare_broker(namespace.amqp_url, 0)
    processes.mark_prepared()
    return Desk(namespace, processes, Publishing(namespace), db, tokens)


@pytest.fixture(scope="session")
def prepared_as() -> str:
    """Only a part of the schema is made here, and parts of documents are written."""
    return "volunteers"


@pytest.fixture
def desk(namespace: Namespace, processes: Processes, tokens: Tokens) -> Desk:
    return _desk(namespace, processes, tokens)


@pytest.fixture(scope="module")
def open_desk(module_namespace: Namespace, module_processes: Processes, tokens: Tokens) -> Desk:
    """A desk with a worker that runs for the whole file."""
    desk = _desk(module_namespace, module_processes, tokens)
    desk.worker()
    return desk


@pytest.fixture(scope="module")
def http(open_desk: Desk) -> httpx.Client:
    return open_desk.http()
