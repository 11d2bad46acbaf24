"""Standards that score: points for what is met, half of them for what is half there."""

from typing import Any

import pytest

from services.tickets.domain.inspections import per_mille, points_of, ranks
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
