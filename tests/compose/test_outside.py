"""Programs of others: AMQP over TLS from elsewhere, and everything that `doorstep consumer` promises, on RabbitMQ 4."""

import asyncio
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import aio_pika
import httpx
import pytest

from services.cli.demo.edge import Caller
from services.cli.native.ports import free_port
from services.cli.native.rabbit import RabbitNode, RabbitPorts
from tests.compose.installation import Installation, docker
from tests.conftest import LOGIN, OTHER_BROKER
from tests.support.processes import ROOT

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def amqps(installation: Installation) -> Iterator[None]:
    """The profile, for this test; then all is as it was."""
    installation.write_settings(COMPOSE_PROFILES="monitoring,amqps", DOORSTEP_AMQPS_ADDRESS="127.0.0.1")
    installation.sh("up")
    yield
    installation.compose("rm", "--stop", "--force", "amqps")
    installation.write_settings(COMPOSE_PROFILES="monitoring")


@pytest.mark.xdist_group("installation")
def test_a_program_elsewhere_gets_its_events_over_tls_from_what_it_was_told(
    installation: Installation, administrator: Caller, amqps: None, tmp_path: Path
) -> None:
    told = installation.sh("consumer", "add", "elsewhere", "--types", "account.opened", "--area", "/hequ/")
    url, certificate = _url(told), tmp_path / "doorstep-ca.crt"
    certificate.write_text(
        told[told.index("-----BEGIN") : told.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    )
    assert url.startswith("amqps://")

    async def receive() -> bytes:
        trust = ssl.create_default_context(cafile=certificate)
        async with await aio_pika.connect(url, ssl_context=trust, timeout=20) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(
                "outside.elsewhere.inbox", durable=True, arguments={"x-queue-type": "quorum"}
            )
            await queue.bind("outside.elsewhere.events", "account.opened")
            await asyncio.to_thread(_open_account, administrator)
            async with queue.iterator(timeout=30) as messages:
                async for message in messages:
                    await message.ack()
                    return message.body
        raise AssertionError("no event came")

    assert b"/hequ/" in asyncio.run(receive())
    with pytest.raises(ssl.SSLCertVerificationError):
        asyncio.run(_connect(url, ssl.create_default_context()))
    rotated = _url(installation.sh("consumer", "rotate", "elsewhere"))
    with pytest.raises(aio_pika.exceptions.AMQPError):
        asyncio.run(_connect(url, ssl.create_default_context(cafile=certificate)))
    asyncio.run(_connect(rotated, ssl.create_default_context(cafile=certificate)))
    assert "elsewhere is gone" in installation.sh("consumer", "revoke", "elsewhere", "--yes")


async def _connect(url: str, trust: ssl.SSLContext) -> None:
    try:
        async with await aio_pika.connect(url, ssl_context=trust, timeout=20):
            pass
    except aio_pika.exceptions.AMQPConnectionError as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise error.__cause__ from None
        raise


def _open_account(administrator: Caller) -> None:
    administrator.post("/api/v1/accounts", {
        "login": f"worker-{uuid4().hex[:8]}", "password": uuid4().hex, "area_path": "/hequ/east/",
        "grants": [{"role": "street", "area_path": "/hequ/east/"}],
        "contact": {"name": "测试", "telephone": "19000020001", "locale": "zh-CN"},
    })  # fmt: skip


def _url(told: str) -> str:
    found = re.search(r"amqps://\S+", told)
    assert found is not None, told
    return found[0]


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


@pytest.mark.xdist_group("RabbitMQ 4")
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
