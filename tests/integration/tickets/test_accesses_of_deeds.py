"""Who had personal data shown, or entered something for a telephone, is read by administrators of the area."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.tickets.accesses import read
from tests.integration.tickets.appointments import CALLER, Office, office
from tests.integration.tickets.conftest import GRID, RESIDENT, Document, House, done, refused
from tests.integration.tickets.photos import attach, uploaded
from tests.integration.tickets.towns import Desk, town

__all__ = ["office", "town"]
WHY = {"reason": "to call"}


class Worker:
    """A person of his own in each test, with one role over the grid."""

    def __init__(self, house: House, role: str = "grid_worker", area: str = GRID) -> None:
        self.house, self.id = house, str(uuid4())
        self._headers = {**house.tokens.headers((role, area), person_id=self.id), "Accept-Language": "en"}

    def post(self, path: str, body: Document) -> httpx.Response:
        headers = {**self._headers, "Idempotency-Key": uuid4().hex}
        return self.house.api.http.post(f"/api/v1/{path}", json=body, headers=headers)

    def get(self, path: str) -> httpx.Response:
        return self.house.api.http.get(f"/api/v1/{path}", headers=self._headers)


def test_reveals_and_looks_at_photos_are_read_by_who_administers_the_area(house: House) -> None:
    ticket, worker = house.filed(), Worker(house)
    photo = uploaded(house)
    done(attach(house, ticket, RESIDENT, photo))
    for _ in range(2):
        done(worker.post(f"tickets/{ticket['id']}/reveal", WHY))
    assert worker.get(f"attachments/{photo}").status_code == 200
    assert read(house, worker.id) == {("reveal", GRID): 2, ("look-at-photo", GRID): 1}
    kept = str(list(house.db["accesses"].find({"person_id": worker.id})))
    assert not [word for word in (ticket["id"], ticket["reporter_id"], "to call") if word in kept]


def test_what_is_refused_shows_nothing_and_is_none(house: House) -> None:
    ticket, street = house.filed(), Worker(house, "street", "/hequ/qingxi/")
    refused(street.post(f"tickets/{ticket['id']}/reveal", WHY), 403, "not-allowed")
    assert read(house, street.id, "/hequ/") == {}


@pytest.mark.parametrize("role", ["grid_worker", "partner"])
def test_filing_for_a_telephone_tells_whose_it_is_and_is_recorded(house: House, role: str) -> None:
    worker, said = Worker(house, role), {"kind": "request", "grid_id": "grid-001", "description": "dark"}
    for reporter in ({}, {"reporter": {"name": "王小明"}}, {"reporter": CALLER}):
        done(worker.post("tickets", {**said, **reporter}), 201)
    assert read(house, worker.id) == {("file-for-telephone", GRID): 1}
    resident: Any = Worker(house, "resident")
    done(resident.post("tickets", {**said, "reporter": CALLER}), 201)
    assert read(house, resident.id) == {}, "it is he who reports, whatever number he names"


def test_whose_booking_it_is_reveals_who_reveals_tickets_and_that_is_recorded(office: Office) -> None:
    house, county = office.house, f"/{office.town.id}/"
    booking = done(office.book(office.head, contact=CALLER), 201)
    street = Desk(office.town, "community")
    street.headers = house.tokens.headers(("street", f"{county}{office.town.id}-street/"), person_id=street.id)
    refused(office.does(street, booking, "reveal", reason="curious"), 403, "not-allowed")
    assert done(office.does(office.head, booking, "reveal", reason="to call")) == CALLER
    assert {action: times for (action, _), times in read(house, office.head.id, county).items()} == {
        "book-for-telephone": 1, "reveal-booking": 1
    }  # fmt: skip
    assert read(house, street.id, county) == {}
