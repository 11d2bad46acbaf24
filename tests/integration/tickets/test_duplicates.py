"""The edges of what is suggested as the same matter: 14 days, 200 m."""

from datetime import datetime, timedelta
from math import cos, radians

import pytest

from tests.integration.tickets.conftest import WORKER, Document, House, done

SOUTH, EAST = 38.9, 111.1
A_METRE = 1 / 111_194.93
"""In degrees of latitude, on the sphere that distances are reckoned on."""
SECOND = timedelta(seconds=1)


@pytest.fixture
def now(house: House) -> datetime:
    """A whole second: what is told of earlier is cut to one."""
    moment = house.clock.now().replace(microsecond=0) + SECOND
    house.clock.step(moment)
    return moment


def reported(house: House, category: str, at: datetime, metres: float | None = None) -> Document:
    """So far north of the others."""
    where = {} if metres is None else {"position": {"latitude": SOUTH + metres * A_METRE, "longitude": EAST}}
    return house.filed(WORKER, category=category, occurred_at=at.isoformat(), late_reason="a paper list", **where)


def suggested(house: House, ticket: Document) -> list[tuple[str, int | None]]:
    items = done(house.get(f"/api/v1/tickets/{ticket['id']}/duplicates", WORKER))["items"]
    return [(one["ticket"]["id"], one["metres"]) for one in items]


def test_what_happened_14_days_ago_is_recent_and_a_second_earlier_no_longer(house: House, now: datetime) -> None:
    fortnight = now - timedelta(days=14)
    older, oldest_recent, younger = (
        reported(house, "handrail", at) for at in (fortnight - SECOND, fortnight, fortnight + SECOND)
    )
    today = house.filed(WORKER, category="handrail")
    assert suggested(house, today) == [(younger["id"], None), (oldest_recent["id"], None)]
    assert suggested(house, older)[0] == (today["id"], None), "what is old itself still hears of newer ones"
    house.clock.step(now + SECOND)
    assert suggested(house, today) == [(younger["id"], None)]


def test_what_lies_200_metres_away_is_near_and_a_metre_further_no_longer(house: House, now: datetime) -> None:
    here = reported(house, "manhole", now - SECOND, 0)
    inside, outside = (reported(house, "manhole", now - SECOND, metres) for metres in (199.9, 200.1))
    nearer = reported(house, "manhole", now - SECOND, -150)
    unsaid = reported(house, "manhole", now - SECOND)
    assert suggested(house, here) == [(nearer["id"], 150), (inside["id"], 200), (unsaid["id"], None)]
    assert suggested(house, outside) == [(inside["id"], 0), (unsaid["id"], None)]
    assert suggested(house, nearer) == [(here["id"], 150), (unsaid["id"], None)]


def test_east_of_it_200_metres_are_more_degrees(house: House, now: datetime) -> None:
    """A degree of longitude is shorter here than one of latitude."""
    degrees = 200 * A_METRE / cos(radians(SOUTH))
    found = [
        house.filed(WORKER, category="drain", position={"latitude": SOUTH, "longitude": EAST + share * degrees})["id"]
        for share in (0, 0.999, 1.001)
    ]
    assert suggested(house, {"id": found[0]}) == [(found[1], 200)]


@pytest.mark.parametrize("metres", [134, 301, 4000])
def test_who_may_not_reveal_learns_nothing_of_a_position_by_tickets_of_his_own(
    house: House, now: datetime, metres: int
) -> None:
    """Three tickets that a street files itself, and their distances, gave a sealed position to two metres; so would
    whether one is suggested, and in which order."""
    sort = f"pavement-{metres // 100}"
    theirs = reported(house, sort, now - 2 * SECOND, 0)
    near, far = (reported(house, sort, now, away) for away in (7, metres))
    street = house.tokens.headers(("street", "/hequ/qingxi/"))
    answer = house.api.http.get(f"/api/v1/tickets/{far['id']}/duplicates", headers=street)
    seen = [(one["ticket"]["id"], one["metres"]) for one in done(answer)["items"]]
    assert sorted(seen) == sorted([(theirs["id"], None), (near["id"], None)])
    assert seen[0][0] == near["id"], "the newest first"


def test_a_distance_is_told_in_tens(house: House, now: datetime) -> None:
    here, there = (reported(house, "kerb", now - SECOND, away) for away in (0, 134.2))
    assert suggested(house, here) == [(there["id"], 140)]
