"""Settings from the environment or from files (`X_FILE`), read once, every fault named at once."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from environs import EnvValidationError, FileAwareEnv
from marshmallow import ValidationError, validate

from services.chassis.addresses import sender
from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES

ROLES = ("http", "consumers", "timers", "relay")
CLI = "cli"
"""The role of the operators' command: it serves nothing, so that it needs no port and no JWKS."""
KEEPER = "keeper"
"""The user as whom `doorstep broker keep` reaches the database. It seals nothing, so that it is given no keys."""


Network = IPv4Network | IPv6Network
LOOPBACK = ("127.0.0.0/8", "::1/128")


class SettingsError(Exception):
    """The settings are missing or wrong; `faults` has one line for each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = list(faults)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one process was told. Times in seconds; see docs/architecture.md for the meaning of each."""

    service: str
    roles: tuple[str, ...]
    mongo_url: str
    amqp_url: str
    """Empty in http processes, which neither publish nor consume."""
    database_prefix: str
    http_host: str
    http_port: int
    sealing_keys: tuple[str, ...]
    lookup_key: str
    jwks_url: str | None
    jwt_issuer: str
    jwt_audience: str
    smtp_url: str | None
    mail_from: str
    timezone: ZoneInfo
    log_level: str
    retry_delays: tuple[int, ...]
    retention_days: int
    trusted_proxies: tuple[Network, ...] = tuple(map(ip_network, LOOPBACK))
    """From whom X-Forwarded-For is believed; rate limits count by the address that it names."""
    contact_repair_days: int = 7
    """How long after publishing the event log keeps sealed contact data, for a repair by replay."""
    exchange_keys: tuple[str, ...] = ()
    """Keys of contact data on the private exchange; nothing where none are published or consumed."""
    signing_keys: tuple[str, ...] = ()
    """Keys of the private keys that sign tokens; nothing but in the processes of accounts that use them."""
    journal: Path | None = None
    """The folder outside of every back-up where it is noted what a restore must not undo; None: nowhere."""
    address_requests: int = 6000
    """How many requests an address may send one process in a minute; 0: any number."""
    broker_settling_seconds: float = 2.0
    """How long a queue that was just declared waits for its first binding; see chassis/topology.py."""

    @property
    def database(self) -> str:
        """Name of the database that this service owns."""
        return f"{self.database_prefix}_{self.service}"


def parse_roles(text: str) -> tuple[str, ...]:
    """`worker` or a comma-separated list of roles, in the order of ROLES. Raises SettingsError."""
    if text == CLI:
        return (CLI,)
    wanted = {"consumers", "timers", "relay"} if text == "worker" else set(text.split(","))
    unknown = wanted - set(ROLES)
    if unknown:
        raise SettingsError([f"role {role!r} is unknown; choose http, worker or {', '.join(ROLES[1:])}"
                             for role in sorted(unknown)])  # fmt: skip
    if "http" in wanted and len(wanted) > 1:
        raise SettingsError(["http never shares a process with another role"])
    return tuple(role for role in ROLES if role in wanted)


def _fernet_keys(keys: list[str]) -> None:
    for number, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            raise ValidationError(f"key {number} is not a Fernet key (32 bytes, base64url)") from error


def _keys(env: FileAwareEnv, name: str) -> tuple[str, ...]:
    found: list[str] = env.list(name, validate=[validate.Length(min=1), _fernet_keys])
    return tuple(found or ())


def _lookup_key(env: FileAwareEnv, service: str) -> str:
    found: str = env.str(own_name("LOOKUP_KEY", service), validate=validate.Length(min=32))
    return found


def _amqp_url(env: FileAwareEnv, user: str) -> str:
    found: str = env.str(own_name("AMQP_URL", user), validate=validate.Regexp(r"amqps?://.+"))
    return found


def exchanging() -> set[str]:
    """The services that publish or consume what goes over the private exchange."""
    private = {t.name: t for t in EVENT_TYPES.values() if t.private}
    consuming = {queue.consumer for queue in QUEUES.values() if private.keys() & queue.modes.keys()}
    return consuming.union(*(t.publishers for t in private.values()))


def _networks(texts: list[str]) -> None:
    for text in texts:
        try:
            ip_network(text)
        except ValueError as error:
            raise ValidationError(f"{text} is not a network such as 10.0.0.0/8") from error


def _a_sender(text: str) -> None:
    try:
        sender(text)
    except ValueError as error:
        raise ValidationError(f"is no sender such as Name <station@example.org>: {error}") from error


def _known_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError("is not a known time zone") from error


def own_name(name: str, owner: str) -> str:
    """`NAME_OWNER` where the environment says it, by itself or as a file, else `NAME`: what is meant for all."""
    own = f"{name}_{owner.upper()}"
    return own if {f"DOORSTEP_{own}", f"DOORSTEP_{own}_FILE"} & os.environ.keys() else name


def load_settings(service: str, role: str, user: str | None = None) -> Settings:
    """Read the settings of one process from the environment. Raises SettingsError naming every fault.

    `user`: as whom it reaches database and broker; the service itself, or for the operators' command nobody in
    particular.
    """
    roles = parse_roles(role)
    user = user or ("" if role == CLI else service)
    env = FileAwareEnv(eager=False, strip_whitespace=True)
    try:
        with env.prefixed("DOORSTEP_"):
            mongo_url = env.str(own_name("MONGO_URL", user), validate=validate.Regexp(r"mongodb(\+srv)?://.+"))
            amqp_url = _amqp_url(env, user) if role != "http" else ""
            prefix = env.str("DATABASE_PREFIX", "doorstep", validate=validate.Regexp(r"[a-z][a-z0-9_]{0,30}\Z"))
            http_host = env.str("HTTP_HOST", "127.0.0.1")
            http_port = env.int("HTTP_PORT", validate=validate.Range(1, 65535)) if role != CLI else 0
            sealing_keys = _keys(env, own_name("SEALING_KEYS", service)) if user != KEEPER else ()
            lookup_key = _lookup_key(env, service) if user != KEEPER else ""
            jwks_default = {"default": None} if service == "accounts" or role == CLI else {}
            jwks_url = env.str("JWKS_URL", validate=validate.Regexp(r"(https?|file)://.+"), **jwks_default)
            jwt_issuer = env.str("JWT_ISSUER", "doorstep")
            jwt_audience = env.str("JWT_AUDIENCE", "doorstep")
            # An empty file is how a container without a mail server is told so.
            smtp_url = env.str("SMTP_URL", None, validate=validate.Regexp(r"smtps?://.+|\Z")) or None
            mail_from = env.str("MAIL_FROM", "doorstep@localhost", validate=_a_sender)
            timezone = env.str("TIMEZONE", "Asia/Shanghai", validate=_known_zone)
            log_level = env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(("DEBUG", "INFO", "WARNING", "ERROR")))
            retry_delays = env.list("RETRY_DELAYS", [5, 30, 300, 1800], subcast=int)
            retention_days = env.int("RETENTION_DAYS", 400, validate=validate.Range(min=1))
            repair_days = env.int("CONTACT_REPAIR_DAYS", 7, validate=validate.Range(0, 90))
            exchange_keys = _keys(env, "EXCHANGE_KEYS") if service in exchanging() else ()
            signing_keys = _keys(env, "SIGNING_KEYS") if service == "accounts" and role in ("http", CLI) else ()
            address_requests = env.int("ADDRESS_REQUESTS", 6000, validate=validate.Range(min=0))
            proxies = env.list("TRUSTED_PROXIES", list(LOOPBACK), validate=_networks)
            journal = env.str("JOURNAL", None)
            settling = env.float("BROKER_SETTLING_SECONDS", 2.0, validate=validate.Range(0, 60))
    except ValueError as error:  # a secret file that cannot be read
        raise SettingsError([str(error)]) from None
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError(faults_of(error)) from None
    return Settings(
        service, roles, mongo_url, amqp_url, prefix, http_host, http_port, sealing_keys, lookup_key, jwks_url,
        jwt_issuer, jwt_audience, smtp_url, mail_from, ZoneInfo(timezone), log_level, tuple(retry_delays),
        retention_days, tuple(map(ip_network, proxies)), repair_days, exchange_keys, signing_keys,
        Path(journal) if journal else None, address_requests, settling,
    )  # fmt: skip


def faults_of(error: EnvValidationError) -> list[str]:
    """One line for each setting that is missing or wrong."""
    messages = error.error_messages
    if not isinstance(messages, Mapping):
        return list(messages)
    return [f"{name}: {' '.join(map(str, texts))}" for name, texts in sorted(messages.items())]
