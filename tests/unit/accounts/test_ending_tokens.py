"""From which revision of an account its tokens are good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.accounts import signing
from services.accounts.aftercare import fates
from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import Account, Grant, State, changed, signed_out
from services.accounts.domain.wielding import wields_less
from services.accounts.handlers.accounts import changed_event
from services.chassis.journal import Note
from services.contracts.registry import EVENT_TYPES

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
WORKER, MEMBER = Grant("grid_worker", "/hequ/xikou/binhe/g1/"), Grant("member", "/hequ/xikou/")
ACCOUNT = Account("a1", "p1", "person", "active", "/hequ/xikou/", (WORKER, MEMBER), 5, NOW, tokens_from=2)


@pytest.mark.parametrize(
    ("grants", "state"),
    [
        ((MEMBER,), None),
        ((), None),
        (None, "disabled"),
        ((WORKER, MEMBER, Grant("ops", "/hequ/")), "disabled"),
        ((replace(WORKER, area_path="/hequ/xikou/binhe/g2/"), MEMBER), None),
        ((replace(WORKER, role="grid_head"), MEMBER), None),
        ((WORKER, replace(MEMBER, area_path="/hequ/xikou/binhe/")), None),
    ],
    ids=["one taken", "all taken", "disabled", "disabled and given", "another place", "another role", "less"],
)
def test_all_tokens_end_when_something_is_taken(grants: tuple[Grant, ...] | None, state: State | None) -> None:
    after = changed(ACCOUNT, grants, state)
    assert (after.revision, after.tokens_from) == (6, 6)


@pytest.mark.parametrize(
    "grants",
    [
        (WORKER, MEMBER, Grant("ops", "/hequ/")),
        (WORKER, replace(MEMBER, area_path="/hequ/")),
        (replace(WORKER, area_path="/hequ/xikou/dongmen/g1/"), MEMBER),
    ],
    ids=["one more", "more", "where its place lies now"],
)
def test_no_token_ends_when_nothing_is_taken(grants: tuple[Grant, ...]) -> None:
    after = changed(ACCOUNT, grants, None)
    assert (after.revision, after.tokens_from) == (6, 2)


def test_what_was_ended_stays_so_when_the_account_is_enabled_again() -> None:
    after = changed(changed(ACCOUNT, None, "disabled"), None, "active")
    assert (after.revision, after.tokens_from) == (7, 6)


def test_an_account_is_signed_out_at_its_next_revision_and_the_event_says_so() -> None:
    after = signed_out(ACCOUNT)
    assert after == replace(ACCOUNT, revision=6, tokens_from=6)
    event = changed_event(after)
    loaded = EVENT_TYPES[event.type].schema().load(dict(event.data))
    assert (event.sequence, loaded["account"]["tokens_from"]) == (6, 6)


def test_an_event_of_before_ends_no_token() -> None:
    data = dict(changed_event(ACCOUNT).data["account"])
    del data["tokens_from"]
    assert EVENT_TYPES["account.changed"].schema().load({"account": data})["account"]["tokens_from"] == 0


def test_a_key_has_less_when_it_is_suspended_or_lacks_a_role() -> None:
    assert wields_less((WORKER, MEMBER), (WORKER,))
    assert wields_less((WORKER,), None)
    assert wields_less((), None)
    assert not wields_less((WORKER,), (WORKER, MEMBER))
    assert not wields_less((), ())
    assert not wields_less(None, None)
    assert not wields_less(None, (WORKER,))


@pytest.mark.parametrize(("left", "lives"), [(timedelta(minutes=4), 4), (timedelta(days=1), 15)])
def test_the_token_of_a_key_ends_with_it(left: timedelta, lives: int) -> None:
    key = ApiKey("k1", "a1", "desk", "", NOW - timedelta(days=30), NOW + left, issued_by="p2")
    token = signing.mint(signing.new_key(NOW), ACCOUNT, "doorstep", "doorstep", NOW, key)
    assert token.expires_at - NOW == timedelta(minutes=lives)


@pytest.mark.parametrize(
    ("notes", "ends"),
    [
        ([("account-changed", [WORKER], [WORKER, MEMBER], "active")], False),
        ([("account-changed", [WORKER, MEMBER], [WORKER], "active")], True),
        ([("account-changed", [WORKER, MEMBER], [WORKER], "active"),
          ("account-changed", [WORKER], [WORKER, MEMBER], "active")], True),
        ([("account-disabled", [WORKER], [WORKER], "disabled"),
          ("account-changed", [WORKER], [WORKER], "active")], True),
    ],
    ids=["given", "taken", "taken and given back", "disabled and enabled"],
)  # fmt: skip
def test_after_a_restore_tokens_end_of_whom_something_ended_though_it_was_given_back(
    notes: list[tuple[str, list[Grant], list[Grant], State]], ends: bool
) -> None:
    rows = [
        Note(str(number), NOW, what, {"account_id": "a1", "before": _rows(before), "after": _rows(after),
                                      "state": state})
        for number, (what, before, after, state) in enumerate(notes)
    ]  # fmt: skip
    [fate] = fates(rows)
    assert fate.ends_tokens is ends


def _rows(grants: list[Grant]) -> list[dict[str, str]]:
    return [{"role": grant.role, "area_path": grant.area_path} for grant in grants]
