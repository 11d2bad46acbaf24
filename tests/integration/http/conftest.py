"""The specimen service as a real process on a real database."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo.database import Database

from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Child, Program
from tests.support.namespaces import Namespace
from tests.support.processes import EXCHANGE_KEY, environment
from tests.support.tokens import Tokens

XIKOU = "/hequ/xikou/"


@dataclass(frozen=True)
class Specimen:
    http: httpx.Client
    port: int
    db: Database[dict[str, Any]]
    log_file: Path
    child: Child
    tokens: Tokens

    def worker(self, **more: str) -> dict[str, str]:
        """Headers of a grid worker of Xikou."""
        return {**self.tokens.headers(("grid_worker", XIKOU)), **more}


def start_specimen(namespace: Namespace, tokens: Tokens, folder: Path, **settings: str) -> Specimen:
    port = free_port()
    # The specimen is no service of an installation: neither a user of the database nor keys were made for it.
    chosen = {"MONGO_URL": namespace.mongo_url, "SEALING_KEYS": EXCHANGE_KEY, "LOOKUP_KEY": "k" * 32, **settings}
    env = {**environment(namespace, tokens.jwks_url, **chosen), "DOORSTEP_HTTP_PORT": str(port)}
    log_file = folder / f"specimen-{port}.log"
    argv = (sys.executable, "-W", "ignore", "-m", "tests.integration.http.specimen")
    child = Child(Program("specimen", argv, log_file, env))
    client = httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=20, trust_env=False, verify=False)
    child.wait_until(lambda: _is_up(client), 40)
    return Specimen(client, port, namespace.mongo[f"{namespace.prefix}_specimen"], log_file, child, tokens)


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def specimen(
    module_namespace: Namespace, tokens: Tokens, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Specimen]:
    started = start_specimen(module_namespace, tokens, tmp_path_factory.mktemp("specimen"))
    yield started
    started.http.close()
    assert started.child.stop() == 0
