"""Which tokens stand, by what is known of the accounts of their person."""

import pytest

from services.chassis.auth import Principal
from services.chassis.http.problems import Problem
from services.chassis.standing import Standing, judge

ACTIVE, DISABLED = {"state": "active", "tokens_from": 0}, {"state": "disabled", "tokens_from": 4}
ENDED = {"state": "active", "tokens_from": 4}
OLD = {"state": "active"}
"""As a service kept it before events said from which revision tokens are good."""


def caller(revision: int | None) -> Principal:
    return Principal("somebody", (), revision)


@pytest.mark.parametrize(
    ("standings", "revision"),
    [
        ([], 1),
        ([], None),
        ([ACTIVE], 1),
        ([OLD], 1),
        ([ENDED], 4),
        ([ENDED], 5),
        ([ENDED], None),
        ([DISABLED, ACTIVE], 1),
        ([ENDED, ACTIVE], 3),
    ],
    ids=["unknown", "unknown, another issuer", "as it was opened", "kept before", "of that revision", "of a later one",
         "another issuer", "another account is active", "another account ended none"],
)  # fmt: skip
def test_a_token_stands(standings: list[Standing], revision: int | None) -> None:
    judge(standings, caller(revision))


@pytest.mark.parametrize(
    ("standings", "revision", "slug"),
    [
        ([ENDED], 3, "signed-out"),
        ([ENDED, ENDED], 1, "signed-out"),
        ([DISABLED], 3, "account-disabled"),
        ([DISABLED], 9, "account-disabled"),
        ([DISABLED], None, "account-disabled"),
        ([DISABLED, DISABLED], 9, "account-disabled"),
    ],
)
def test_a_token_stands_no_more(standings: list[Standing], revision: int | None, slug: str) -> None:
    with pytest.raises(Problem, check=lambda problem: problem.slug == slug):
        judge(standings, caller(revision))


def test_who_is_signed_out_is_told_so_as_of_any_token_that_is_good_no_more() -> None:
    with pytest.raises(Problem) as refusal:
        judge([ENDED], caller(1))
    assert refusal.value.headers["WWW-Authenticate"] == 'Bearer realm="doorstep", error="invalid_token"'
