"""Standards that score: points for what is met, half of them for what is half there."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.tickets.domain.inspections import Inspection, latest_of, per_mille, points_of, ranks
from services.tickets.domain.refused import Refused
from services.tickets.domain.sheets import Standard, parse_sheet


def standard() -> Standard:
    found = parse_sheet({
        "sheet": "standard", "name": "s", "version": 1, "title": "s", "items": [
            {"code": "place", "title": "place", "points": 7}, {"code": "sign", "title": "sign", "points": 3},
            {"code": "staff", "title": "staff", "points": 10, "partly": True},
        ],
    })  # fmt: skip
    assert isinstance(found, Standard)
    return found


@pytest.mark.parametrize(
    ("answers", "points"),
    [
        ({"place": "met", "sign": "met", "staff": "met"}, 20), ({"place": "met", "sign": "met", "staff": "partly"}, 15),
        ({"place": "met", "sign": "not_met", "staff": "not_met"}, 7),
        ({"place": "not_met", "sign": "not_met", "staff": "not_met"}, 0),
    ],
)  # fmt: skip
def test_points_are_those_of_what_is_met(answers: dict[str, str], points: int) -> None:
    assert points_of(standard(), answers) == points


@pytest.mark.parametrize(
    ("answers", "slug", "params"),
    [
        ({"place": "met"}, "items-unanswered", {"items": ["sign", "staff"]}),
        ({"place": "partly", "sign": "met", "staff": "met"}, "not-half-there", {"item": "place"}),
        ({"place": "met", "sign": "met", "staff": "met", "roof": "met"}, "no-such-item",
         {"item": "roof", "items": ["place", "sign", "staff"]}),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_refused(answers: dict[str, str], slug: str, params: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        points_of(standard(), answers)
    assert (refused.value.slug, refused.value.params) == (slug, params)


def test_shares_are_rounded_half_up_to_a_tenth_of_a_per_cent() -> None:
    assert [per_mille(points, most) for points, most in ((0, 7), (7, 7), (1, 3), (2, 3), (1, 16))] == [
        0, 1000, 333, 667, 63,
    ]  # fmt: skip


def test_equal_scores_share_a_place() -> None:
    assert ranks([900, 900, 800, 800, 100]) == [1, 1, 3, 3, 5]
    assert ranks([]) == []


DAY = date(2026, 11, 23)


def inspection(office: str | None, days: int, serial: str = "a") -> Inspection:
    at = datetime(2026, 11, 23, 1, tzinfo=UTC)
    day = DAY + timedelta(days=days)
    return Inspection(f"{serial}-{office}", "s", "/x/", "s", "s/1", day, {}, 1, 1, at, "p", office)


@pytest.mark.parametrize(
    ("found", "stands"),
    [
        ([("street", 0), ("community", 0)], "street"),
        ([("street", 0), ("community", 90)], "street"),
        ([("street", 0), ("community", 91)], "community"),
        ([("community", 0), ("street", 1)], "street"),
        ([("district", 0), ("street", 30), ("community", 60)], "district"),
        ([("district", 0), ("street", 60), ("community", 100)], "street"),
        ([(None, 5), ("community", 0)], "community"),
        ([(None, 5)], None),
    ],
)
def test_what_a_higher_office_found_stands_for_ninety_days(
    found: list[tuple[str | None, int]], stands: str | None
) -> None:
    for order in permutations([inspection(*one) for one in found]):
        assert latest_of(order).office == stands


def test_of_the_same_office_the_latest_counts() -> None:
    first, second = inspection("street", 0), inspection("street", 0, "b")
    assert latest_of([first, second, inspection("community", 3)]) == second
