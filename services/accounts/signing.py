"""Tokens and the keys that sign them. Private keys are sealed; public ones stay in the JWKS as long as a token of
theirs may live."""

import base64
import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import Account
from services.chassis.ahead import is_over

TOKEN_LIFETIME = timedelta(minutes=15)
PUBLISHED_BEFORE_USE = timedelta(seconds=90)
"""A new key stands in the JWKS before it signs: services ask for an unknown key at most once a minute."""
KEPT_AFTER_USE = TOKEN_LIFETIME + timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair; `private_key` are the raw 32 bytes."""

    kid: str
    private_key: bytes
    signs_from: datetime

    @property
    def public_key(self) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.private_key).public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Token:
    token: str
    expires_at: datetime
    person_id: str


def new_key(signs_from: datetime) -> SigningKey:
    return SigningKey(uuid.uuid4().hex, Ed25519PrivateKey.generate().private_bytes_raw(), signs_from)


def current(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """The newest key whose time has come. Raises LookupError when `doorstep prepare` has not run.

    A key whose time is further ahead than any has to wait was made by a clock that was ahead, and signs now.
    """
    usable = [key for key in keys if is_over(key.signs_from, now, PUBLISHED_BEFORE_USE)]
    if not usable:
        raise LookupError("there is no signing key; run `doorstep prepare`")
    return max(usable, key=lambda key: key.signs_from)


def outlived(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """Keys that were replaced so long ago that none of their tokens can still be good."""
    ordered = sorted(keys, key=lambda key: key.signs_from)
    return [key for key, successor in itertools.pairwise(ordered) if successor.signs_from + KEPT_AFTER_USE < now]


def jwks(keys: Sequence[SigningKey], now: datetime) -> dict[str, Any]:
    """The public keys as RFC 7517 and 8037 write them."""
    gone = {key.kid for key in outlived(keys, now)}
    return {"keys": [_public(key) for key in sorted(keys, key=lambda key: key.signs_from) if key.kid not in gone]}


def _public(key: SigningKey) -> Mapping[str, str]:
    x = base64.urlsafe_b64encode(key.public_key).decode().rstrip("=")
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": x}


def mint(
    key: SigningKey, account: Account, issuer: str, audience: str, now: datetime, api_key: ApiKey | None = None
) -> Token:
    """A token that says who somebody is and which roles he has where, for a quarter of an hour; as the account was at
    its revision. `api_key`: by which key a program got it, which the token does not outlive; it says who answers for
    it, whose steps those of the program are as well."""
    expires_at = now + TOKEN_LIFETIME
    if api_key is not None:
        expires_at = min(expires_at, api_key.expires_at)
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": account.person_id,
        "jti": uuid.uuid4().hex,
        "iat": now,
        "exp": expires_at,
        "account_id": account.account_id,
        "kind": account.kind,
        "revision": account.revision,
        **({"api_key": api_key.key_id, "answerable": api_key.issued_by} if api_key else {}),
        "grants": [{"role": grant.role, "area_path": grant.area_path} for grant in account.grants],
    }
    private = Ed25519PrivateKey.from_private_bytes(key.private_key)
    return Token(jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": key.kid}), expires_at,
                 account.person_id)  # fmt: skip
