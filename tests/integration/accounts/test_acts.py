"""What a program may give, and finding what somebody did to accounts whose own account was misused."""

from typing import Any
from uuid import uuid4

import pytest

from services.accounts.storage_migrations import MIGRATIONS
from services.chassis.migrations import migrate
from tests.integration.accounts.api_keys import Desk
from tests.integration.accounts.conftest import COUNTY, PASSWORD, WENBI, XIKOU, Accounts
from tests.integration.accounts.payloads import slug

Document = dict[str, Any]
ACTS = "/api/v1/accounts/acts"
ADMIN = {"role": "admin", "area_path": XIKOU}


def program(accounts: Accounts) -> tuple[Desk, str]:
    desk = Desk(accounts, "admin")
    return desk, desk.exchange().json()["token"]


def opening(**more: Any) -> Document:
    return {"login": uuid4().hex[:12], "password": None, "area_path": XIKOU, "grants": [], **more}


def acts(accounts: Accounts, token: str, actor: str, **params: Any) -> list[tuple[str, str]]:
    answer = accounts.get(ACTS, token, actor=actor, **params)
    assert answer.status_code == 200, answer.text
    return [(row["action"], row["account_id"]) for row in answer.json()["items"]]


@pytest.mark.parametrize(
    "more",
    [{"password": PASSWORD, "grants": [ADMIN]}, {"grants": [ADMIN]}, {"password": PASSWORD},
     {"kind": "service", "grants": [ADMIN]}],
    ids=["password and role", "role", "password", "another program"],
)  # fmt: skip
def test_a_program_opens_no_account_that_outlives_it(accounts: Accounts, more: Document) -> None:
    _, token = program(accounts)
    body = opening(**more)
    refused = accounts.post("/api/v1/accounts", body, token)
    assert (refused.status_code, slug(refused)) == (403, "only-people-give-roles")
    assert accounts.post("/api/v1/accounts", body, accounts.token()).status_code == 201, "a person does"


def test_a_program_gives_a_role_neither_by_changing_nor_by_enabling(accounts: Accounts) -> None:
    _, token = program(accounts)
    head = accounts.open(XIKOU, "resident")
    path = f"/api/v1/accounts/{head['account_id']}"
    assert slug(accounts.patch(path, {"grants": [ADMIN]}, token, "*")) == "only-people-give-roles"
    assert accounts.patch(path, {"grants": [ADMIN]}, accounts.token(), "*").status_code == 200
    assert accounts.patch(path, {"state": "disabled"}, token, "*").status_code == 200
    assert slug(accounts.patch(path, {"state": "active"}, token, "*")) == "only-people-give-roles"
    assert accounts.patch(path, {"state": "active"}, accounts.token(), "*").status_code == 200


def test_what_a_program_did_is_found_by_who_administers_the_accounts(accounts: Accounts) -> None:
    desk, token = program(accounts)
    opened = [accounts.post("/api/v1/accounts", opening(), token).json()["account_id"] for _ in range(3)]
    assert accounts.patch(f"/api/v1/accounts/{opened[0]}", {"state": "disabled"}, token, "*").status_code == 200
    expected = [("account-disabled", opened[0]), *(("account-opened", one) for one in reversed(opened))]
    person = desk.account["person_id"]
    for reader in (accounts.token(), accounts.token(desk.issuer["login"])):
        assert acts(accounts, reader, person) == expected, "its exchanges of keys stand in its own trail"
    stranger = accounts.token(accounts.open(WENBI, "admin")["login"])
    assert acts(accounts, stranger, person) == []
    resident = accounts.token(accounts.open(XIKOU, "resident")["login"])
    assert accounts.get(ACTS, resident, actor=person).status_code == 403


def test_acts_come_in_pages_and_only_those_on_accounts_of_ones_areas(accounts: Accounts) -> None:
    county = accounts.open(COUNTY, "admin")
    by_county = accounts.token(county["login"])
    places = (XIKOU, WENBI, XIKOU, WENBI, XIKOU)
    opened = [(place, accounts.open(place, "resident", token=by_county)["account_id"]) for place in places]
    street = accounts.token(accounts.open(XIKOU, "admin")["login"])
    found: list[str] = []
    params: Document = {"actor": county["person_id"], "limit": 2}
    while True:
        page = accounts.get(ACTS, street, **params).json()
        found += [row["account_id"] for row in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert found == [account for place, account in reversed(opened) if place == XIKOU]


def test_acts_are_found_by_an_index(accounts: Accounts) -> None:
    migrate(accounts.db, MIGRATIONS)
    plan = accounts.db["audit"].find({"actor": "p1", "hour": None}).sort("_id", -1).explain()
    assert "SORT" not in str(plan["queryPlanner"]["winningPlan"]).replace("sortPattern", "")
    assert "'indexName': 'actor'" in str(plan["queryPlanner"]["winningPlan"])
