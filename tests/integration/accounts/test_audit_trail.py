"""Sign-ins, failures and exchanges of keys leave a row by hour and address, which owner and administrator can read."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from services.accounts.storage_migrations import MIGRATIONS
from services.accounts.storage_trail import TRAIL_KEPT
from services.chassis import mongo
from services.chassis.housekeeping import remove_old
from services.chassis.migrations import migrate
from tests.integration.accounts.conftest import PASSWORD, Accounts
from tests.support.namespaces import Namespace
from tests.support.patience import make_wait, whose

XIKOU, DONGLING = "/hequ/xikou/", "/hequ/dongling/"
SESSIONS = "/api/v1/sessions"


def attempt(accounts: Accounts, login: str, password: str = PASSWORD, address: str = "192.0.2.1") -> int:
    body = {"login": login, "password": password}
    return accounts.process.http.post(SESSIONS, json=body, headers={"X-Forwarded-For": address}).status_code


def trail(accounts: Accounts, account_id: str, token: str, **params: Any) -> list[dict[str, Any]]:
    answer = accounts.get(f"/api/v1/accounts/{account_id}/audit", token, **params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    """How often each thing was done; an hour may have passed in between."""
    found: dict[str, int] = {}
    for row in rows:
        found[row["action"]] = found.get(row["action"], 0) + row["times"]
    return found


def test_sign_ins_and_failures_are_counted_by_address_and_name_neither_login_nor_address(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "resident")
    assert [attempt(accounts, opened["login"], "wrong", "192.0.2.7") for _ in range(6)] == [401] * 6
    make_wait(accounts.context, "attempts-here", whose(accounts.context, opened["login"], "192.0.2.7"))
    assert attempt(accounts, opened["login"], "wrong", "192.0.2.7") == 429
    assert [attempt(accounts, opened["login"], address="192.0.2.8") for _ in range(2)] == [200, 200]
    rows = trail(accounts, opened["account_id"], accounts.token())
    assert counted(rows) == {"account-opened": 1, "sign-in-failed": 6, "sign-in-refused": 1, "signed-in": 2}
    by = {row["action"]: row for row in rows}
    assert by["sign-in-failed"]["actor"] == by["sign-in-refused"]["actor"] == "anyone"
    assert by["signed-in"]["actor"] == opened["person_id"]
    assert by["sign-in-failed"]["from"] == by["sign-in-refused"]["from"] != by["signed-in"]["from"]
    assert by["account-opened"]["from"] is by["account-opened"]["last"] is None
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert not any(word in str(rows) for word in (opened["login"], "192.0.2"))


def test_a_failed_change_of_password_is_no_sign_in(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "resident")
    token = accounts.token(opened["login"])
    for current in ("wrong", PASSWORD):
        accounts.post("/api/v1/accounts/me/password", {"current": current, "new": "another horse battery"}, token)
    rows = trail(accounts, opened["account_id"], accounts.token())
    assert counted(rows) == {"account-opened": 1, "signed-in": 1, "password-change-failed": 1, "password-changed": 1}


def test_exchanges_of_a_key_and_its_refusals_are_counted(accounts: Accounts) -> None:
    token = accounts.token()
    opened = accounts.open(XIKOU, "partner", token=token, kind="service", password=None)
    keys = f"/api/v1/accounts/{opened['account_id']}/keys"
    key = accounts.post(keys, {"name": "hotline"}, token).json()
    forged = key["api_key"][:-4] + ("AAAA" if key["api_key"][-4:] != "AAAA" else "BBBB")
    for api_key in (key["api_key"], key["api_key"], forged):
        accounts.process.http.post("/api/v1/tokens", json={"api_key": api_key})
    accounts.process.http.delete(f"{keys}/{key['key_id']}", headers={"Authorization": f"Bearer {token}"})
    refused = accounts.process.http.post("/api/v1/tokens", json={"api_key": key["api_key"]})
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/sign-in-failed")
    rows = trail(accounts, opened["account_id"], token)
    assert counted(rows) == {
        "account-opened": 1, "key-issued": 1, "key-exchanged": 2, "key-refused": 2, "key-revoked": 1,
    }  # fmt: skip
    exchanged = next(row for row in rows if row["action"] == "key-exchanged")
    assert (exchanged["actor"], exchanged["detail"]) == (opened["person_id"], {"key_id": key["key_id"]})
    assert key["api_key"] not in str(rows)


def test_a_suspended_key_that_is_tried_is_in_the_trail(accounts: Accounts) -> None:
    issuer = accounts.open(XIKOU, "admin")
    opened = accounts.open(XIKOU, "partner", kind="service", password=None)
    path = f"/api/v1/accounts/{opened['account_id']}"
    key = accounts.post(f"{path}/keys", {"name": "hotline"}, accounts.token(issuer["login"])).json()
    accounts.patch(f"/api/v1/accounts/{issuer['account_id']}", {"state": "disabled"}, accounts.token(), issuer["etag"])
    refused = accounts.process.http.post("/api/v1/tokens", json={"api_key": key["api_key"]})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/key-suspended")
    assert counted(trail(accounts, opened["account_id"], accounts.token()))["key-refused"] == 1


def test_owner_and_administrators_of_the_area_read_a_trail_and_nobody_else(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "resident")
    path = f"/api/v1/accounts/{opened['account_id']}/audit"
    own, here = accounts.token(opened["login"]), accounts.token(accounts.open(XIKOU, "admin")["login"])
    assert counted(trail(accounts, opened["account_id"], own))["signed-in"] == 1
    assert counted(trail(accounts, opened["account_id"], here))["account-opened"] == 1
    there, neighbour = accounts.open(DONGLING, "admin"), accounts.open(XIKOU, "grid_worker", "street")
    for other in (there, neighbour):
        answer = accounts.get(path, accounts.token(other["login"]))
        unknown = accounts.get("/api/v1/accounts/nobody/audit", accounts.token(other["login"]))
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
        assert unknown.status_code == 404
    assert accounts.process.http.get(path).status_code == 401


def test_who_was_disabled_reads_his_trail_no_more(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "resident")
    own = accounts.token(opened["login"])
    accounts.patch(f"/api/v1/accounts/{opened['account_id']}", {"state": "disabled"}, accounts.token(), opened["etag"])
    assert accounts.get(f"/api/v1/accounts/{opened['account_id']}/audit", own).status_code == 403


def test_a_trail_comes_in_pages(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "resident")
    for number in range(4):
        attempt(accounts, opened["login"], address=f"198.51.100.{number}")
    path, token, cursor = f"/api/v1/accounts/{opened['account_id']}/audit", accounts.token(), None
    seen: list[str] = []
    while True:
        page = accounts.get(path, token, limit=2, **({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) <= 2
        seen += [f"{row['action']} {row['from']}" for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert accounts.get(path, token, cursor="x").json()["type"] == "/problems/bad-cursor"
    assert accounts.get(path, token, limit=0).json()["type"] == "/problems/invalid-input"


def test_a_login_without_account_stands_in_nobodys_trail(accounts: Accounts) -> None:
    before = accounts.db["audit"].count_documents({})
    assert attempt(accounts, "nobody-has-this-login", "wrong") == 401
    assert accounts.db["audit"].count_documents({}) == before


def test_what_is_counted_goes_after_two_hundred_days_and_acts_stay(accounts: Accounts) -> None:
    opened = accounts.open(XIKOU, "resident")
    attempt(accounts, opened["login"])
    mine = {"account_id": opened["account_id"]}
    for days, left in ((199, ["account-opened", "signed-in"]), (201, ["account-opened"])):
        moment = accounts.context.units.read().system_now - timedelta(days=days)
        accounts.db["audit"].update_many({**mine, "hour": {"$exists": True}}, {"$set": {"hour": moment}})
        accounts.db["audit"].update_many(mine, {"$set": {"at": moment}})
        remove_old(accounts.db, accounts.context.service.kept)
        assert [row["action"] for row in accounts.db["audit"].find(mine).sort("_id")] == left
    assert timedelta(days=200) == TRAIL_KEPT


def test_a_move_that_an_earlier_version_wrote_down_for_all_is_in_the_trail_of_each(namespace: Namespace) -> None:
    db = mongo.database(namespace.mongo, f"{namespace.prefix}_accounts")
    migrate(db, MIGRATIONS[:5])
    detail = {"place": "g1", "path": "/c/s/g1/"}
    row = {"_id": "row", "actor": "tree", "action": "place-moved", "account_id": None}
    db["audit"].insert_one({**row, "detail": {**detail, "accounts": ["a", "b"]}})
    db["audit"].insert_one({**row, "_id": "row-0", "account_id": "a", "detail": detail})  # so far came a killed one
    migrate(db, MIGRATIONS)
    rows = [(row["account_id"], row["actor"], row["detail"]) for row in db["audit"].find().sort("_id", 1)]
    assert rows == [("a", "tree", detail), ("b", "tree", detail)]


def test_an_administrator_who_finds_a_login_taken_stands_in_the_trail_of_who_has_it(accounts: Accounts) -> None:
    """In another street too, of whose accounts he sees nothing else."""
    opened, street = accounts.open(DONGLING, "resident"), accounts.open(XIKOU, "admin")
    token = accounts.token(street["login"])
    body = {"login": opened["login"], "password": PASSWORD, "area_path": XIKOU, "grants": []}
    for _ in range(2):
        answer = accounts.post("/api/v1/accounts", body, token)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/login-taken")
    rows = trail(accounts, opened["account_id"], accounts.token(opened["login"]))
    assert counted(rows) == {"account-opened": 1, "login-taken": 2, "signed-in": 1}
    assert {row["actor"] for row in rows if row["action"] == "login-taken"} == {street["person_id"]}
    assert opened["login"] not in str(rows)


def test_no_administrator_tries_out_which_telephones_have_accounts(accounts: Accounts) -> None:
    """What is free he opens as before, until he has found too many that are not."""
    opened, street = accounts.open(DONGLING, "resident"), accounts.open(XIKOU, "admin")
    token = accounts.token(street["login"])

    def opening(login: str) -> int:
        body: dict[str, Any] = {"login": login, "kind": "service", "password": None, "area_path": XIKOU, "grants": []}
        return accounts.post("/api/v1/accounts", body, token).status_code

    assert {opening(uuid4().hex) for _ in range(5)} == {201}
    codes = [opening(opened["login"]) for _ in range(241)]
    assert codes.index(429) >= 120, "120 an hour, of which two may begin meanwhile"
    assert set(codes) == {409, 429}
