"""The rules of accounts: areas, own account, registration."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.domain.account import Account, Grant, Refused, changed, checked_grants, resident_grant
from services.accounts.domain.secrets import check_new_password, masked, normal_login
from services.accounts.handlers.accounts import Opening, change_account, open_account, register
from services.accounts.handlers.signing_in import judge
from services.contracts.registry import EVENT_TYPES

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
XIKOU_ADMIN = (Grant("admin", "/hequ/xikou/"),)
WORKER = Grant("grid_worker", "/hequ/xikou/binhe/")
ACCOUNT = Account("a1", "p1", "person", "active", "/hequ/xikou/", (WORKER,), 1, NOW)


def opening(area_path: str = "/hequ/xikou/", *grants: Grant) -> Opening:
    return Opening("a1", "p1", "person", area_path, grants)


def refusal(error: pytest.ExceptionInfo[Refused]) -> str:
    return error.value.slug


def test_an_account_is_opened_with_its_event() -> None:
    change = open_account(opening("/hequ/xikou/", WORKER, WORKER), XIKOU_ADMIN, NOW)
    assert change.account == ACCOUNT
    [event] = change.events
    assert (event.type, event.aggregate_id, event.sequence, event.area_path) == (
        "account.opened",
        "a1",
        1,
        "/hequ/xikou/",
    )
    EVENT_TYPES[event.type].schema().load(dict(event.data))


@pytest.mark.parametrize(
    ("wanted", "slug"),
    [
        (opening("/hequ/wenbi/"), "outside-your-area"),
        (opening("/hequ/xikou/", Grant("admin", "/hequ/")), "outside-your-area"),
        (opening("/hequ/xikou/", Grant("emperor", "/hequ/xikou/")), "unknown-role"),
        (opening("/hequ/xikou/", Grant("member", "/hequ/Xikou/")), "malformed-area-path"),
        (opening("/hequ/xikou/../"), "malformed-area-path"),
        (opening("/hequ/xikou/", Grant("district", "/hequ/xikou/")), "area-too-narrow"),
        (opening("/hequ/xikou/", Grant("street", "/hequ/xikou/a/")), "area-too-narrow"),
        (opening("/hequ/xikou/", Grant("community", "/hequ/xikou/a/b/")), "area-too-narrow"),
        (opening("/hequ/xikou/", *(Grant("member", f"/hequ/xikou/{n}/") for n in range(41))), "too-many-grants"),
    ],
)
def test_what_an_administrator_may_not_open(wanted: Opening, slug: str) -> None:
    with pytest.raises(Refused) as error:
        open_account(wanted, XIKOU_ADMIN, NOW)
    assert refusal(error) == slug


def test_only_the_role_of_administrator_administers() -> None:
    with pytest.raises(Refused) as error:
        open_account(opening(), (Grant("district", "/hequ/"),), NOW)
    assert refusal(error) == "outside-your-area"


def test_a_role_outside_one_s_area_can_neither_be_given_nor_taken() -> None:
    elsewhere = Grant("member", "/hequ/wenbi/")
    for account, grants in ((ACCOUNT, (WORKER, elsewhere)), (replace(ACCOUNT, grants=(WORKER, elsewhere)), (WORKER,))):
        with pytest.raises(Refused) as error:
            change_account(account, XIKOU_ADMIN, "p9", grants, None)
        assert refusal(error) == "outside-your-area"


def test_a_role_elsewhere_that_stays_is_no_obstacle() -> None:
    account = replace(ACCOUNT, grants=(Grant("member", "/hequ/wenbi/"),))
    change = change_account(account, XIKOU_ADMIN, "p9", (*account.grants, WORKER), None)
    assert change is not None
    assert change.account.revision == 2


@pytest.mark.parametrize(
    ("before", "after", "event_type"),
    [("active", "disabled", "account.disabled"), ("disabled", "active", "account.changed")],
)
def test_disabling_and_enabling_are_told(before: str, after: str, event_type: str) -> None:
    account = replace(ACCOUNT, state=before)  # type: ignore[arg-type]
    change = change_account(account, XIKOU_ADMIN, "p9", None, after)  # type: ignore[arg-type]
    assert change is not None
    assert [(event.type, event.sequence) for event in change.events] == [(event_type, 2)]


def test_no_difference_is_no_event() -> None:
    assert change_account(ACCOUNT, XIKOU_ADMIN, "p9", ACCOUNT.grants, "active") is None
    assert changed(ACCOUNT, tuple(reversed(ACCOUNT.grants)), None) is ACCOUNT


def test_nobody_changes_his_own_account() -> None:
    with pytest.raises(Refused) as error:
        change_account(ACCOUNT, XIKOU_ADMIN, ACCOUNT.person_id, None, "disabled")
    assert refusal(error) == "own-account"


def test_a_resident_belongs_to_a_community_or_beneath() -> None:
    assert resident_grant("/hequ/xikou/binhe/") == Grant("resident", "/hequ/xikou/binhe/")
    for wide in ("/hequ/", "/hequ/xikou/"):
        with pytest.raises(Refused) as error:
            resident_grant(wide)
        assert refusal(error) == "area-too-wide"
    assert register(opening("/hequ/xikou/binhe/", Grant("admin", "/hequ/")), NOW).account.grants == (
        Grant("resident", "/hequ/xikou/binhe/"),
    )


def test_grants_are_kept_once_and_in_order() -> None:
    other = Grant("admin", "/hequ/")
    assert checked_grants([WORKER, other, WORKER]) == (other, WORKER)


def test_an_office_of_a_part_of_its_area_that_was_given_once_stays_and_hinders_nothing() -> None:
    once, more = Grant("community", "/hequ/xikou/binhe/grid-001/"), Grant("resident", "/hequ/xikou/binhe/")
    account = replace(ACCOUNT, grants=(once,))
    assert changed(account, [once], "disabled").state == "disabled"
    assert changed(account, [once, more], None).grants == (once, more)
    with pytest.raises(Refused) as error:
        changed(replace(account, grants=(more,)), [once, more], None)
    assert refusal(error) == "area-too-narrow"


@pytest.mark.parametrize(
    ("account", "right"), [(None, False), (None, True), (ACCOUNT, False), (replace(ACCOUNT, state="disabled"), True)]
)
def test_all_failures_look_alike(account: Account | None, right: bool) -> None:
    assert judge(account, right) is None
    assert judge(ACCOUNT, True) == ACCOUNT


@given(st.text())
def test_a_normal_login_stays_the_same_when_it_is_made_normal_again(text: str) -> None:
    try:
        login = normal_login(text)
    except Refused:
        return
    assert normal_login(login) == login


@pytest.mark.parametrize("login", ["Zhao", " zhao ", "ＺＨＡＯ", "zhaO"])
def test_case_width_and_space_make_no_other_login(login: str) -> None:
    assert normal_login(login) == "zhao"


@pytest.mark.parametrize("hyphen", "-\u2010\u2011\u2013\u2212\u207b\uff0d\ufe63")
def test_nor_does_the_sort_of_a_hyphen(hyphen: str) -> None:
    assert normal_login(f"li{hyphen}na") == "li-na"


@pytest.mark.parametrize("login", ["+86 138 1234 0001", "138\u20131234\u20130001", "８６１３８１２３４０００１"])
def test_a_mobile_is_one_login_however_it_is_written(login: str) -> None:
    assert normal_login(login) == "13812340001"


@pytest.mark.parametrize("login", ["0311-81234567", "400-800-1234", "138-grid-1"])
def test_any_other_login_with_digits_stays_as_it_is(login: str) -> None:
    assert normal_login(login) == login


@pytest.mark.parametrize(
    "login", ["", "ab", "a b c", "a\u0000bc", "a\u200bbc", "abc\ufe0f", "ab\u3164c", "\u202dabc\u202c", "x" * 65]
)
def test_what_is_no_login(login: str) -> None:
    with pytest.raises(Refused):
        normal_login(login)


def test_a_masked_login_does_not_give_the_number() -> None:
    assert masked("13800001234") == "138***34"
    assert masked("abc") == "a***"
    assert masked("zhangs") == "z***", "not five of its six characters"
    assert masked("zhangsan88") == "zha***88"


@pytest.mark.parametrize("password", [
    "short", "x" * 129, "aaaabbbbcccc", "my-zhao-2026-login", "password1234", "P@ssw0rd2026!", "2026admin2027",
    "passwordpassword", "woaini13145", "wxm19860312", "13812345678", "１２３４５６７８９０", "qwertyuiop12",
])  # fmt: skip
def test_a_weak_password(password: str) -> None:
    with pytest.raises(Refused) as error:
        check_new_password(password, "zhao")
    assert refusal(error) == "weak-password"


@pytest.mark.parametrize(
    "password", ["correct horse", "家门口的党群服务驿站真好", "password for the shed", "x7-k2!m9$q"]
)
def test_a_good_password(password: str) -> None:
    check_new_password(password, "zhao")
