"""An API key has what its issuer could give at the time of its use, and somebody answers for it."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.accounts.administration import reset_password, suspended_keys
from services.accounts.domain.account import Refused
from services.accounts.storage import Store
from services.accounts.storage_keys import Keys
from services.accounts.storage_migrations import MIGRATIONS
from services.chassis.unit import Unit
from tests.integration.accounts.api_keys import Desk, Document
from tests.integration.accounts.conftest import COUNTY, PASSWORD, WENBI, XIKOU, Accounts
from tests.integration.accounts.payloads import claims, slug
from tests.support.processes import Processes

PARTNER, ADMIN = {"role": "partner", "area_path": XIKOU}, {"role": "admin", "area_path": XIKOU}


def test_a_token_of_a_key_says_who_answers_for_it(accounts: Accounts) -> None:
    """As whose steps those of the program count as well."""
    desk = Desk(accounts)

    def answerable() -> object:
        return claims(accounts, desk.exchange().json()["token"])["answerable"]

    assert answerable() == desk.issuer["person_id"]
    before = desk.exchange().json()["token"]
    successor = accounts.open(XIKOU, "admin")
    desk.adopt(accounts.token(successor["login"]))
    assert accounts.get("/api/v1/accounts/me", before).status_code == 401, "it names who answers for it no more"
    assert answerable() == successor["person_id"]
    assert "answerable" not in claims(accounts, accounts.token(successor["login"]))


def test_a_key_does_not_get_what_a_wider_administrator_gave_its_account_later(accounts: Accounts) -> None:
    desk = Desk(accounts)
    desk.change(desk.account, {"grants": [PARTNER, {"role": "admin", "area_path": COUNTY}]})
    assert desk.grants() == [PARTNER]
    assert desk.adopt(accounts.token(desk.issuer["login"])).json()["type"] == "/problems/outside-your-area"
    assert desk.adopt(accounts.token()).status_code == 200
    assert {"role": "admin", "area_path": COUNTY} in desk.grants()


def test_a_key_is_revoked_by_who_could_issue_it_or_answers_for_it(accounts: Accounts) -> None:
    desk = Desk(accounts)
    desk.change(desk.account, {"grants": [PARTNER, {"role": "partner", "area_path": COUNTY}]})
    wide = accounts.post(f"{desk.path}/keys", {"name": "wide"}, accounts.token()).json()
    street = accounts.token(desk.issuer["login"])

    def revoke(key: Document, token: str) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return accounts.process.http.delete(f"{desk.path}/keys/{key['key_id']}", headers=headers)

    refused = revoke(wide, street)
    assert (refused.status_code, slug(refused)) == (403, "outside-your-area")
    opened = accounts.process.http.post("/api/v1/tokens", json={"api_key": wide["api_key"]})
    assert opened.status_code == 200, "the county's key opens as before"
    assert revoke(desk.key, street).status_code == 200, "his own, whatever the account has by now"
    assert revoke(wide, accounts.token()).status_code == 200


def test_a_program_does_here_what_its_key_may_and_not_what_its_account_may(accounts: Accounts) -> None:
    desk = Desk(accounts, "partner", "admin")
    desk.change(desk.account, {"grants": [PARTNER, ADMIN, {"role": "admin", "area_path": COUNTY}]})
    token = desk.exchange().json()["token"]
    body: Document = {"login": uuid4().hex[:12], "password": None, "grants": []}
    assert slug(accounts.post("/api/v1/accounts", {**body, "area_path": WENBI}, token)) == "outside-your-area"
    assert accounts.post("/api/v1/accounts", {**body, "area_path": XIKOU}, token).status_code == 201


@pytest.mark.parametrize(
    "loss",
    [
        {"state": "disabled"},
        {"grants": []},
        {"grants": [{"role": "admin", "area_path": "/hequ/xikou/binhe/"}]},
        {"grants": [{"role": "street", "area_path": XIKOU}]},
    ],
    ids=["disabled", "no role", "another area", "another role"],
)
def test_the_keys_of_an_administrator_who_lost_his_power_wait_for_another(accounts: Accounts, loss: Document) -> None:
    desk = Desk(accounts)
    desk.change(desk.issuer, loss)
    assert (desk.exchange().status_code, desk.grants()) == (403, "key-suspended")
    [shown] = accounts.get(f"{desk.path}/keys", accounts.token()).json()["items"]
    assert (shown["suspended"], shown["grants"], shown["issued_by"]) == (True, [], desk.issuer["person_id"])
    assert desk.key["key_id"] in {key.key_id for key, _ in suspended_keys(accounts.context)}
    successor = accounts.open(XIKOU, "admin")
    adopted = desk.adopt(accounts.token(successor["login"])).json()
    assert (adopted["issued_by"], adopted["suspended"]) == (successor["person_id"], False)
    assert desk.grants() == [PARTNER]
    assert desk.trail() == ["account-opened", "key-issued", "key-suspended", "key-adopted"]
    assert desk.key["key_id"] not in {key.key_id for key, _ in suspended_keys(accounts.context)}


def test_a_key_works_again_when_its_issuer_is_enabled(accounts: Accounts) -> None:
    desk = Desk(accounts)
    for state, expected in (("disabled", "key-suspended"), ("active", [PARTNER])):
        desk.change(desk.issuer, {"state": state})
        assert desk.grants() == expected


def test_adopting_ones_own_key_changes_nothing_and_a_dead_one_is_not_adopted(accounts: Accounts) -> None:
    desk, stranger = Desk(accounts), accounts.token(accounts.open(WENBI, "admin")["login"])
    own = accounts.token(desk.issuer["login"])
    assert desk.adopt(own).status_code == 200
    assert slug(desk.adopt(stranger)) == "not-found"
    accounts.process.http.delete(f"{desk.path}/keys/{desk.key['key_id']}", headers={"Authorization": f"Bearer {own}"})
    assert slug(desk.adopt(own)) == "key-is-over"
    assert desk.trail() == ["account-opened", "key-issued", "key-revoked"]


def test_people_have_no_keys_and_programs_no_passwords(accounts: Accounts) -> None:
    token = accounts.token()
    person = accounts.open(XIKOU, "resident")
    path = f"/api/v1/accounts/{person['account_id']}/keys"
    assert slug(accounts.post(path, {"name": "x"}, token)) == "keys-are-for-services"
    body = {"kind": "service", "login": uuid4().hex[:12], "password": PASSWORD, "area_path": XIKOU, "grants": []}
    assert slug(accounts.post("/api/v1/accounts", body, token)) == "services-sign-in-by-key"
    desk = Desk(accounts)
    with pytest.raises(Refused, match="services-sign-in-by-key"):
        reset_password(accounts.context, desk.account["login"], "another horse battery")


def test_a_program_issues_no_keys(accounts: Accounts) -> None:
    desk = Desk(accounts, "admin")
    token = desk.exchange().json()["token"]
    other = accounts.open(XIKOU, "partner", kind="service", password=None)
    path = f"/api/v1/accounts/{other['account_id']}/keys"
    assert slug(accounts.post(path, {"name": "x"}, token)) == "only-people-issue-keys"


def test_a_program_ends_its_own_key_and_no_other(accounts: Accounts) -> None:
    desk, other = Desk(accounts, "admin"), Desk(accounts)
    token = desk.exchange().json()["token"]
    second = accounts.post(f"{desk.path}/keys", {"name": "second"}, accounts.token(desk.issuer["login"])).json()

    def revoke(path: str, key: Document) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return accounts.process.http.delete(f"{path}/keys/{key['key_id']}", headers=headers)

    for path, key in ((other.path, other.key), (desk.path, second)):
        refused = revoke(path, key)
        assert (refused.status_code, slug(refused)) == (403, "only-people-end-keys")
    assert other.grants() == [PARTNER]
    assert "key-revoked" not in other.trail()
    assert revoke(desk.path, desk.key).status_code == 200
    assert desk.exchange().status_code == 401


@pytest.mark.parametrize("who", ["issuer", "account"])
def test_a_key_is_not_issued_past_a_change_that_is_being_made(accounts: Accounts, who: str) -> None:
    """The change is written and not yet committed when the key is asked for: the key waits for it, then looks again."""
    desk = Desk(accounts)
    token, changed = accounts.token(desk.issuer["login"]), getattr(desk, who)
    written, asked, answers = threading.Event(), threading.Event(), []

    def ask() -> None:
        written.wait(20)
        asked.set()
        answers.append(accounts.post(f"{desk.path}/keys", {"name": "racing"}, token))

    racer = threading.Thread(target=ask)
    racer.start()

    def work(unit: Unit) -> None:
        wider = {"role": "admin", "area_path": COUNTY}
        change = {"state": "disabled"} if who == "issuer" else {"grants": [PARTNER, wider]}
        unit.db["accounts"].update_one({"_id": changed["account_id"]}, {"$set": change}, session=unit.session)
        written.set()
        racer.join(2 if asked.wait(20) else 0)

    accounts.context.units.run(work)
    racer.join(30)
    assert answers[0].status_code == 403, answers[0].text
    assert accounts.db["api_keys"].count_documents({"account_id": desk.account["account_id"]}) == 1


def test_the_upgrade_finds_who_issued_a_key_and_ends_those_of_people(
    accounts: Accounts, package_processes: Processes
) -> None:
    desk, person = Desk(accounts), accounts.open(XIKOU, "resident")
    db, key_id = accounts.db, desk.key["key_id"]
    db["api_keys"].update_one({"_id": key_id}, {"$unset": {"issued_by": ""}})
    assert desk.grants() == "key-suspended"
    old = {**db["api_keys"].find_one({"_id": key_id}), "_id": uuid4().hex, "account_id": person["account_id"]}  # type: ignore[dict-item]
    db["api_keys"].insert_one(old)
    for _ in range(2):
        next(step for step in MIGRATIONS if step.version == 2).apply(package_processes.namespace.mongo[db.name])
    assert desk.grants() == [PARTNER]
    row = db["api_keys"].find_one({"_id": old["_id"]})
    assert row is not None
    assert row["revoked_at"] is not None
    assert db["audit"].count_documents({"account_id": person["account_id"], "action": "key-revoked"}) == 1


def test_suspended_keys_are_seen_by_prometheus(accounts: Accounts, package_processes: Processes) -> None:
    desk = Desk(accounts)
    worker = package_processes.start("accounts", "worker")

    def shown() -> float:
        families = text_string_to_metric_families(worker.http.get("/metrics").text)
        return next(family.samples[0].value for family in families if family.name == "doorstep_api_keys_suspended")

    before = shown()
    desk.change(desk.issuer, {"state": "disabled"})
    assert shown() == before + 1
    told = package_processes.cli("accounts", "suspended-keys").stdout
    assert desk.key["key_id"] in told
    assert desk.account["account_id"] in told
    worker.stop()


def test_the_stores_of_keys_and_accounts_hold_no_secret(accounts: Accounts) -> None:
    desk = Desk(accounts)
    unit = accounts.context.units.read()
    key = Keys(unit).find(desk.key["key_id"])
    assert key is not None
    assert desk.key["api_key"].endswith(key.digest) is False
    stored = Store(unit, accounts.context.sealer).find(desk.account["account_id"])
    assert stored is not None
    assert stored.password_hash is None


@pytest.mark.parametrize("how", ["revoked", "suspended"])
def test_a_token_got_by_a_key_administers_nothing_once_the_key_is_ended(accounts: Accounts, how: str) -> None:
    """Whoever stole it could else go on opening and disabling accounts until it is over."""
    desk = Desk(accounts, "admin")
    token = desk.exchange().json()["token"]
    other: dict[str, Any] = {"login": uuid4().hex, "password": None, "area_path": XIKOU, "grants": []}
    assert accounts.post("/api/v1/accounts", other, token).status_code == 201
    second = accounts.post(f"{desk.path}/keys", {"name": "second"}, accounts.token(desk.issuer["login"]))
    if how == "revoked":
        headers = {"Authorization": f"Bearer {accounts.token()}"}
        path = f"{desk.path}/keys/{desk.key['key_id']}"
        assert accounts.process.http.delete(path, headers=headers).status_code == 200
    else:
        desk.change(desk.issuer, {"state": "disabled"})
    refused = accounts.post("/api/v1/accounts", {**other, "login": uuid4().hex}, token)
    assert (refused.status_code, slug(refused)) == (401, "signed-out")
    if how == "revoked":
        again = accounts.process.http.post("/api/v1/tokens", json={"api_key": second.json()["api_key"]}).json()["token"]
        assert accounts.get(desk.path, again).status_code == 200, "another key of it is good"
