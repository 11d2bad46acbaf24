"""When a certificate ends is asked of whoever serves it, and shown to Prometheus."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.chassis.config import SettingsError
from services.cli.native.ports import LOOPBACK, free_port
from services.metrics.certificates import Served, watched
from tests.integration.metrics.conftest import Books
from tests.support.certificates import BEFORE, write_certificate


@contextmanager
def served(certificate: Path, key: Path) -> Iterator[int]:
    """A server that does no more than greet by TLS, one caller after the other; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server((LOOPBACK, 0)) as listening:

        def greet() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line:
                    try:
                        context.wrap_socket(line, server_side=True).close()
                    except OSError:
                        continue

        threading.Thread(target=greet, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def test_the_end_of_each_certificate_is_shown_and_what_cannot_be_read_is_named(books: Books, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    end = write_certificate(certificate, key, timedelta(days=90))
    with served(certificate, key) as port:
        names = (
            f"edge={LOOPBACK}:{port}/https://localhost:{port}", f"web={LOOPBACK}:{free_port()}/county.example",
            "amqps=no-such-host.invalid:5671", f"plain={LOOPBACK}:{port}/http://:8080", "",
        )  # fmt: skip
        metrics = books.processes.start("metrics", "http", CERTIFICATES=",".join(names)).http.get("/metrics").text
    shown = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
             for line in metrics.splitlines() if line.startswith("doorstep_certificate_")}  # fmt: skip
    assert shown == {
        'doorstep_certificate_readable{certificate="edge"}': 1,
        'doorstep_certificate_readable{certificate="web"}': 0,
        'doorstep_certificate_ends_seconds{certificate="edge"}': end.timestamp(),
        'doorstep_certificate_lifetime_seconds{certificate="edge"}': (timedelta(days=90) + BEFORE).total_seconds(),
    }


def test_what_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_CERTIFICATES", "edge=edge:8443/https://county.example,amqps=amqps:5671,web=h:1/name,")
    edge, amqps = Served("edge", "edge", 8443, "county.example"), Served("amqps", "amqps", 5671, None)
    assert watched() == [edge, amqps, Served("web", "h", 1, "name")]


@pytest.mark.parametrize("wrong", ["edge", "edge=edge", "edge=edge:0", "=edge:443", "edge=:443", "edge=edge:70000"])
def test_a_certificate_that_is_named_wrongly_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("DOORSTEP_CERTIFICATES", wrong)
    with pytest.raises(SettingsError, match="DOORSTEP_CERTIFICATES"):
        watched()
