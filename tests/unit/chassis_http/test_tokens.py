"""Tokens: only the issuer's own, unexpired, for us, signed with Ed25519."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import OKPAlgorithm

from services.chassis.auth import Grant, KeySet, KeysUnavailable, Principal, TokenRefused, TokenVerifier

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
GRANTS = [{"role": "grid_worker", "area_path": "/hequ/xikou/"}]


def public(key: Ed25519PrivateKey, kid: str) -> dict[str, str]:
    return {**json.loads(OKPAlgorithm.to_jwk(key.public_key())), "kid": kid, "alg": "EdDSA", "use": "sig"}


def verifier(now: Callable[[], float] | None = None) -> TokenVerifier:
    keys = KeySet(lambda: {"keys": [public(KEY, "k1")]})
    return TokenVerifier(keys, "doorstep", "doorstep", *([now] if now else []))


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    body = {"iss": "doorstep", "aud": "doorstep", "sub": "p1", "iat": now, "exp": now + timedelta(minutes=15),
            "grants": GRANTS, **changes}  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def signed(key: Any = KEY, algorithm: str = "EdDSA", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": "k1", **(headers or {})})


def refused(token: str) -> TokenRefused:
    with pytest.raises(TokenRefused) as error:
        verifier().verify(token)
    return error.value


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_good_token_says_who_and_what() -> None:
    assert verifier().verify(signed()) == Principal("p1", (Grant("grid_worker", "/hequ/xikou/"),))


def test_a_token_says_whether_it_is_a_programs() -> None:
    found = verifier().verify(signed(kind="service", api_key="k1", revision=3))
    assert (found.kind, found.api_key, found.revision) == ("service", "k1", 3)
    refused(signed(kind=1))


def test_clocks_may_differ_by_half_a_minute() -> None:
    now = datetime.now(UTC)
    assert verifier().verify(signed(exp=now - timedelta(seconds=20))).person_id == "p1"
    assert verifier().verify(signed(iat=now + timedelta(seconds=20))).person_id == "p1"


def test_an_expired_token_is_told_apart_from_a_bad_one() -> None:
    now = datetime.now(UTC)
    assert refused(signed(exp=now - timedelta(seconds=40))).expired
    assert not refused(signed(key=OTHER, exp=now - timedelta(seconds=40))).expired


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"iss": None}, {"aud": None}, {"sub": None}, {"iat": None}, {"exp": None}, {"grants": None},
        {"sub": ""},
        {"grants": "admin"},
        {"grants": [{"role": "admin"}]},
        {"grants": [{"role": "admin", "area_path": "/"}]},
        {"grants": [{"role": "admin", "area_path": ""}]},
        {"grants": [{"role": "admin", "area_path": "/hequ"}]},
        {"grants": [{"role": ["admin"], "area_path": "/hequ/"}]},
        {"grants": ["admin"]},
        {"iat": 4102444800},
        {"exp": "soon"},
    ],
    ids=str,
)  # fmt: skip
def test_claims_that_are_foreign_missing_or_malformed(changes: dict[str, Any]) -> None:
    refused(signed(**changes))


def test_a_key_of_somebody_else_under_our_key_s_name() -> None:
    refused(signed(key=OTHER))


def test_the_public_key_as_a_shared_secret() -> None:
    """The confusion of algorithms: HS256 with the public key, which everybody has, as the secret."""
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for secret in (KEY.public_key().public_bytes_raw(), base64.b64encode(pem)):
        refused(signed(key=secret + b"\0" * 32, algorithm="HS256"))


def test_another_algorithm_with_a_key_of_its_own() -> None:
    refused(signed(key=generate_private_key(65537, 2048), algorithm="RS256"))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, ["EdDSA"], "HS256"])
def test_an_unsigned_token(algorithm: Any) -> None:
    payload = signed().split(".")[1]
    refused(f"{part({'alg': algorithm, 'kid': 'k1', 'typ': 'JWT'})}.{payload}.")


def test_a_signature_that_belongs_to_other_claims() -> None:
    head, _, signature = signed().split(".")
    _, payload, _ = signed(sub="somebody-else").split(".")
    refused(f"{head}.{payload}.{signature}")


@pytest.mark.parametrize("kid", ["unknown", "", "../k1"])
def test_a_key_that_is_not_the_issuer_s(kid: str) -> None:
    refused(signed(headers={"kid": kid}))


def test_a_key_that_the_token_brings_along_counts_for_nothing() -> None:
    refused(signed(key=OTHER, headers={"jwk": public(OTHER, "k1"), "jku": "https://evil.example/jwks.json"}))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 10_000, "é.é.é", "a.b.c.d", "bnVsbA.bnVsbA.AA"])
def test_what_is_no_token_at_all(token: str) -> None:
    refused(token)


def test_deep_or_huge_headers_break_nothing() -> None:
    deep = base64.urlsafe_b64encode(b'{"kid":' + b"[" * 3000 + b"]" * 3000 + b"}").decode().rstrip("=")
    refused(f"{deep}.e30.AA")


def test_a_verified_token_is_remembered_but_never_beyond_its_end() -> None:
    asked: list[str] = []

    class Counting(KeySet):
        def find(self, kid: str) -> Any:
            asked.append(kid)
            return super().find(kid)

    now = [datetime.now(UTC).timestamp()]
    keys = Counting(lambda: {"keys": [public(KEY, "k1")]})
    judge = TokenVerifier(keys, "doorstep", "doorstep", lambda: now[0])
    token = signed(exp=datetime.now(UTC) + timedelta(seconds=10))
    judge.verify(token)
    judge.verify(token)
    assert len(asked) == 1
    now[0] += 11
    judge.verify(token)
    assert len(asked) == 2


class Issuer:
    """A JWKS source that can fail and change, and a clock."""

    def __init__(self) -> None:
        self.keys = [public(KEY, "k1")]
        self.asked = 0
        self.is_away = False
        self.now = 0.0
        self.known = KeySet(self.answer, lambda: self.now)

    def answer(self) -> dict[str, Any]:
        self.asked += 1
        if self.is_away:
            raise OSError
        return {"keys": self.keys}


def test_an_unknown_key_makes_us_ask_again_at_most_once_a_minute() -> None:
    issuer = Issuer()
    assert issuer.known.find("k1")
    issuer.now = 59.0
    for number in range(100):
        assert issuer.known.find(f"unknown-{number}") is None
    assert issuer.asked == 1
    issuer.keys.append(public(OTHER, "k2"))
    issuer.now = 61.0
    assert issuer.known.find("k2")
    assert issuer.asked == 2


def test_the_last_good_keys_are_kept_while_the_issuer_is_away() -> None:
    issuer = Issuer()
    assert issuer.known.find("k1")
    issuer.is_away = True
    for hour in range(1, 5):
        issuer.now = hour * 3600.0
        assert issuer.known.find("k1")


def test_a_key_that_was_withdrawn_is_forgotten() -> None:
    issuer = Issuer()
    assert issuer.known.find("k1")
    issuer.keys = []
    issuer.now = 301.0
    assert issuer.known.find("k1") is None


def test_without_any_answer_no_token_is_judged_and_we_soon_ask_again() -> None:
    issuer = Issuer()
    issuer.is_away = True
    with pytest.raises(KeysUnavailable):
        issuer.known.find("k1")
    issuer.is_away = False
    issuer.now = 2.0
    assert issuer.known.find("k1")


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "k1"},
        {**public(KEY, "k1"), "x": "AAAA"},
        {**public(KEY, "k1"), "crv": "Ed448"},
        {**public(KEY, "k1"), "use": "enc"},
        {**public(KEY, "k1"), "kid": 1},
        "k1",
        None,
    ],
    ids=["symmetric", "too short", "another curve", "for encryption", "kid no text", "text", "nothing"],
)
def test_entries_that_are_no_ed25519_signature_keys_are_ignored(entry: Any) -> None:
    keys = KeySet(lambda: {"keys": [entry, public(OTHER, "k2")]})
    assert keys.find("k1") is None
    assert keys.find("k2")
