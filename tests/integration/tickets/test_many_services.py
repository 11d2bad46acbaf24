"""How many services one station may offer by appointment, and that anybody may ask for their slots."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest

from services.tickets.domain.appointments import MOST_DEFINED, MOST_OFFERED
from services.tickets.domain.hours import WEEKDAYS
from tests.integration.tickets.appointments import CLINIC
from tests.integration.tickets.conftest import done, refused
from tests.integration.tickets.towns import CENTRE, Desk, Town, town

__all__ = ["town"]
DAILY = {"week": {weekday: ["08:00-20:00"] for weekday in WEEKDAYS}, "slot_minutes": 5, "capacity": 200}


class Head:
    """Who says what the centre of a town offers."""

    def __init__(self, town: Town) -> None:
        self.town, self.desk = town, Desk(town, "station_head")
        self.path = f"/api/v1/stations/{town.id}-{CENTRE}/appointment-services"

    def puts(self, service: str, **more: Any) -> httpx.Response:
        headers = {**self.desk.headers, "Accept-Language": "en", "If-Match": "*"}
        body = {**CLINIC, **DAILY, **more}
        return self.town.house.api.http.put(f"{self.path}/{service}", json=body, headers=headers)

    def offered(self) -> list[str]:
        found = done(self.town.house.api.http.get(self.path))["services"]
        return [one["id"] for one in found if one["offered"]]


@pytest.fixture
def head(town: Town, morning: Callable[[], datetime]) -> Head:
    morning()
    return Head(town)


def test_a_station_offers_only_so_many_services_and_says_what_to_do(head: Head) -> None:
    for number in range(MOST_OFFERED):
        done(head.puts(f"s-{number}"))
    answer = refused(head.puts("more"), 409, "too-many-services-offered")
    assert answer["most"] == MOST_OFFERED
    assert "offered false" in answer["detail"]
    done(head.puts("s-0", capacity=7))
    done(head.puts("more", offered=False))
    refused(head.puts("more"), 409, "too-many-services-offered")
    done(head.puts("s-0", offered=False))
    done(head.puts("more"))
    refused(head.puts("s-0"), 409, "too-many-services-offered")


def test_a_station_defines_only_so_many_services_also_of_those_that_take_no_bookings(head: Head) -> None:
    for number in range(MOST_DEFINED):
        done(head.puts(f"s-{number}", offered=False))
    answer = refused(head.puts("more", offered=False), 409, "too-many-services-defined")
    assert answer["most"] == MOST_DEFINED
    done(head.puts("s-7"))


def test_of_many_put_at_once_no_more_are_offered_than_may_be(head: Head) -> None:
    for number in range(MOST_OFFERED - 2):
        done(head.puts(f"s-{number}"))
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda number: head.puts(f"t-{number}"), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [409] * 6
    assert len(head.offered()) == MOST_OFFERED


def test_who_asks_for_all_slots_many_at_once_does_not_keep_the_others_waiting(head: Head) -> None:
    for number in range(MOST_OFFERED):
        done(head.puts(f"s-{number}"))
    day, api = head.town.house.clock.now().date().isoformat(), head.town.house.api.http
    path = head.path.replace("appointment-services", "slots")

    def asks(_: int) -> httpx.Response:
        return api.get(path, params={"date": day}, timeout=30)

    with ThreadPoolExecutor(12) as hands:
        asked = [hands.submit(asks, number) for number in range(12)]
        waits = [api.get(f"{head.path}/s-1").elapsed.total_seconds() for _ in range(5)]
        answers = [one.result() for one in asked]
    assert {answer.status_code for answer in answers} <= {200, 429}
    found = next(done(answer) for answer in answers if answer.status_code == 200)
    assert [len(one["slots"]) for one in found["services"]] == [144] * MOST_OFFERED
    assert max(waits) < 3
