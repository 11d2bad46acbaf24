"""Accounts as a real process, with the administrator of a county."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo.database import Database

from services.accounts.administration import create_first_admin
from services.accounts.service import SERVICE
from services.chassis.config import Settings, load_settings
from services.chassis.context import Context, make_context
from services.cli.native.mongo import MongoNode
from services.cli.native.rabbit import RabbitNode
from tests.support.namespaces import PREPARED, fresh_namespace
from tests.support.places import define_places
from tests.support.processes import Processes, ServiceProcess, environment
from tests.support.tokens import Tokens

COUNTY = "/hequ/"
XIKOU, WENBI = "/hequ/xikou/", "/hequ/wenbi/"
PASSWORD = "correct horse battery"
ADMIN_LOGIN = "county-admin"
_TOKENS = count()


@dataclass(frozen=True)
class Accounts:
    process: ServiceProcess
    context: Context
    db: Database[dict[str, Any]]

    def post(self, path: str, body: Any, token: str | None = None, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key or uuid4().hex, **({"Authorization": f"Bearer {token}"} if token else {})}
        return self.process.http.post(path, json=body, headers=headers)

    def get(self, path: str, token: str, **params: Any) -> httpx.Response:
        return self.process.http.get(path, params=params or None, headers={"Authorization": f"Bearer {token}"})

    def patch(self, path: str, body: Any, token: str, etag: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "If-Match": etag}
        return self.process.http.patch(path, json=body, headers=headers)

    def sign_in(self, login: str, password: str = PASSWORD, address: str | None = None) -> httpx.Response:
        headers = {"X-Forwarded-For": address} if address else {}
        return self.process.http.post("/api/v1/sessions", json={"login": login, "password": password}, headers=headers)

    def token(self, login: str = ADMIN_LOGIN) -> str:
        """From an address of which a hundred tokens come, since one may sign in 300 times in five minutes."""
        answer = self.sign_in(login, address=f"203.0.113.{next(_TOKENS) // 100}")
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        return token

    def open(self, area_path: str, *roles: str, token: str | None = None, **more: Any) -> dict[str, Any]:
        """An account with roles for its own area; its login is in the answer."""
        login = more.pop("login", f"user-{uuid4().hex[:8]}")
        body = {"login": login, "password": PASSWORD, "area_path": area_path,
                "grants": [{"role": role, "area_path": area_path} for role in roles], **more}  # fmt: skip
        answer = self.post("/api/v1/accounts", body, token or self.token())
        assert answer.status_code == 201, answer.text
        return {**answer.json(), "login": login, "etag": answer.headers["ETag"]}

    def events(self, aggregate_id: str) -> list[dict[str, Any]]:
        return list(self.db["outbox"].find({"aggregate_id": aggregate_id}).sort("sequence"))


@pytest.fixture(scope="package")
def package_processes(
    rabbit: RabbitNode, mongo: MongoNode, tokens: Tokens, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    with fresh_namespace(rabbit, mongo, PREPARED) as namespace:
        started = Processes(namespace, environment(namespace, tokens.jwks_url), tmp_path_factory.mktemp("accounts"))
        yield started
        started.stop_all()


@pytest.fixture(scope="package")
def accounts(package_processes: Processes) -> Iterator[Accounts]:
    """One process for all files of this folder; every test opens accounts of its own."""
    process = package_processes.start("accounts", "http")
    context = make_context(settings_of(package_processes), SERVICE)
    create_first_admin(context, ADMIN_LOGIN, PASSWORD, COUNTY)
    define_places(context.db, "/hequ/xikou/binhe/", "/hequ/wenbi/", "/hequ/dongling/")
    yield Accounts(process, context, context.db)
    context.client.close()


def settings_of(processes: Processes) -> Settings:
    """The settings by which the processes of this test run."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**processes.env, "DOORSTEP_HTTP_PORT": "1"}.items():
            patch.setenv(name, value)
        return load_settings("accounts", "http")
