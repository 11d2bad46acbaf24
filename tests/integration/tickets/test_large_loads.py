"""A megabyte of places is judged while everybody else is answered, one load at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from services.tickets.api.places import LOADS
from tests.integration.tickets.conftest import House
from tests.support.eventually import eventually

Document = dict[str, Any]
_AT_ONCE = 6
_IN_FLIGHT = "doorstep_http_requests_in_flight{"


def many(county: str, grids: int = 8_000) -> Document:
    """Each name is looked through for numbers of people, which takes longest where it has many digits."""
    name = " ".join("1234567890" * 3)
    places = [{"id": f"{county}-{number}", "name": name} for number in range(grids)]
    community = {"id": f"{county}-c", "name": "c", "grids": places}
    street = {"id": f"{county}-s", "name": "s", "communities": [community]}
    return {"county": {"id": county, "name": "x"}, "streets": [street]}


class Loads:
    """Several loads that are sent at the same time, and the answers so far."""

    def __init__(self, house: House, county: str) -> None:
        self.answers: list[Any] = []
        self._house, self._body = house, many(county)
        self._headers = house.tokens.headers(("admin", f"/{county}/"), person_id="who-loads-much")
        self._threads = [threading.Thread(target=self._send) for _ in range(_AT_ONCE)]

    def _send(self) -> None:
        answer = self._house.api.http.post(
            "/api/v1/places", json=self._body, params={"dry_run": "true"}, headers=self._headers, timeout=300
        )
        self.answers.append(answer)

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            for thread in self._threads:
                thread.join()


def in_flight(house: House) -> float:
    shown = house.api.http.get("/metrics").text
    return sum(float(line.split()[-1]) for line in shown.splitlines() if line.startswith(_IN_FLIGHT))


def test_others_are_answered_while_large_loads_are_tried_and_these_one_by_one(house: House) -> None:
    loads = Loads(house, "wide")
    with loads.running():
        eventually(lambda: in_flight(house) > 1 or loads.answers)  # the question itself is one
        answers = [house.api.http.get("/api/v1/kinds", params={"area": "/hequ/"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert len(loads.answers) < _AT_ONCE, "they were answered before all of the loads"
        assert in_flight(house) > 1, "while others wait"
    told = {answer.status_code for answer in loads.answers}
    assert told <= {200, 429, 503}, [answer.text[:300] for answer in loads.answers]
    for answer in loads.answers:
        if answer.status_code != 200:
            assert answer.headers["Retry-After"]
    assert not house.db["places"].count_documents({"area_path": "/wide/"})


def test_who_loads_again_and_again_is_asked_to_wait(house: House) -> None:
    headers = house.tokens.headers(("admin", "/again/"), person_id="who-loads-again")
    wrong = {"county": {"id": "again", "name": ""}}

    def load() -> int:
        return int(house.api.http.post("/api/v1/places", json=wrong, headers=headers).status_code)

    found = [load() for _ in range(2 * LOADS.most + 2)]
    assert set(found) == {422, 429}
    assert found[: LOADS.most] == [422] * LOADS.most


@pytest.mark.parametrize("path", ["/api/v1/places/export", "/api/v1/places/export/csv"])
def test_an_export_has_its_own_county_alone(house: House, path: str) -> None:
    headers = house.tokens.headers(("admin", "/hequ/"))
    answer = house.api.http.get(path, params={"county": "hequ", "table": "areas"} if path.endswith("csv") else
                                {"county": "hequ"}, headers=headers)  # fmt: skip
    assert answer.status_code == 200
    assert "grid-001" in answer.text
