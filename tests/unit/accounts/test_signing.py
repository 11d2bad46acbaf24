"""Signing keys, API keys and password hashes."""

from datetime import UTC, datetime, timedelta

import pytest

from services.accounts import api_keys, passwords, signing
from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import Account, Grant, Refused, checked_grants
from services.chassis.auth import KeySet, TokenVerifier
from services.chassis.auth.keys import UNKNOWN_KEY_SECONDS
from services.chassis.auth.tokens import LEEWAY_SECONDS

NOW = datetime.now(UTC)
OLD, NEW = signing.new_key(NOW - timedelta(days=30)), signing.new_key(NOW)
GRANTS = tuple(Grant("grid_worker", f"/hequ/{'y' * 24}/{'z' * 25}/grid-{number:03d}/") for number in range(40))
ACCOUNT = Account("a1", "p1", "person", "active", "/hequ/", checked_grants(GRANTS), 1, NOW)


def test_what_accounts_mints_every_service_accepts_even_with_all_grants_that_fit() -> None:
    now = datetime.now(UTC)  # not NOW: this file may have been read long before its tests run
    minted = signing.mint(NEW, ACCOUNT, "doorstep", "doorstep", now)
    verifier = TokenVerifier(KeySet(lambda: signing.jwks([OLD, NEW], now)), "doorstep", "doorstep")
    principal = verifier.verify(minted.token)
    assert principal.person_id == "p1"
    assert len(principal.grants) == 40
    assert minted.expires_at - now == timedelta(minutes=15)


def test_grants_that_would_not_fit_into_a_token_are_refused() -> None:
    with pytest.raises(Refused):
        checked_grants([Grant("grid_worker", f"/{'x' * 64}/{'y' * 64}/grid-{number:03d}/") for number in range(40)])


def test_the_newest_key_whose_time_has_come_signs() -> None:
    coming = signing.new_key(NOW + timedelta(seconds=1))
    assert signing.current([OLD, coming, NEW], NOW) is NEW
    assert signing.current([OLD, coming, NEW], NOW + timedelta(seconds=1)) is coming
    with pytest.raises(LookupError):
        signing.current([], NOW)


def test_a_key_made_while_the_clock_was_an_hour_ahead_signs_at_once() -> None:
    made_ahead = signing.new_key(NOW + timedelta(hours=1))
    assert signing.current([made_ahead], NOW) is made_ahead


def test_a_new_key_can_be_known_everywhere_before_it_signs() -> None:
    assert signing.PUBLISHED_BEFORE_USE.total_seconds() > UNKNOWN_KEY_SECONDS


def test_an_old_key_stays_as_long_as_a_token_of_its_may_live() -> None:
    last_token = NEW.signs_from + signing.TOKEN_LIFETIME + timedelta(seconds=LEEWAY_SECONDS)
    assert [key["kid"] for key in signing.jwks([NEW, OLD], last_token)["keys"]] == [OLD.kid, NEW.kid]
    long_after = NOW + timedelta(hours=1)
    assert [key["kid"] for key in signing.jwks([NEW, OLD], long_after)["keys"]] == [NEW.kid]
    assert signing.outlived([NEW, OLD], long_after) == [OLD]
    assert signing.outlived([NEW], long_after) == []


def test_the_jwks_holds_nothing_private() -> None:
    assert set(signing.jwks([NEW], NOW)["keys"][0]) == {"kty", "crv", "use", "alg", "kid", "x"}


def test_an_api_key_opens_until_it_expires_or_is_revoked() -> None:
    key_id, secret = api_keys.new_secret()
    assert api_keys.read(api_keys.written(key_id, secret)) == (key_id, secret)
    key = ApiKey(key_id, "a1", "x", api_keys.digest(secret), NOW, NOW + timedelta(days=1))
    assert key.opens(secret, NOW)
    assert not key.opens(secret[:-1] + "!", NOW)
    assert not key.opens(secret, NOW + timedelta(days=1))
    revoked = ApiKey(key_id, "a1", "x", key.digest, NOW, key.expires_at, revoked_at=NOW)
    assert not revoked.opens(secret, NOW)


@pytest.mark.parametrize(
    "text", ["", "dk_", "dk_a_b", "DK_" + "0" * 32 + "_" + "a" * 43, "dk_" + "0" * 32 + "_" + "é" * 43]
)
def test_what_is_no_api_key(text: str) -> None:
    assert api_keys.read(text) is None


def test_a_password_is_recognised_by_its_hash_and_nothing_else_is() -> None:
    kept = passwords.hashed("correct horse")
    assert kept.startswith("$argon2id$")
    assert "correct" not in kept
    assert passwords.is_right("correct horse", kept)
    assert not passwords.is_right("Correct horse", kept)
    assert not passwords.is_right("the password of no account", None)
    assert not passwords.is_right("correct horse", "not a hash")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
