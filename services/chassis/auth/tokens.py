"""Bearer tokens: JWTs signed with Ed25519, verified locally, nothing else accepted."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from services.chassis.auth.keys import KeySet
from services.chassis.auth.principal import AREA_PATH, Grant, Principal

LEEWAY_SECONDS = 30
REMEMBERED_SECONDS = 30.0
"""A verified token is not verified again for this long: Ed25519 costs about 0.1 ms."""
_REMEMBERED_TOKENS = 4096
_LONGEST_TOKEN = 7000
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "grants"]


class TokenRefused(Exception):
    """The token is not to be trusted. `expired` is True when that alone is wrong with it."""

    def __init__(self, expired: bool = False) -> None:
        super().__init__("expired" if expired else "invalid")
        self.expired = expired


class TokenVerifier:
    """Says whose token it is. Verified tokens are remembered briefly, never beyond their end."""

    def __init__(self, keys: KeySet, issuer: str, audience: str, now: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._now = now
        self._remembered: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    def verify(self, token: str) -> Principal:
        """The principal of a token. Raises TokenRefused, KeysUnavailable."""
        if len(token) > _LONGEST_TOKEN or not token.isascii():
            raise TokenRefused
        digest = hashlib.sha256(token.encode()).digest()
        known = self._remembered.get(digest)
        if known is not None and self._now() < known[0]:
            return known[1]
        claims = self._claims(token)
        principal = _principal(claims)
        self._remember(digest, claims, principal)
        return principal

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("alg") != "EdDSA" or not isinstance(kid, str):
                raise TokenRefused
            key = self._keys.find(kid)
            if key is None:
                raise TokenRefused
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=["EdDSA"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError:
            raise TokenRefused(expired=True) from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            # PyJWT lets a few faults of a forged header or payload through as plain errors.
            raise TokenRefused from None
        return claims

    def _remember(self, digest: bytes, claims: Mapping[str, Any], principal: Principal) -> None:
        until = min(self._now() + REMEMBERED_SECONDS, float(claims["exp"]))
        self._remembered[digest] = (until, principal)
        while len(self._remembered) > _REMEMBERED_TOKENS:
            self._remembered.popitem(last=False)


def _principal(claims: Mapping[str, Any]) -> Principal:
    subject, grants = claims["sub"], claims["grants"]
    if not isinstance(subject, str) or not subject or not isinstance(grants, list):
        raise TokenRefused
    revision, more = claims.get("revision"), [claims.get(name) for name in ("api_key", "kind", "answerable")]
    if not isinstance(revision, int | None) or not all(isinstance(one, str | None) for one in more):
        raise TokenRefused
    return Principal(subject, tuple(_grant(grant) for grant in grants), revision, *more)


def _grant(claim: Any) -> Grant:
    if not isinstance(claim, dict):
        raise TokenRefused
    role, area_path = claim.get("role"), claim.get("area_path")
    if not isinstance(role, str) or not isinstance(area_path, str) or not AREA_PATH.match(area_path):
        raise TokenRefused
    return Grant(role, area_path)
