"""How many appointments an hour residents behind one address book: a stranger makes himself accounts without number."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.chassis.clock import system_now
from services.chassis.http.limits import window
from services.tickets.api.appointments import BOOKING_OF_ADDRESS
from tests.integration.tickets.appointments import Office, office, other_slots, resident
from tests.integration.tickets.conftest import an_address, refused
from tests.integration.tickets.towns import Desk, town

__all__ = ["office", "town"]
_MOST = 3
Book = Callable[[Desk, int, str], httpx.Response]


@pytest.fixture
def book(office: Office) -> Iterator[Book]:
    """Books a slot from an address, at a process that takes three an hour of residents behind one."""
    process, slots = (
        office.house.processes.start("tickets", "http", BOOKINGS_OF_ADDRESS=str(_MOST)),
        other_slots(office, 8),
    )

    def book(who: Desk, number: int, address: str) -> httpx.Response:
        body: dict[str, Any] = {"service_id": "clinic", "start_at": slots[number].isoformat()}
        if who is office.head:
            body |= {"contact": {"name": "王小明", "telephone": f"137{uuid4().int % 10**8:08}"}}
        headers = {**who.headers, "Idempotency-Key": uuid4().hex, "X-Forwarded-For": address}
        return process.http.post(f"/api/v1/stations/{office.town.id}-quay/bookings", json=body, headers=headers)

    yield book
    office.house.processes.stop(process)


def test_accounts_without_number_book_no_more_than_one_address_may_and_the_desk_goes_on(
    office: Office, book: Book
) -> None:
    answers, address = within_an_hour(lambda address: [book(resident(office), n, address) for n in range(_MOST + 1)])
    *booked, last = answers
    assert [answer.status_code for answer in booked] == [201] * _MOST
    refused(last, 429, "too-many-requests")
    assert [book(office.head, n, address).status_code for n in range(4, 8)] == [201] * 4
    assert book(resident(office), 4, an_address()).status_code == 201


def within_an_hour(story: Callable[[str], list[httpx.Response]]) -> tuple[list[httpx.Response], str]:
    """What was answered from beginning to end within one of the hours by which bookings are counted."""
    begun, address = window(BOOKING_OF_ADDRESS, system_now()), an_address()
    answers = story(address)
    ended = window(BOOKING_OF_ADDRESS, system_now())
    return (answers, address) if begun == ended else within_an_hour(story)
