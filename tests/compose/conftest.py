"""Fixtures: images, once, and an installation in containers, once for each process that runs tests.

Most of the time these tests wait for something to become healthy, so that several processes run them side by side. The
tests of a file stay together, and those of files that share the installation.

| fixture | gives |
|---|---|
| `images` | every image that docker-compose.yml names, built here |
| `installation` | a running installation with monitoring; its administrator is `administrator` |
| `fresh` | another folder with secrets and settings, where nothing is started |
"""

import fcntl
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from xdist.scheduler import LoadScopeScheduling

from services.cli.demo.edge import Caller, Edge, Refused
from tests.compose.installation import Installation, make_installation, wait_for
from tests.support.processes import ROOT

COUNTY = (ROOT / "tests" / "e2e" / "county.yml").read_text("utf-8")


LONGEST_FIRST = (
    "test_passwords.py", "test_running.py", "test_outside.py", "test_rabbitmq_4.py", "test_demonstration.py",
    "test_bundle.py",
)  # fmt: skip
SHARE_AN_INSTALLATION = frozenset({"test_running.py", "test_outside.py"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return LONGEST_FIRST.index(item.path.name) if item.path.name in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


class ByInstallation(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Files are given to one process or the other, those that share an installation to the same."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0].rsplit("/", 1)[-1]
        return "installation" if file in SHARE_AN_INSTALLATION else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByInstallation:
    return ByInstallation(config, log)


@contextmanager
def _one_at_a_time(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Of the processes that run these tests side by side: whoever comes second finds what the first has made."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with (shared / "making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A Docker Engine, started if none runs. Where none can be, everything here is skipped, and says why."""
    with _one_at_a_time(tmp_path_factory):
        done = subprocess.run([ROOT / "deploy" / "engine.sh"], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        pytest.skip(done.stderr.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def images(engine: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Their names, by the variables of docker-compose.yml."""
    with _one_at_a_time(tmp_path_factory):
        begun = time.monotonic()
        done = subprocess.run(
            [ROOT / "deploy" / "images" / "build.sh", "--env", "-"],
            stdout=subprocess.PIPE,
            text=True,
            timeout=1800,
            check=True,
        )
        _note(request.config, "build all images", time.monotonic() - begun)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


FIGURES = pytest.StashKey[dict[str, float]]()
"""Seconds that something took, shown at the end: the longest, where several processes measured it."""


def _note(config: pytest.Config, what: str, seconds: float) -> None:
    measured: MutableMapping[str, object] = getattr(config, "workeroutput", {})  # of one process among several
    measured[what] = seconds
    config.stash.setdefault(FIGURES, {})[what] = seconds


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # of pytest-xdist, when one of the processes has ended
    figures: dict[str, float] = node.config.stash.setdefault(FIGURES, {})
    for what in ("build all images", "up, until all is healthy"):
        figures[what] = max(figures.get(what, 0.0), getattr(node, "workeroutput", {}).get(what, 0.0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for what, seconds in config.stash.get(FIGURES, {}).items():
        terminalreporter.write_line(f"{what}: {seconds:.0f} s")


@pytest.fixture(scope="session")
def installation(
    images: dict[str, str], tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Installation]:
    made = make_installation(tmp_path_factory.mktemp("installation"), images, f"doorstep-{uuid4().hex[:8]}")
    begun = time.monotonic()
    try:
        made.sh("up")
        _note(request.config, "up, until all is healthy", time.monotonic() - begun)
        yield made
    finally:
        if "DOORSTEP_KEEP" not in os.environ:
            made.destroy()


@pytest.fixture
def fresh(images: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    made = make_installation(tmp_path / "fresh", images, f"doorstep-{uuid4().hex[:8]}")
    yield made
    made.destroy()


@pytest.fixture(scope="session")
def administrator(installation: Installation) -> Iterator[Caller]:
    """Of a small county, whose places are loaded and known to accounts."""
    password = secrets.token_urlsafe(15)
    installation.sh("admin", "create", "--login", "admin", "--area", "/hequ/", "--password-file", "-", given=password)
    installation.sh("places", "load", "-", given=COUNTY)
    edge = Edge(installation.edge)
    caller = Caller(edge, "administrator", "admin", password)
    wait_for("accounts knows the places", lambda: _may_open(caller, "/hequ/east/spring/grid-1/"))
    yield caller
    edge.close()


def _may_open(administrator: Caller, area_path: str) -> bool:
    """Whether accounts has heard of a place: the account that it opens there is of no further use."""
    try:
        administrator.post("/api/v1/accounts", {"login": "known", "area_path": area_path, "grants": []})
    except Refused as refused:
        if refused.slug != "unknown-place":
            raise
        return False
    return True
