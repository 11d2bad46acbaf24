"""What is kept of a keyed request that holds a password: nothing by which a guess could be tried."""

from typing import Any
from uuid import uuid4

from services.chassis.http.bodies import canonical
from tests.integration.accounts.conftest import PASSWORD, Accounts

OWN = "/api/v1/accounts/me/password"


def kept(accounts: Accounts) -> list[str]:
    return [row["request"] for row in accounts.db["idempotency"].find()]


def digest(accounts: Accounts, asked: Any) -> str:
    return accounts.context.sealer.lookup("idempotency-request", canonical([{}, {}, asked]).decode())


def test_the_digest_of_a_request_is_made_without_its_password(accounts: Accounts) -> None:
    body: dict[str, Any] = {"login": f"user-{uuid4().hex[:8]}", "area_path": "/hequ/xikou/", "grants": []}
    assert accounts.post("/api/v1/accounts", {**body, "password": PASSWORD}, accounts.token()).status_code == 201
    assert digest(accounts, body) in kept(accounts)
    assert digest(accounts, {**body, "password": PASSWORD}) not in kept(accounts)


def test_the_same_key_with_another_password_gets_the_first_answer_and_the_first_password_stays(
    accounts: Accounts,
) -> None:
    login, key = f"user-{uuid4().hex[:8]}", uuid4().hex
    body = {"login": login, "area_path": "/hequ/xikou/binhe/", "grants": [], "password": PASSWORD}
    first = accounts.post("/api/v1/accounts", body, accounts.token(), key)
    again = accounts.post("/api/v1/accounts", {**body, "password": "quite another password"}, accounts.token(), key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert accounts.sign_in(login).status_code == 200
    assert accounts.sign_in(login, "quite another password").status_code == 401
    other = accounts.post("/api/v1/accounts", {**body, "login": f"user-{uuid4().hex[:8]}"}, accounts.token(), key)
    assert other.json()["type"] == "/problems/idempotency-key-reused"


def test_a_repeated_change_of_password_is_answered_as_the_first_and_changes_nothing(accounts: Accounts) -> None:
    login, key = accounts.open("/hequ/xikou/", "resident")["login"], uuid4().hex
    token, new = accounts.token(login), "another horse battery"
    assert accounts.post(OWN, {"current": PASSWORD, "new": new}, token, key).status_code == 204
    again = accounts.post(OWN, {"current": new, "new": "a third horse battery"}, token, key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (204, "true")
    assert accounts.sign_in(login, new).status_code == 200
