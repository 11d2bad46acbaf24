"""Tokens as accounts would mint them, for tests that start without accounts."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

KEY_ID = "test-key"
PERSON = "01920c5e-0000-7000-8000-0000000000bb"


class Tokens:
    """A key pair whose public half stands in a JWKS file, and JWTs signed with its private half."""

    def __init__(self, folder: Path) -> None:
        self._key = Ed25519PrivateKey.generate()
        public = json.loads(OKPAlgorithm.to_jwk(self._key.public_key()))
        jwks = folder / "jwks.json"
        jwks.write_text(json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "EdDSA"}]}))
        self.jwks_url = jwks.as_uri()

    def mint(
        self,
        *grants: tuple[str, str],
        person_id: str = PERSON,
        lifetime: timedelta = timedelta(minutes=30),
        key_id: str = KEY_ID,
        **claims: Any,
    ) -> str:
        """A token for (role, area path) pairs; `claims` overrides or adds, a value of None leaves a claim out."""
        now = datetime.now(UTC)
        body: dict[str, Any] = {
            "iss": "doorstep",
            "aud": "doorstep",
            "sub": person_id,
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + lifetime,
            "grants": _grants(grants),
            **claims,
        }
        present = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(present, self._key, algorithm="EdDSA", headers={"kid": key_id})

    def headers(self, *grants: tuple[str, str], **options: Any) -> dict[str, str]:
        """The Authorization header of a request by somebody with these grants."""
        return {"Authorization": f"Bearer {self.mint(*grants, **options)}"}


def _grants(grants: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"role": role, "area_path": area_path} for role, area_path in grants]
