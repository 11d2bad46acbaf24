"""The body of a request for an account, the problem of an answer, the claims of a token."""

from typing import Any
from uuid import uuid4

import jwt

from tests.integration.accounts.conftest import PASSWORD, Accounts


def slug(answer: Any) -> str:
    found: str = answer.json()["type"]
    return found.removeprefix("/problems/")


def new_account(area_path: str, role: str = "resident", granted: str | None = None, **more: Any) -> dict[str, Any]:
    grants = [{"role": role, "area_path": granted or area_path}]
    return {"login": uuid4().hex[:12], "password": PASSWORD, "area_path": area_path, "grants": grants, **more}


def claims(accounts: Accounts, token: str) -> dict[str, object]:
    """The claims of a token, verified as any service would: by the published keys."""
    keys = jwt.PyJWKSet.from_dict(accounts.process.http.get("/api/v1/jwks.json").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    found: dict[str, object] = jwt.decode(token, key, algorithms=["EdDSA"], audience="doorstep", issuer="doorstep")
    return found
