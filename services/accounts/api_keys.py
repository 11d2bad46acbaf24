"""API keys of services: `dk_<id>_<secret>`, shown once, kept as a digest, exchanged for tokens."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_LIFE = timedelta(days=730)
_KEY = re.compile(r"dk_([0-9a-f]{32})_([A-Za-z0-9_-]{43})\Z")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key. The secret has 256 random bits, so a plain digest is enough."""

    key_id: str
    account_id: str
    name: str
    digest: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    issued_by: str | None = None
    """The person who answers for it; None for one of which nobody knows."""

    def is_live(self, now: datetime) -> bool:
        """Neither revoked nor over."""
        return self.revoked_at is None and now < self.expires_at

    def opens(self, secret: str, now: datetime) -> bool:
        right = hmac.compare_digest(self.digest, digest(secret))
        return right and self.is_live(now)


def new_secret() -> tuple[str, str]:
    """A key's id and secret."""
    return secrets.token_hex(16), secrets.token_urlsafe(32)


def written(key_id: str, secret: str) -> str:
    return f"dk_{key_id}_{secret}"


def read(text: str) -> tuple[str, str] | None:
    """Id and secret of a written key; None for what is none."""
    match = _KEY.match(text)
    return (match.group(1), match.group(2)) if match else None


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
