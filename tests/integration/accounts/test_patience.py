"""Wrong passwords, from many addresses and at once: guessing gets slow and keeps nobody out who is at home."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.accounts.administration import reset_password
from services.accounts.domain.patience import ADDRESS, ELSEWHERE, KNOWN, KNOWN_FOR, MOST_ADDED_BY_ADDRESS, STRANGE
from tests.integration.accounts.conftest import PASSWORD, Accounts
from tests.support.patience import make_wait, whose
from tests.support.processes import Processes

_NUMBERS = count(1)


def somewhere() -> str:
    """An address that no other test has."""
    number = next(_NUMBERS)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def attempt(accounts: Accounts, login: str, password: str, address: str) -> httpx.Response:
    body = {"login": login, "password": password}
    return accounts.process.http.post("/api/v1/sessions", json=body, headers={"X-Forwarded-For": address})


def guess(accounts: Accounts, login: str, address: str, times: int = 1) -> list[int]:
    return [attempt(accounts, login, "not the password", address).status_code for _ in range(times)]


def somebody(accounts: Accounts, home: str | None = None) -> str:
    """Somebody's login; with an address from which he has signed in."""
    login: str = accounts.open("/hequ/xikou/", "resident")["login"]
    if home is not None:
        assert attempt(accounts, login, PASSWORD, home).status_code == 200
    return login


def outcomes(accounts: Accounts) -> dict[str, float]:
    text = accounts.process.http.get("/metrics").text
    [family] = [one for one in text_string_to_metric_families(text) if one.name == "doorstep_sign_ins"]
    return {one.labels["outcome"]: one.value for one in family.samples if one.name.endswith("_total")}


def counted(accounts: Accounts, what: str, of: str) -> int:
    """How many failures are kept of an address, or of a login there."""
    row = accounts.db["sign_in_attempts"].find_one({"_id": accounts.context.sealer.lookup(what, of)})
    return row["failures"] if row else 0


def test_after_five_failures_a_login_waits_at_that_address_alone(accounts: Accounts) -> None:
    login, here = somebody(accounts), somewhere()
    assert guess(accounts, login, here, STRANGE.free + 1) == [401] * 6
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, here))
    assert attempt(accounts, login, PASSWORD, here).status_code == 429
    assert attempt(accounts, login, PASSWORD, somewhere()).status_code == 200


def test_nobody_who_guesses_elsewhere_keeps_an_administrator_out_where_he_signed_in_before(accounts: Accounts) -> None:
    home = somewhere()
    login = somebody(accounts, home)
    elsewhere = [somewhere() for _ in range(12)]
    for address in elsewhere:
        guess(accounts, login, address, STRANGE.free)
    make_wait(accounts.context, "attempts-elsewhere", login)
    stranger = attempt(accounts, login, "not the password", somewhere())
    assert stranger.status_code == 429
    assert stranger.json()["type"] == "/problems/wait-before-retry"
    assert 1 <= int(stranger.headers["Retry-After"]) <= ELSEWHERE.longest.total_seconds()
    assert guess(accounts, login, home, STRANGE.free + 1) == [401] * 6
    assert attempt(accounts, login, PASSWORD, home).status_code == 200


def test_where_a_login_signed_in_twenty_failures_are_free(accounts: Accounts) -> None:
    home = somewhere()
    login = somebody(accounts, home)
    assert guess(accounts, login, home, KNOWN.free + 1) == [401] * 21
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, home))
    waiting = attempt(accounts, login, PASSWORD, home)
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) <= KNOWN.longest.total_seconds()


def test_who_signed_in_there_longer_ago_than_ninety_days_is_a_stranger(accounts: Accounts) -> None:
    home = somewhere()
    login = somebody(accounts, home)
    of_login = {"login": accounts.context.sealer.lookup("attempts", login)}
    [place] = accounts.db["sign_in_places"].find(of_login)
    accounts.db["sign_in_places"].update_one({"_id": place["_id"]}, {"$set": {"at": place["at"] - KNOWN_FOR}})
    guess(accounts, login, home, STRANGE.free)
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, home))
    waiting = attempt(accounts, login, PASSWORD, home)
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) > KNOWN.longest.total_seconds()


def test_one_address_that_guesses_alone_makes_a_login_wait_nowhere_else(accounts: Accounts) -> None:
    login, here = somebody(accounts), somewhere()
    assert guess(accounts, login, here, STRANGE.free + 1) == [401] * 6
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, here))
    assert guess(accounts, login, here) == [429]
    assert counted(accounts, "attempts-elsewhere", login) == MOST_ADDED_BY_ADDRESS
    assert guess(accounts, login, somewhere()) == [401]
    assert attempt(accounts, login, PASSWORD, somewhere()).status_code == 200


def test_failures_at_once_count_each_and_one_address_with_many_logins_waits(accounts: Accounts) -> None:
    here, known = somewhere(), somewhere()
    at_home, login = somebody(accounts, here), somebody(accounts, known)
    with ThreadPoolExecutor(8) as hands:
        tried = [f"nobody-{uuid4().hex[:8]}" for _ in range(ADDRESS.free + 1)]
        assert set(hands.map(lambda login: guess(accounts, login, here)[0], tried)) == {401}
    address = accounts.context.sealer.lookup("address", here)
    assert counted(accounts, "attempts-address", address) == len(tried)
    guess(accounts, f"nobody-{uuid4().hex[:8]}", here)  # its wait begins anew, also where the machine was slow
    make_wait(accounts.context, "attempts-address", address)
    assert attempt(accounts, login, PASSWORD, here).status_code == 429
    assert attempt(accounts, login, PASSWORD, known).status_code == 200
    assert attempt(accounts, at_home, PASSWORD, here).status_code == 200


def test_who_mistypes_where_he_is_known_makes_nobody_wait_there(accounts: Accounts) -> None:
    home, sealer = somewhere(), accounts.context.sealer
    logins = [somebody(accounts, home) for _ in range(2)]
    for login in logins:
        guess(accounts, login, home, 3)
    assert counted(accounts, "attempts-address", sealer.lookup("address", home)) == 0
    assert counted(accounts, "attempts-here", whose(accounts.context, logins[0], home)) == 3


def test_a_setting_says_how_many_failures_are_free_at_an_address(
    accounts: Accounts, package_processes: Processes
) -> None:
    here, stranger = somewhere(), somebody(accounts)
    guess(accounts, "nobody-has-this-login", here)
    make_wait(accounts.context, "attempts-address", accounts.context.sealer.lookup("address", here))
    waiting = attempt(accounts, stranger, PASSWORD, here)
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) <= 10
    unbound = package_processes.start("accounts", "http", ADDRESS_FAILURES="0")
    try:
        assert attempt(replace(accounts, process=unbound), stranger, PASSWORD, here).status_code == 200
    finally:
        package_processes.stop(unbound)


def test_failures_of_one_login_at_once_count_each(accounts: Accounts) -> None:
    login, here = somebody(accounts), somewhere()
    with ThreadPoolExecutor(8) as hands:
        statuses = list(hands.map(lambda _: guess(accounts, login, here)[0], range(12)))
    assert STRANGE.free < statuses.count(401) < 12
    assert counted(accounts, "attempts-here", whose(accounts.context, login, here)) == statuses.count(401)
    assert counted(accounts, "attempts-elsewhere", login) == MOST_ADDED_BY_ADDRESS


def test_a_right_password_forgets_the_failures_there_and_not_those_of_others(accounts: Accounts) -> None:
    home, here = somewhere(), somewhere()
    login = somebody(accounts, home)
    guess(accounts, login, here)
    guess(accounts, login, home)
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, here))
    assert attempt(accounts, login, PASSWORD, home).status_code == 200
    assert counted(accounts, "attempts-here", whose(accounts.context, login, home)) == 0
    assert attempt(accounts, login, PASSWORD, here).status_code == 429


def test_an_operator_who_sets_a_new_password_frees_the_owner_and_not_who_guesses(accounts: Accounts) -> None:
    home, guesser, new = somewhere(), somewhere(), "quite another password"
    login = somebody(accounts, home)
    guess(accounts, login, home)
    guess(accounts, login, guesser)
    for what, of in (
        ("here", whose(accounts.context, login, home)),
        ("here", whose(accounts.context, login, guesser)),
        ("elsewhere", login),
    ):
        make_wait(accounts.context, f"attempts-{what}", of)
    assert [attempt(accounts, login, PASSWORD, address).status_code for address in (home, guesser, somewhere())] == [
        429
    ] * 3
    reset_password(accounts.context, login, new)
    assert guess(accounts, login, guesser) == [429]
    assert guess(accounts, login, home, STRANGE.free + 1) == [401] * 6, "it is known there as before"
    assert [attempt(accounts, login, new, address).status_code for address in (home, somewhere())] == [200, 200]


def test_the_present_password_is_asked_for_with_the_same_patience(accounts: Accounts) -> None:
    login = somebody(accounts)
    token, here = accounts.token(login), somewhere()
    wrong = {"current": "not the password", "new": "another horse battery"}
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": here}

    def change(times: int) -> list[int]:
        http, path = accounts.process.http, "/api/v1/accounts/me/password"
        return [http.post(path, json=wrong, headers=headers).status_code for _ in range(times)]

    assert change(STRANGE.free + 1) == [422] * 6
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, here))
    assert change(1) == [429]


@pytest.mark.parametrize("login", ["nobody-at-all-has-this-login", None])
def test_unknown_logins_wait_as_known_ones_do(accounts: Accounts, login: str | None) -> None:
    login, here = login or somebody(accounts), somewhere()
    assert guess(accounts, login, here, STRANGE.free + 1) == [401] * 6
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, here))
    assert guess(accounts, login, here) == [429]


def test_attempts_are_counted_by_how_they_ended_beginning_at_nought(accounts: Accounts) -> None:
    login, here = somebody(accounts), somewhere()
    before = outcomes(accounts)
    assert set(before) == {"succeeded", "failed", "login-here", "login-elsewhere", "address"}
    guess(accounts, login, here, STRANGE.free + 1)
    make_wait(accounts.context, "attempts-here", whose(accounts.context, login, here))
    guess(accounts, login, here, 2)
    attempt(accounts, login, PASSWORD, somewhere())
    after = outcomes(accounts)
    risen = {outcome: after[outcome] - before[outcome] for outcome in after}
    assert risen == {"succeeded": 1, "failed": 6, "login-here": 2, "login-elsewhere": 0, "address": 0}


def test_neither_logins_nor_addresses_are_kept_in_clear(accounts: Accounts) -> None:
    login, here = somebody(accounts), somewhere()
    guess(accounts, login, here, 2)
    attempt(accounts, login, PASSWORD, here)
    kept = str([list(accounts.db[name].find()) for name in ("sign_in_attempts", "sign_in_places")])
    assert login not in kept
    assert here not in kept
