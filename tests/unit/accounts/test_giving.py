"""What a program gives would outlive its key and who answers for it: it gives no role but resident."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.accounts.domain.account import Account, Grant, Refused
from services.accounts.domain.roles import RESIDENT, ROLES
from services.accounts.domain.wielding import check_ends_key, check_giver

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
STREET, PLACE = "/hequ/xikou/", "/hequ/xikou/binhe/"
PROGRAM = Account("a1", "p1", "service", "active", STREET, (Grant("admin", STREET),), 1, NOW)
PERSON = replace(PROGRAM, kind="person")


def having(*roles: str, area_path: str = STREET) -> Account:
    grants = tuple(Grant(role, area_path) for role in roles)
    return Account("a2", "p2", "person", "active", STREET, grants, 1, NOW)


def refuses(giver: Account | None, account: Account, before: Account | None = None, *, password: bool = False) -> bool:
    try:
        check_giver(giver, account, before, password=password)
    except Refused as refused:
        return refused.slug == "only-people-give-roles"
    return False


@pytest.mark.parametrize("role", ROLES)
def test_a_program_gives_resident_alone_by_opening_changing_and_enabling(role: str) -> None:
    account, more = having(role), role != RESIDENT
    assert refuses(PROGRAM, account) is more
    assert refuses(PROGRAM, account, having()) is more
    assert refuses(PROGRAM, account, having(role, area_path=PLACE)) is more, "the same role, and more of it"
    assert refuses(PROGRAM, account, replace(account, state="disabled")) is more
    assert refuses(PROGRAM, having("ops", role), having("ops")) is (more and role != "ops")


def test_a_program_sets_no_password() -> None:
    assert refuses(PROGRAM, having(), password=True)
    assert not refuses(PROGRAM, having(), password=False)


@pytest.mark.parametrize("role", ROLES)
def test_a_program_takes_roles_and_disables(role: str) -> None:
    before = having(role, "ops")
    assert not refuses(PROGRAM, having(role), before)
    assert not refuses(PROGRAM, having(role, area_path=PLACE), having(role))
    assert not refuses(PROGRAM, replace(before, state="disabled"), before)


@pytest.mark.parametrize("giver", [PERSON, None], ids=["person", "of another issuer"])
def test_people_give_what_their_area_allows(giver: Account | None) -> None:
    assert not refuses(giver, having("admin"), password=True)
    assert not refuses(giver, having("admin"), replace(having("admin"), state="disabled"))


def test_a_program_ends_the_key_by_which_it_came_and_a_person_any() -> None:
    check_ends_key(PROGRAM, "k1", "k1")
    for own in ("k1", None):
        with pytest.raises(Refused, match="only-people-end-keys"):
            check_ends_key(PROGRAM, own, "k2")
    check_ends_key(PERSON, None, "k2")
    check_ends_key(None, None, "k2")
