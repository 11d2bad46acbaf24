"""Settings of the services that whoever runs `make up` may choose in the environment. Remembered like the ports."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from services.cli.native.secret_files import write_secret

NAMES = (
    "SMTP_URL", "MAIL_FROM", "PUBLIC_URL", "TIMEZONE", "LOG_LEVEL", "RETENTION_DAYS", "CONTACT_REPAIR_DAYS",
    "BROKER_SETTLING_SECONDS",
    "JWT_ISSUER", "JWT_AUDIENCE", "JWKS_URL", "ADDRESS_REQUESTS", "ADDRESS_FAILURES", "OPEN_BOOKINGS",
    "FILINGS_OF_RESIDENT", "BOOKINGS_OF_ADDRESS", "CLAIMS_OF_MEMBER_DAY", "SKILLS",
    "PHOTO_MEGABYTES_PERSON_HOUR", "PHOTO_MEGABYTES_PERSON_DAY", "PHOTO_MEGABYTES_ADDRESS_HOUR",
    "PHOTO_MEGABYTES_ADDRESS_DAY", "PERSONAL_DATA_DAYS", "TRUSTED_PROXIES", "RETRY_DELAYS", "CERTIFICATES",
    "MAIL_GRACE_SECONDS", "MAIL_LEASE_SECONDS", "MAIL_RETRY_SECONDS",
)  # fmt: skip
"""docs/architecture.md says what each means."""


def choose_settings(remembered: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment's choice, else what was chosen before. An empty value takes a choice back."""
    chosen: dict[str, str] = json.loads(remembered.read_text()) if remembered.exists() else {}
    for name in (f"DOORSTEP_{name}" for name in NAMES):
        if name in environment:
            chosen[name] = environment[name]
    return {name: value for name, value in chosen.items() if value}


def remember_settings(remembered: Path, chosen: Mapping[str, str]) -> None:
    """In a file for its owner only: a mail server's URL may hold a password."""
    write_secret(remembered, json.dumps(chosen, indent=1) + "\n")
