"""Passwords: checked against a hash, and for an unknown login with the same work, so that time tells nothing."""

import pytest

from services.accounts import passwords
from services.accounts.api.base import HASHING
from services.chassis.directory import find_service
from services.chassis.http.entrypoints import routes_of


def test_only_the_right_password_is_right() -> None:
    kept = passwords.hashed("春江潮水连海平")
    assert passwords.is_right("春江潮水连海平", kept)
    assert not passwords.is_right("春江潮水连海", kept)
    assert not passwords.is_outdated(kept)


def test_an_unknown_login_costs_the_same_work_and_is_never_right(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    verify = passwords._verify

    def counted(password: str, password_hash: str) -> bool:
        verified.append(password_hash.rsplit("$", 2)[0])
        return verify(password, password_hash)

    monkeypatch.setattr(passwords, "_verify", counted)
    assert not passwords.is_right("anything", passwords.hashed("another"))
    assert not passwords.is_right("the password of no account", None)
    assert len(verified) == 2
    assert verified[0] == verified[1]  # algorithm and costs of both hashes


def test_whatever_takes_a_password_passes_the_door_before_it_is_hashed() -> None:
    routes = routes_of(find_service("accounts").api)
    taking = [route for route in routes if route.body and {"password", "current"} & {*route.body().fields}]
    assert [route.name for route in taking if route.at_once is not HASHING] == []
    assert {route.name for route in taking} == {
        "POST /api/v1/accounts", "POST /api/v1/accounts/registrations", "POST /api/v1/accounts/me/password",
        "POST /api/v1/sessions",
    }  # fmt: skip
