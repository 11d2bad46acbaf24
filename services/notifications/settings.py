"""The settings that only notifications has."""

from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

from environs import EnvValidationError, FileAwareEnv
from marshmallow import validate

from services.chassis.config import Settings, SettingsError
from services.notifications.handlers.deliver import Policy
from services.notifications.mail import MailServer

LEASE = timedelta(minutes=3)
"""Longer than all answers of a mail server together may take."""


def check_settings(settings: Settings) -> None:
    """Raise SettingsError, without quoting a password, when mail could not be sent as the settings say."""
    delivery_policy()
    public_url()
    try:
        MailServer.of(settings.smtp_url or "smtp://localhost", settings.mail_from)
    except ValueError:
        raise SettingsError(["DOORSTEP_SMTP_URL: is no smtp:// or smtps:// URL with host, port and starttls"]) from None


@cache
def public_url() -> str | None:
    """Where people reach the edge, without a slash at the end; None: mails tell no links. Raises SettingsError."""
    url = FileAwareEnv().str("DOORSTEP_PUBLIC_URL", "").rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise SettingsError(["DOORSTEP_PUBLIC_URL: is no address such as https://doorstep.county.example"])
    return url or None


@cache
def delivery_policy() -> Policy:
    """How patiently mail is sent. Raises SettingsError."""
    env = FileAwareEnv(eager=False)
    with env.prefixed("DOORSTEP_MAIL_"):
        back_off = env.list("RETRY_SECONDS", [30, 120, 600, 3600], subcast=int, validate=validate.Length(min=1, max=20))
        lease = env.int("LEASE_SECONDS", int(LEASE.total_seconds()), validate=validate.Range(min=1))
        grace = env.int("GRACE_SECONDS", 30, validate=validate.Range(min=0, max=3600))
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError([f"DOORSTEP_MAIL_*: {error.error_messages}"]) from None
    return Policy(
        back_off=tuple(timedelta(seconds=seconds) for seconds in back_off),
        lease=timedelta(seconds=lease),
        grace=timedelta(seconds=grace),
    )
