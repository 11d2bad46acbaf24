"""Everything that `doorstep consumer` promises to programs of others, on RabbitMQ 4."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from services.cli.native.ports import free_port
from services.cli.native.rabbit import RabbitNode, RabbitPorts
from tests.compose.installation import docker
from tests.conftest import LOGIN, OTHER_BROKER
from tests.support.processes import ROOT

pytestmark = pytest.mark.timeout(900)


@contextmanager
def _broker(image: str, folder: Path) -> Iterator[RabbitNode]:
    """The image's broker alone, its ports on loopback for these tests."""
    ports = RabbitPorts(free_port(), free_port(), free_port(), 0, 0)
    configuration = folder / "rabbitmq.conf"
    settings = {"default_user": LOGIN.user, "default_pass": LOGIN.password, "loopback_users": "none"}
    configuration.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    configuration.chmod(0o644)
    name = f"doorstep-broker-{uuid4().hex[:8]}"
    pairs = ((ports.amqp, 5672), (ports.management, 15672), (ports.prometheus, 15692))
    published = [word for outer, inner in pairs for word in ("--publish", f"127.0.0.1:{outer}:{inner}")]
    docker(
        "run", "--detach", "--rm", "--name", name, "--hostname", "broker", "--env", "RABBITMQ_LOGS=-", *published,
        "--volume", f"{configuration}:/etc/rabbitmq/conf.d/20-test.conf:ro",
        "--volume", f"{ROOT / 'deploy/rabbitmq/enabled_plugins'}:/etc/rabbitmq/enabled_plugins:ro", image,
    )  # fmt: skip
    node = RabbitNode(folder, ports, LOGIN)
    try:
        deadline = time.monotonic() + 90
        while not _ready(node):
            assert time.monotonic() < deadline, docker("logs", name)
            time.sleep(0.5)
        yield node
    finally:
        docker("rm", "--force", name)


def _ready(node: RabbitNode) -> bool:
    """Behind a port that Docker publishes the node listens on another one than outside."""
    try:
        return bool(node.queue_lengths("/") == {})
    except (httpx.HTTPError, ValueError, TypeError):  # nobody listens yet, or what is said is no list of queues
        return False


TESTS_OF_CONSUMERS = (
    "tests/integration/examples", "tests/integration/broker", "tests/integration/chassis/test_relay_and_consumers.py",
    "tests/integration/chassis/test_topology.py",
)  # fmt: skip


def test_the_tests_of_consumers_pass_on_rabbitmq_4(images: dict[str, str], tmp_path: Path) -> None:
    """The same tests that `make test` runs on Debian 12's broker; they mostly wait, so that they run side by side."""
    image = images["DOORSTEP_RABBITMQ_IMAGE"]
    assert ":4." in image
    tmp_path.chmod(0o755)

    def run(tests: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / Path(tests).stem
        folder.mkdir(mode=0o755)
        with _broker(image, folder) as node:
            ports = (node.ports.amqp, node.ports.management, node.ports.prometheus)
            return subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests], cwd=ROOT, text=True,
                timeout=800, env={**os.environ, OTHER_BROKER: ",".join(map(str, ports))}, capture_output=True,
                check=False,
            )  # fmt: skip

    with ThreadPoolExecutor(len(TESTS_OF_CONSUMERS)) as hands:
        for done in hands.map(run, TESTS_OF_CONSUMERS):
            assert done.returncode == 0, done.stdout[-6000:]
            assert " passed" in done.stdout
