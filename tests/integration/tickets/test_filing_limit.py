"""How many tickets somebody without an office may file in an hour: each starts a clock and is told to a worker."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import uuid4

import httpx
import pytest

from services.chassis.clock import system_now
from services.chassis.http.limits import window
from services.tickets.api.filing import FILING
from tests.integration.tickets.conftest import GRID, House, refused

_MOST = 3
_TICKET = {"kind": "request", "grid_id": "grid-001", "description": "the lamp is broken"}
File = Callable[[str, str, str], httpx.Response]


@pytest.fixture
def file(house: House) -> Iterator[File]:
    """Files as a person of a role, with a key, at a process that lets a resident file three an hour."""
    process = house.processes.start("tickets", "http", FILINGS_OF_RESIDENT=str(_MOST))

    def file(role: str, person: str, key: str) -> httpx.Response:
        headers = house.tokens.headers((role, GRID), person_id=person) | {"Idempotency-Key": key}
        return process.http.post("/api/v1/tickets", json=_TICKET, headers=headers)

    yield file
    house.processes.stop(process)


def within_an_hour(story: Callable[[str], list[httpx.Response]]) -> list[httpx.Response]:
    """What a person was answered from beginning to end within one of the hours by which filings are counted."""
    while True:
        begun = hour()
        answers = story(str(uuid4()))
        if hour() == begun:
            return answers


def hour() -> datetime:
    start, _ = window(FILING[0], system_now())
    return start


def test_a_resident_files_so_many_an_hour_and_repeating_one_does_not_count(file: File) -> None:
    keys = [uuid4().hex for _ in range(_MOST)]

    def story(person: str) -> list[httpx.Response]:
        return [file("resident", person, f"{key}-{person}") for key in (*keys, *keys, "one-more")]

    *answers, last = within_an_hour(story)
    assert [answer.status_code for answer in answers] == [201] * (2 * _MOST)
    assert len({answer.json()["id"] for answer in answers}) == _MOST
    refused(last, 429, "too-many-requests")
    assert file("resident", str(uuid4()), uuid4().hex).status_code == 201, "another's are his own"


@pytest.mark.parametrize("role", ["grid_worker", "partner"])
def test_who_files_for_everybody_may_file_more(file: File, role: str) -> None:
    person = str(uuid4())
    assert [file(role, person, uuid4().hex).status_code for _ in range(_MOST + 1)] == [201] * (_MOST + 1)
