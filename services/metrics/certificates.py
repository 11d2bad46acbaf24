"""When the certificates end by which others reach this installation: asked of whoever serves them, as a caller would.

`DOORSTEP_CERTIFICATES` names them: `edge=edge:8443/https://county.example,amqps=amqps:5671`, where what follows the
slash is the site or name that is asked for. A site without TLS, and a host that does not exist in this installation,
have no certificate to watch.
"""

import logging
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography import x509
from environs import EnvValidationError, FileAwareEnv
from marshmallow import ValidationError
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.chassis.config import Settings, SettingsError, faults_of
from services.chassis.observability import log_failure

TIMEOUT_SECONDS = 2.0
KEPT_SECONDS = 600.0
"""So long an answer does for all scrapes; a certificate lasts for hours at least."""
TRIED_AGAIN_SECONDS = 60.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """A certificate: its name in the metrics, where it is served, and which name is asked for there, if any."""

    name: str
    host: str
    port: int
    asked: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """Its end in seconds since 1970, and how long it lasts in all; None: it could not be read."""

    ends: float
    lasts: timedelta


def check_settings(settings: Settings) -> None:
    """Raise SettingsError for certificates that are named wrongly."""
    watched()


def watched() -> list[Served]:
    """What DOORSTEP_CERTIFICATES names. Raises SettingsError."""
    env = FileAwareEnv(eager=False)
    with env.prefixed("DOORSTEP_"):
        texts: list[str] = env.list("CERTIFICATES", [], validate=_read_all)
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError(faults_of(error)) from None
    return _read_all(texts)


class CertificatesCollector(Collector):
    """Exports the end of each certificate."""

    def __init__(self, certificates: Sequence[Served]) -> None:
        self._certificates = certificates
        self._known: dict[str, tuple[float, Found | None]] = {}

    def describe(self) -> list[Metric]:
        """Nothing is asked when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        readable = GaugeMetricFamily("doorstep_certificate_readable", "Whether a certificate that is in use could be "
                                     "read", labels=["certificate"])  # fmt: skip
        ends = GaugeMetricFamily("doorstep_certificate_ends_seconds", "When a certificate ends, since 1970",
                                 labels=["certificate"])  # fmt: skip
        lasts = GaugeMetricFamily("doorstep_certificate_lifetime_seconds", "How long a certificate lasts in all",
                                  labels=["certificate"])  # fmt: skip
        for served in self._certificates:
            if not _is_in_use(served):
                continue
            found = self._found(served)
            readable.add_metric([served.name], int(found is not None))
            if found is not None:
                ends.add_metric([served.name], found.ends)
                lasts.add_metric([served.name], found.lasts.total_seconds())
        yield from (readable, ends, lasts)

    def _found(self, served: Served) -> Found | None:
        until, found = self._known.get(served.name, (0.0, None))
        if time.monotonic() >= until:
            found = _ask(served)
            until = time.monotonic() + (TRIED_AGAIN_SECONDS if found is None else KEPT_SECONDS)
            self._known[served.name] = (until, found)
        return found


def _is_in_use(served: Served) -> bool:
    try:
        socket.getaddrinfo(served.host, served.port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return True


def _ask(served: Served) -> Found | None:
    """Whoever signed it: it is looked at, not trusted."""
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname, looking.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((served.host, served.port), TIMEOUT_SECONDS) as line,
            looking.wrap_socket(line, server_hostname=served.asked) as secured,
        ):
            shown = secured.getpeercert(binary_form=True)
        certificate = x509.load_der_x509_certificate(shown or b"")
    except (OSError, ValueError) as error:
        log_failure(log, "a certificate cannot be read", error, certificate=served.name)
        return None
    end = certificate.not_valid_after_utc
    return Found(end.timestamp(), end - certificate.not_valid_before_utc)


def _read_all(texts: Sequence[str]) -> list[Served]:
    """Raises ValidationError."""
    found = [_read(text.strip()) for text in texts if text.strip()]
    return [served for served in found if served is not None]


def _read(text: str) -> Served | None:
    """NAME=HOST:PORT[/SITE]; None for a site without TLS."""
    name, _, rest = text.partition("=")
    address, _, site = rest.partition("/")
    host, _, port = address.rpartition(":")
    if not (name and host and port.isdecimal() and 0 < int(port) < 2**16):
        raise ValidationError(f"{text!r} is not NAME=HOST:PORT or NAME=HOST:PORT/SITE")
    if site.startswith("http://"):
        return None
    return Served(name, host, int(port), (urlsplit(site).hostname if "://" in site else site) or None)
