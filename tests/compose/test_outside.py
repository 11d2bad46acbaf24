"""Programs of others reach the broker by AMQP over TLS, from elsewhere."""

import asyncio
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest

from services.cli.demo.edge import Caller
from tests.compose.installation import Installation

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def amqps(installation: Installation) -> Iterator[None]:
    """The profile, for this test; then all is as it was."""
    installation.write_settings(COMPOSE_PROFILES="monitoring,amqps", DOORSTEP_AMQPS_ADDRESS="127.0.0.1")
    installation.sh("up")
    yield
    installation.compose("rm", "--stop", "--force", "amqps")
    installation.write_settings(COMPOSE_PROFILES="monitoring")


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
