"""Debian 12 has Compose 1.29; Compose 2, from Debian 13 in a container, takes and starts the same file."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.compose.installation import Installation

pytestmark = pytest.mark.timeout(600)
IMAGE = "doorstep/compose:2"
DOCKERFILE = """
FROM doorstep/debian:13
RUN apt-get update && apt-get install -y --no-install-recommends docker-compose && rm -rf /var/lib/apt/lists/*
"""


@pytest.fixture(scope="module")
def compose_2(images: dict[str, str]) -> str:
    build = ["docker", "build", "--tag", IMAGE, "-"]
    subprocess.run(build, input=DOCKERFILE, text=True, check=True, capture_output=True, timeout=300)
    return IMAGE


@pytest.fixture
def own(fresh: Installation) -> Iterator[Installation]:
    fresh.write_settings(COMPOSE_PROFILES="")
    yield fresh
    fresh.destroy()


def test_the_same_file_starts_and_becomes_healthy(compose_2: str, own: Installation) -> None:
    def compose(*words: str) -> str:
        """Where it sees the folder under the same name, and the engine of this machine."""
        return own.run([
            "docker", "run", "--rm", "--volume", f"{own.folder}:{own.folder}", "--workdir", str(own.folder),
            "--volume", "/var/run/docker.sock:/var/run/docker.sock", compose_2, "docker-compose", *words,
        ]).stdout  # fmt: skip

    assert " 2." in compose("version")
    services = compose("--profile", "*", "config", "--services").split()
    assert {"edge", "grafana", "amqps", "demo", "doorstep", "node-exporter"} <= set(services)
    compose("up", "--detach", "--wait", "--wait-timeout", "180")
    assert own.unhealthy() == {}
    assert '"status":"alive"' in own.run(["curl", "--silent", "--noproxy", "*", f"{own.edge}/healthz"]).stdout
    compose("down", "--volumes")
    assert own.containers() == {}
