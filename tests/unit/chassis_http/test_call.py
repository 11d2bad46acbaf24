"""If-Match and If-None-Match."""

import pytest

from services.chassis.http.call import Call, matches
from services.chassis.http.problems import Problem


def call(if_match: str | None) -> Call:
    return Call(caller=None, locale="en", body=None, params=None, client="", if_match_header=if_match)


@pytest.mark.parametrize("header", ['"7"', '"1", "7"', "*", ' "7" ', '"x","7"'])
def test_the_present_version_may_be_edited(header: str) -> None:
    call(header).if_match(7)


@pytest.mark.parametrize("header", ['"6"', 'W/"7"', "7", "", '"77"', '"', '""'])
def test_another_version_may_not(header: str) -> None:
    with pytest.raises(Problem) as refused:
        call(header).if_match(7)
    assert refused.value.slug == "stale"


def test_without_a_version_only_where_none_is_required() -> None:
    call(None).if_match(7, required=False)
    with pytest.raises(Problem) as refused:
        call(None).if_match(7)
    assert refused.value.slug == "if-match-required"


def test_an_open_route_has_no_principal_to_ask() -> None:
    with pytest.raises(Problem) as refused:
        _ = call(None).principal
    assert refused.value.slug == "authentication-required"


def test_what_the_caller_has_already() -> None:
    assert matches("7", '"6", W/"7"')
    assert matches("7", "*")
    assert not matches("7", '"6"')
    assert not matches("7", None)


def test_what_is_dear_is_worked_out_once_though_the_unit_runs_again() -> None:
    one, numbers = call(None), iter(range(3))
    assert [one.once("number", lambda: next(numbers)) for _ in range(2)] == [0, 0]
    assert call(None).once("number", lambda: next(numbers)) == 1
