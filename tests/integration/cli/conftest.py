"""An installation that can be backed up and put back, with a journal outside of its databases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo import MongoClient

from services.chassis import journal
from services.cli.native.mongo import MongoNode
from services.cli.native.rabbit import RabbitNode
from tests.support.eventually import eventually
from tests.support.namespaces import PREPARED, Namespace, fresh_namespace
from tests.support.places import define_places
from tests.support.processes import ROOT, Processes, ServiceProcess, environment
from tests.support.tokens import Tokens

Document = dict[str, Any]
Backup = Mapping[str, Mapping[str, list[Document]]]
PASSWORD, NEW_PASSWORD = "correct horse battery", "a new word for the stable"
QINGXI = "/hequ/qingxi/"
COMMUNITY = f"{QINGXI}qingyuan/"


@dataclass
class Installation:
    """Accounts and tickets as they run, with a journal outside of the databases."""

    namespace: Namespace
    processes: Processes
    tokens: Tokens
    folder: Path
    accounts: ServiceProcess
    tickets: ServiceProcess

    def restart(self) -> None:
        self.accounts, self.tickets = start(self.processes)

    def call(self, method: str, path: str, body: Document | None = None, token: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": uuid4().hex, **({"Authorization": f"Bearer {token}"} if token else {})}
        return self.accounts.http.request(method, f"/api/v1/{path}", json=body, headers=headers)

    def signs_in(self, login: str, password: str = PASSWORD) -> bool:
        return self.call("POST", "sessions", {"login": login, "password": password}).status_code == 200

    def token(self, login: str = "admin") -> str:
        answer = self.call("POST", "sessions", {"login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def opened(self, login: str, *roles: tuple[str, str], kind: str = "person") -> str:
        grants = [{"role": role, "area_path": area} for role, area in roles]
        secret = {"password": PASSWORD} if kind == "person" else {}
        body = {"kind": kind, "login": login, "area_path": "/hequ/", "grants": grants, **secret}
        answer = self.call("POST", "accounts", body, self.token())
        assert answer.status_code == 201, answer.text
        return str(answer.json()["account_id"])

    def changed(self, account_id: str, **to: Any) -> None:
        found = self.call("GET", f"accounts/{account_id}", token=self.token())
        headers = {"Authorization": f"Bearer {self.token()}", "If-Match": found.headers["ETag"]}
        answer = self.accounts.http.patch(f"/api/v1/accounts/{account_id}", json=to, headers=headers)
        assert answer.status_code == 200, answer.text

    def grants_of(self, account_id: str) -> set[tuple[str, str]]:
        found = self.call("GET", f"accounts/{account_id}", token=self.token()).json()
        return {(grant["role"], grant["area_path"]) for grant in found["grants"]}

    def opens(self, api_key: str) -> bool:
        return self.call("POST", "tokens", {"api_key": api_key}).status_code == 200

    def issued(self, account_id: str) -> Document:
        answer = self.call("POST", f"accounts/{account_id}/keys", {"name": "feed", "days": 30}, self.token())
        assert answer.status_code in (200, 201), answer.text
        key: Document = answer.json()
        return key

    def filed(self, name: str, telephone: str) -> Document:
        """A ticket of somebody who gives name and telephone; as the database has it."""
        said = {"kind": "request", "grid_id": "grid-001", "description": "the lamp is broken",
                "reporter": {"name": name, "telephone": telephone}}  # fmt: skip
        headers = self.tokens.headers(("grid_worker", COMMUNITY))
        answer = self.tickets.http.post(
            "/api/v1/tickets", json=said, headers={**headers, "Idempotency-Key": uuid4().hex}
        )
        assert answer.status_code == 201, answer.text
        row: Document | None = self.db("tickets")["tickets"].find_one({"_id": answer.json()["id"]})
        assert row is not None
        return row

    def is_erased(self, ticket: Document) -> bool:
        row = self.db("tickets")["tickets"].find_one({"_id": ticket["_id"]})
        return row is not None and row["sealed"] is None

    def feed(self, cursor: str | None = None) -> httpx.Response:
        params = {"after": cursor} if cursor else {}
        return self.tickets.http.get(
            "/api/v1/tickets/events", params=params, headers=self.tokens.headers(("admin", "/hequ/"))
        )

    def db(self, service: str) -> Any:
        return self.client[f"{self.namespace.prefix}_{service}"]

    @property
    def client(self) -> MongoClient[Document]:
        return self.namespace.mongo

    def noted(self) -> set[str]:
        """What the journal's files say, as kinds of deeds."""
        return {note.what for service in ("accounts", "tickets")
                for note in journal.read(journal.file_of(self.folder, service))}  # fmt: skip

    def all_noted(self) -> bool:
        return all(
            self.db(name)["journal"].count_documents({"unwritten": True}) == 0 for name in ("accounts", "tickets")
        )

    def backup(self) -> Backup:
        """Cold: everything is stopped, and every document of every database is copied."""
        self.processes.stop_all()
        names = [name for name in self.client.list_database_names() if name.startswith(f"{self.namespace.prefix}_")]
        kept = {name: {each: list(self.client[name][each].find()) for each in self.client[name].list_collection_names()}
                for name in names}  # fmt: skip
        self.restart()
        return kept

    def restore(self, backup: Backup) -> str:
        """Put it back; what `doorstep restored begin` says."""
        eventually(self.all_noted)
        self.processes.stop_all()
        for name, collections in backup.items():
            for each in self.client[name].list_collection_names():
                self.client[name][each].delete_many({})
                if collections.get(each):
                    self.client[name][each].insert_many(collections[each])
        said = self.processes.cli("restored", "begin").stdout
        self.restart()
        return said


def start(processes: Processes) -> tuple[ServiceProcess, ServiceProcess]:
    for service in ("accounts", "tickets"):
        processes.start(service, "worker", wait=False)
    return processes.start("accounts", "http"), processes.start("tickets", "http")


@pytest.fixture
def installation(rabbit: RabbitNode, mongo: MongoNode, tokens: Tokens, tmp_path: Path) -> Iterator[Installation]:
    folder = tmp_path / "journal"
    folder.mkdir()
    with fresh_namespace(rabbit, mongo, PREPARED) as namespace:
        processes = Processes(namespace, environment(namespace, tokens.jwks_url, JOURNAL=str(folder)), tmp_path)
        processes.prepare()
        processes.cli("places", "load", str(ROOT / "deploy" / "demo" / "hequ.yml"))
        define_places(namespace.mongo[f"{namespace.prefix}_accounts"], COMMUNITY)
        word = tmp_path / "password"
        word.write_text(PASSWORD)
        processes.cli("admin", "create", "--login", "admin", "--area", "/hequ/", "--password-file", str(word))
        yield Installation(namespace, processes, tokens, folder, *start(processes))
        processes.stop_all()
