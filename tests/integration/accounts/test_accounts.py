"""Accounts are opened and changed within one's own area, and every change is told once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.contracts.registry import EVENT_TYPES
from tests.integration.accounts.conftest import COUNTY, PASSWORD, WENBI, XIKOU, Accounts
from tests.integration.accounts.payloads import new_account, slug
from tests.support.eventually import eventually
from tests.support.processes import Processes, sealer_of
from tests.support.tokens import Tokens

REGISTRATIONS = "/api/v1/accounts/registrations"


@pytest.fixture(scope="module")
def street_admin(accounts: Accounts) -> str:
    """A token of the administrator of Xikou street."""
    return accounts.token(accounts.open(XIKOU, "admin")["login"])


def test_an_opened_account_is_told_without_login_or_name(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "grid_worker", contact={"name": "李四", "telephone": "13900000000"})
    [event] = accounts.events(opened["account_id"])
    assert (event["type"], event["sequence"], event["area_path"]) == ("account.opened", 1, XIKOU)
    EVENT_TYPES["account.opened"].schema().load(event["data"])
    assert event["data"]["account"]["person_id"] == opened["person_id"]
    assert "李四" not in str(event)


def test_how_to_reach_a_person_goes_out_sealed(accounts: Accounts) -> None:
    contact = {"name": "李四", "telephone": "13900000000", "email": "li@example.org", "locale": "en"}
    opened = accounts.open(XIKOU, "grid_worker", contact=contact)
    [event] = accounts.events(opened["person_id"])
    assert event["type"] == "recipient.upserted"
    assert sealer_of("notifications").exchange.unseal(event["data"]["sealed"]) == contact
    token = accounts.token(opened["login"])
    headers = {"Authorization": f"Bearer {token}"}
    changed = accounts.process.http.put(
        "/api/v1/accounts/me/contact", json={"email": "new@example.org"}, headers=headers
    )
    assert changed.status_code == 204
    assert [event["sequence"] for event in accounts.events(opened["person_id"])] == [1, 2]


@pytest.mark.parametrize("written", ["+86 139-0000-0000", "\u202d139 0000 0000\u202c", "013900000000"], ids=ascii)
def test_a_telephone_goes_out_in_its_one_spelling(accounts: Accounts, written: str) -> None:
    opened = accounts.open(XIKOU, "grid_worker", contact={"telephone": written})
    event = accounts.events(opened["person_id"])[0]
    assert sealer_of("notifications").exchange.unseal(event["data"]["sealed"])["telephone"] == "13900000000"


def test_the_same_opening_twice_opens_one_account(accounts: Accounts) -> None:
    token, key, body = accounts.token(), uuid4().hex, new_account(XIKOU)
    first, again = (accounts.post("/api/v1/accounts", body, token, key) for _ in range(2))
    assert first.json() == again.json()
    assert len(accounts.events(first.json()["account_id"])) == 1


def test_a_login_in_use_is_refused_and_nothing_is_told(accounts: Accounts) -> None:
    body = new_account(XIKOU)
    token = accounts.token()
    assert accounts.post("/api/v1/accounts", body, token).status_code == 201
    before = accounts.db["outbox"].count_documents({})
    answer = accounts.post("/api/v1/accounts", {**body, "login": body["login"].upper()}, token)
    assert (answer.status_code, slug(answer)) == (409, "login-taken")
    assert accounts.db["outbox"].count_documents({}) == before


def test_an_administrator_gives_roles_only_within_his_area(accounts: Accounts, street_admin: str) -> None:
    def opening(body: dict[str, Any]) -> str:
        answer = accounts.post("/api/v1/accounts", body, street_admin)
        return slug(answer) if answer.status_code != 201 else "opened"

    assert opening(new_account("/hequ/xikou/binhe/", "admin")) == "opened"
    assert opening(new_account(WENBI)) == "outside-your-area"
    assert opening(new_account(XIKOU, "admin", COUNTY)) == "outside-your-area"
    assert opening(new_account(XIKOU, "street", WENBI)) == "outside-your-area"
    assert opening(new_account(XIKOU, "street", f"{XIKOU}binhe/")) == "area-too-narrow"
    assert opening(new_account("/hequ/xikouer/")) == "outside-your-area"


def test_another_street_s_account_does_not_show(accounts: Accounts, street_admin: str) -> None:
    foreign, own = accounts.open(WENBI, "resident"), accounts.open(XIKOU, "resident")
    listed = accounts.get("/api/v1/accounts?limit=200", street_admin).json()["items"]
    assert own["account_id"] in {item["account_id"] for item in listed}
    assert all(item["area_path"].startswith(XIKOU) for item in listed)
    path = f"/api/v1/accounts/{foreign['account_id']}"
    for answer in (
        accounts.get(path, street_admin),
        accounts.patch(path, {"state": "disabled"}, street_admin, foreign["etag"]),
        accounts.post(f"{path}/keys", {"name": "x"}, street_admin),
        accounts.get(f"{path}/keys", street_admin),
        accounts.get("/api/v1/accounts/unknown", street_admin),
    ):
        assert (answer.status_code, slug(answer)) == (404, "not-found")
    assert accounts.get(f"/api/v1/accounts?area_path={WENBI}", street_admin).json()["items"] == []


def test_a_login_is_masked_but_for_its_owner(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "resident", login=f"13712345{uuid4().int % 1000:03d}")
    shown = accounts.get(f"/api/v1/accounts/{opened['account_id']}", accounts.token()).json()["login"]
    assert shown == f"137***{opened['login'][-2:]}"
    assert accounts.get("/api/v1/accounts/me", accounts.token(opened["login"])).json()["login"] == opened["login"]


def test_roles_are_changed_on_the_version_that_was_read(accounts: Accounts) -> None:
    opened, token = accounts.open(XIKOU, "resident"), accounts.token()
    path = f"/api/v1/accounts/{opened['account_id']}"
    grants = {"grants": [{"role": "grid_head", "area_path": XIKOU}]}
    changed = accounts.patch(path, grants, token, opened["etag"])
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert slug(accounts.patch(path, grants, token, opened["etag"])) == "stale"
    same = accounts.patch(path, grants, token, '"2"')
    assert same.headers["ETag"] == '"2"'
    disabled = accounts.patch(path, {"state": "disabled"}, token, '"2"')
    assert disabled.json()["state"] == "disabled"
    types = [(event["type"], event["sequence"]) for event in accounts.events(opened["account_id"])]
    assert types == [("account.opened", 1), ("account.changed", 2), ("account.disabled", 3)]


def test_nobody_changes_his_own_roles(accounts: Accounts, street_admin: str) -> None:
    own = accounts.get("/api/v1/accounts/me", street_admin)
    path = f"/api/v1/accounts/{own.json()['account_id']}"
    answer = accounts.patch(path, {"state": "disabled"}, street_admin, own.headers["ETag"])
    assert (answer.status_code, slug(answer)) == (409, "own-account")


def test_every_administrative_act_is_in_the_audit_trail(accounts: Accounts) -> None:
    token = accounts.token()
    opened = accounts.open(XIKOU, "partner", token=token, kind="service", password=None)
    path = f"/api/v1/accounts/{opened['account_id']}"
    key = accounts.post(f"{path}/keys", {"name": "12345 热线"}, token).json()
    accounts.process.http.delete(f"{path}/keys/{key['key_id']}", headers={"Authorization": f"Bearer {token}"})
    accounts.patch(path, {"state": "disabled"}, token, "*")
    trail = list(accounts.db["audit"].find({"account_id": opened["account_id"]}).sort("_id"))
    assert [row["action"] for row in trail] == ["account-opened", "key-issued", "key-revoked", "account-disabled"]
    administrator = accounts.get("/api/v1/accounts/me", token).json()["person_id"]
    assert {row["actor"] for row in trail} == {administrator}


def test_a_resident_registers_himself_as_a_resident_and_nothing_else(accounts: Accounts) -> None:
    body = {"login": uuid4().hex[:12], "password": PASSWORD, "area_path": "/hequ/xikou/binhe/"}
    assert accounts.post(REGISTRATIONS, body).status_code == 202
    token = accounts.token(body["login"])
    own = accounts.get("/api/v1/accounts/me", token).json()
    assert (own["grants"], own["login"]) == (
        [{"role": "resident", "area_path": "/hequ/xikou/binhe/"}],
        body["login"],
    )
    assert slug(accounts.get("/api/v1/accounts", token)) == "not-allowed"
    wide = accounts.post(REGISTRATIONS, {**body, "login": "somebody-else", "area_path": COUNTY})
    assert slug(wide) == "area-too-wide"


def test_registering_tells_nobody_which_login_has_an_account(accounts: Accounts) -> None:
    body = {"login": f"1380001{uuid4().int % 10000:04d}", "password": PASSWORD, "area_path": "/hequ/xikou/binhe/"}
    new = accounts.post(REGISTRATIONS, body)
    own = accounts.get("/api/v1/accounts/me", accounts.token(body["login"])).json()
    again = accounts.post(REGISTRATIONS, {**body, "password": "another horse battery", "contact": {"name": "李四"}})
    assert (new.status_code, new.content) == (again.status_code, again.content)
    told = ("Content-Type", "Content-Language", "Location", "ETag", "Content-Length")
    assert [new.headers.get(name) for name in told] == [again.headers.get(name) for name in told]
    assert own["account_id"] not in again.text
    assert own["person_id"] not in again.text
    assert accounts.sign_in(body["login"], "another horse battery").status_code == 401
    assert accounts.get("/api/v1/accounts/me", accounts.token(body["login"])).json() == own
    assert [event["type"] for event in accounts.events(own["account_id"])] == ["account.opened"]
    assert not accounts.events(own["person_id"]), "nor is the contact taken over"


def test_who_has_an_account_finds_in_its_trail_that_somebody_registered_it_again(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "resident")
    body = {"login": opened["login"], "password": PASSWORD, "area_path": "/hequ/xikou/binhe/"}
    for _ in range(3):
        assert accounts.post(REGISTRATIONS, body).status_code == 202
    rows = list(accounts.db["audit"].find({"account_id": opened["account_id"], "action": "registered-again"}))
    assert sum(row["times"] for row in rows) == 3
    assert {row["actor"] for row in rows} == {"anyone"}
    assert opened["login"] not in str(rows)


def test_registering_an_unfit_login_or_password_is_refused_alike_whether_it_has_an_account(accounts: Accounts) -> None:
    known = accounts.open(XIKOU, "resident")["login"]
    for login in (known, f"user-{uuid4().hex[:8]}"):
        body = {"login": login, "password": "short", "area_path": "/hequ/xikou/binhe/"}
        assert slug(accounts.post(REGISTRATIONS, body)) == "weak-password"
        assert slug(accounts.post(REGISTRATIONS, {**body, "area_path": COUNTY})) == "area-too-wide"


def test_two_who_register_one_login_at_once_get_the_same_answer_and_one_account(accounts: Accounts) -> None:
    body = {"login": uuid4().hex[:12], "area_path": "/hequ/xikou/binhe/"}
    words = [f"{number} horses and a battery" for number in range(4)]
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda word: accounts.post(REGISTRATIONS, {**body, "password": word}), words))
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    lookup = accounts.context.sealer.lookup("login", body["login"])
    assert accounts.db["accounts"].count_documents({"login_lookup": lookup}) == 1
    assert sorted(accounts.sign_in(body["login"], word).status_code for word in words) == [200, 401, 401, 401]


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "原来的密码"), ("en", "the earlier one")])
def test_who_registers_is_told_in_his_language_what_to_do_in_either_case(
    accounts: Accounts, language: str, word: str
) -> None:
    body = {"login": uuid4().hex[:12], "password": PASSWORD, "area_path": "/hequ/xikou/binhe/"}
    headers = {"Idempotency-Key": uuid4().hex, "Accept-Language": language}
    answer = accounts.process.http.post(REGISTRATIONS, json=body, headers=headers)
    assert word in answer.json()["message"]
    assert answer.headers["Content-Language"] == language


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"login": "ab"}, "malformed-login"),
        ({"login": "with space"}, "malformed-login"),
        ({"password": "short"}, "weak-password"),
        ({"password": "aaaaaaaaaaaaaaa"}, "weak-password"),
        ({"login": "lighthouse", "password": "my-lighthouse-1"}, "weak-password"),
        ({"grants": [{"role": "emperor", "area_path": XIKOU}]}, "invalid-input"),
        ({"grants": [{"role": "admin", "area_path": "/"}]}, "invalid-input"),
        ({"area_path": "hequ/xikou"}, "invalid-input"),
        ({"contact": {"telephone": "call me"}}, "invalid-input"),
        ({"contact": {"telephone": "12345"}}, "invalid-input"),
    ],
)
def test_what_will_not_do_is_named(accounts: Accounts, change: dict[str, Any], expected: str) -> None:
    answer = accounts.post("/api/v1/accounts", {**new_account(XIKOU), **change}, accounts.token())
    assert (answer.status_code, slug(answer)) == (422, expected)


def test_an_api_key_is_exchanged_for_a_token_until_it_is_revoked(accounts: Accounts) -> None:
    token = accounts.token()
    opened = accounts.open(XIKOU, "partner", token=token, kind="service", password=None)
    path = f"/api/v1/accounts/{opened['account_id']}/keys"
    issued = accounts.post(path, {"name": "12345 热线", "days": 30}, token).json()
    headers = {"Authorization": f"Bearer {token}"}
    listed = accounts.get(path, token).json()["items"]
    assert [key["key_id"] for key in listed] == [issued["key_id"]]
    assert "api_key" not in listed[0]
    assert issued["api_key"] not in str(list(accounts.db["api_keys"].find()))

    def exchange(key: str) -> Any:
        return accounts.process.http.post("/api/v1/tokens", json={"api_key": key})

    partner = exchange(issued["api_key"]).json()["token"]
    assert accounts.get("/api/v1/accounts/me", partner).json()["account_id"] == opened["account_id"]
    wrong = issued["api_key"][:-4] + "AAAA"
    for key in (wrong, "dk_x_y", "nothing"):
        assert slug(exchange(key)) == "sign-in-failed"
    assert accounts.process.http.delete(f"{path}/{issued['key_id']}", headers=headers).status_code == 200
    assert slug(exchange(issued["api_key"])) == "sign-in-failed"


def test_an_account_without_password_cannot_sign_in_with_one(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "partner", kind="service", password=None)
    assert accounts.sign_in(opened["login"]).status_code == 401


def test_a_key_for_an_account_with_wider_roles_is_refused(accounts: Accounts, street_admin: str) -> None:
    wide = [{"role": "partner", "area_path": COUNTY}]
    body = {**new_account(XIKOU), "grants": wide, "kind": "service", "password": None}
    opened = accounts.post("/api/v1/accounts", body, accounts.token()).json()
    answer = accounts.post(f"/api/v1/accounts/{opened['account_id']}/keys", {"name": "x"}, street_admin)
    assert slug(answer) == "outside-your-area"


def test_what_is_told_leaves_by_the_worker_and_contact_data_stays_sealed_for_a_repair(
    accounts: Accounts, package_processes: Processes
) -> None:
    opened = accounts.open(XIKOU, "grid_worker", contact={"name": "李四"})
    worker = package_processes.start("accounts", "worker")
    eventually(lambda: accounts.db["outbox"].count_documents({"unpublished": True}) == 0)
    [event] = accounts.events(opened["person_id"])
    assert event["data"]["sealed"].startswith("gAAAA")
    assert "李四" not in str(event["data"])
    assert worker.http.get("/readyz").json()["checks"] == {"database": "ok", "broker": "ok"}
    assert worker.http.get("/api/v1/jwks.json").status_code == 404


def test_a_token_of_another_issuer_is_worth_nothing_here(accounts: Accounts, tokens: Tokens) -> None:
    answer = accounts.get("/api/v1/accounts", tokens.mint(("admin", COUNTY)))
    assert slug(answer) == "token-invalid"


def test_contact_data_have_a_length_and_are_changed_so_often_and_no_more(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "grid_worker")
    headers = {"Authorization": f"Bearer {accounts.token(opened['login'])}", "Accept-Language": "en"}

    def change(email: str) -> httpx.Response:
        return accounts.process.http.put("/api/v1/accounts/me/contact", json={"email": email}, headers=headers)

    long = change(f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.org")
    assert (long.status_code, [error["pointer"] for error in long.json()["errors"]]) == (422, ["/email"])
    assert change(f"{'a' * 800_000}@example.org").status_code == 413
    changed = 0
    while (answer := change(f"new-{changed}@example.org")).status_code == 204:
        changed += 1
        # The hour of a limit may end in the middle: then counting begins anew.
        assert changed <= 2 * 20
    assert changed >= 20
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too-many-requests")
    assert int(answer.headers["Retry-After"]) <= 3600
