"""Signing in: tokens that others can verify, and nothing that helps who guesses."""

from datetime import timedelta
from uuid import uuid4

import jwt
import pytest

from services.accounts import signing
from services.accounts.administration import AdministratorExists, create_first_admin, rotate_signing_key
from services.accounts.domain.patience import STRANGE
from services.accounts.storage import Store
from services.chassis.auth import KeySet, TokenVerifier
from services.chassis.auth.keys import fetched_from
from services.cli.native.ports import LOOPBACK
from tests.integration.accounts.conftest import ADMIN_LOGIN, COUNTY, PASSWORD, Accounts
from tests.integration.accounts.payloads import claims
from tests.support.patience import make_wait, whose


def test_a_token_says_who_and_which_roles_where_for_a_quarter_of_an_hour(accounts: Accounts) -> None:
    opened = accounts.open("/hequ/xikou/", "grid_worker")
    found = claims(accounts, accounts.token(opened["login"]))
    assert found["sub"] == opened["person_id"]
    assert found["grants"] == [{"role": "grid_worker", "area_path": "/hequ/xikou/"}]
    assert int(str(found["exp"])) - int(str(found["iat"])) == 900


def test_another_service_believes_a_token_by_the_keys_that_it_fetches(accounts: Accounts) -> None:
    keys = KeySet(fetched_from(f"{accounts.process.url}/api/v1/jwks.json"))
    principal = TokenVerifier(keys, "doorstep", "doorstep").verify(accounts.token())
    assert principal.may("/hequ/xikou/", "admin")


def test_a_login_is_known_whatever_its_case_and_width(accounts: Accounts) -> None:
    login = f"zhao-{uuid4().hex[:6]}"
    accounts.open("/hequ/xikou/", "resident", login=login.upper())
    assert accounts.sign_in(f" {login} ").status_code == 200
    assert accounts.sign_in(login.replace("zhao", "ｚｈａｏ")).status_code == 200


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(accounts: Accounts) -> None:
    login = accounts.open("/hequ/xikou/", "resident")["login"]
    wrong, unknown = accounts.sign_in(login, "not the password"), accounts.sign_in(f"no-{uuid4().hex}")
    assert wrong.status_code == unknown.status_code == 401
    assert {**wrong.json(), "instance": ""} == {**unknown.json(), "instance": ""}
    assert wrong.json()["type"] == "/problems/sign-in-failed"


def test_after_five_failures_a_login_waits_and_the_right_password_does_not_help(accounts: Accounts) -> None:
    login = accounts.open("/hequ/xikou/", "resident")["login"]
    assert [accounts.sign_in(login, "wrong").status_code for _ in range(6)] == [401] * 6
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, LOOPBACK))
    waiting = accounts.sign_in(login)
    assert waiting.status_code == 429
    assert waiting.json()["type"] == "/problems/wait-before-retry"
    assert 1 <= int(waiting.headers["Retry-After"]) <= STRANGE.longest.total_seconds()


def test_a_right_password_makes_earlier_failures_forgotten(accounts: Accounts) -> None:
    login = accounts.open("/hequ/xikou/", "resident")["login"]
    for _ in range(2):
        assert [accounts.sign_in(login, "wrong").status_code for _ in range(4)] == [401] * 4
        assert accounts.sign_in(login).status_code == 200


def test_a_disabled_account_cannot_sign_in_and_is_not_told_why(accounts: Accounts) -> None:
    opened = accounts.open("/hequ/xikou/", "resident")
    accounts.patch(f"/api/v1/accounts/{opened['account_id']}", {"state": "disabled"}, accounts.token(), opened["etag"])
    assert accounts.sign_in(opened["login"]).json()["type"] == "/problems/sign-in-failed"


def test_a_changed_password_replaces_the_old_one(accounts: Accounts) -> None:
    login = accounts.open("/hequ/xikou/", "resident")["login"]
    token = accounts.token(login)
    path, new = "/api/v1/accounts/me/password", "another horse battery"
    assert accounts.post(path, {"current": "wrong", "new": new}, token).json()["type"] == "/problems/wrong-password"
    assert accounts.post(path, {"current": PASSWORD, "new": "short"}, token).json()["type"] == "/problems/weak-password"
    assert accounts.sign_in(login).status_code == 200
    assert accounts.post(path, {"current": PASSWORD, "new": new}, token).status_code == 204
    assert accounts.sign_in(login).status_code == 401
    assert accounts.sign_in(login, new).status_code == 200


def test_a_new_signing_key_is_published_before_it_signs_and_the_old_one_stays(accounts: Accounts) -> None:
    before = accounts.token()
    kid = rotate_signing_key(accounts.context)
    published = [key["kid"] for key in accounts.process.http.get("/api/v1/jwks.json").json()["keys"]]
    assert kid in published
    assert jwt.get_unverified_header(before)["kid"] in published
    assert jwt.get_unverified_header(accounts.token())["kid"] != kid
    unit = accounts.context.units.read()
    later = unit.system_now + signing.PUBLISHED_BEFORE_USE + timedelta(seconds=1)
    keys = Store(unit, accounts.context.sealer).signing_keys()
    assert signing.current(keys, later).kid == kid
    assert claims(accounts, before)["sub"]


def test_private_keys_logins_and_contacts_are_sealed(accounts: Accounts) -> None:
    login = f"1380000{uuid4().int % 10000:04d}"
    accounts.open("/hequ/xikou/", "resident", login=login, contact={"name": "张三", "telephone": login})
    kept = str([list(accounts.db[name].find()) for name in accounts.db.list_collection_names()])
    for secret in (login, "张三", PASSWORD):
        assert secret not in kept
    assert login not in accounts.process.log


def test_the_first_administrator_is_opened_once_unless_forced(accounts: Accounts) -> None:
    with pytest.raises(AdministratorExists):
        create_first_admin(accounts.context, "second-admin", PASSWORD, COUNTY)
    assert accounts.sign_in("second-admin").status_code == 401
    create_first_admin(accounts.context, "second-admin", PASSWORD, COUNTY, forced=True)
    assert accounts.sign_in("second-admin").status_code == 200
    assert accounts.sign_in(ADMIN_LOGIN).status_code == 200
