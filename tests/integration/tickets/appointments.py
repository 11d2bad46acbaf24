"""A station of a town that offers a clinic by appointment, and who books there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.tickets.domain.hours import WEEKDAYS
from tests.integration.tickets.conftest import Document, done
from tests.integration.tickets.towns import QUAY, Desk, Town, places

CALLER = {"name": "王小明", "telephone": "13722225678"}
CLINIC = {
    "name": {"zh-CN": "义诊", "en": "Clinic"}, "slot_minutes": 30, "capacity": 2, "cancel_minutes": 60,
    "ahead_days": 7, "week": {weekday: ["09:00-11:15"] for weekday in WEEKDAYS},
}  # fmt: skip


class Office:
    """A station that offers a clinic by appointment, at nine in the morning of some day."""

    def __init__(self, town: Town, now: datetime) -> None:
        self.town, self.house, self.now = town, town.house, now
        self.head, self.resident = Desk(town, "station_head"), Desk(town, "resident", f"{town.id}-grid/")
        assert self.offer().headers["ETag"] == '"1"'

    @property
    def clinic(self) -> str:
        return f"/api/v1/stations/{self.town.id}-quay/appointment-services/clinic"

    @property
    def tomorrow(self) -> datetime:
        return self.now + timedelta(days=1)

    def offer(self, who: Desk | None = None, **more: Any) -> httpx.Response:
        headers = {**(who or self.head).headers, "Accept-Language": "en"}
        seen = self.house.api.http.get(self.clinic, headers=headers).headers
        match = {"If-Match": seen["ETag"]} if "ETag" in seen else {}
        return self.house.api.http.put(self.clinic, json={**CLINIC, **more}, headers=headers | match)

    def book(self, who: Desk, at: datetime | None = None, station: str = QUAY, **more: Any) -> httpx.Response:
        body = {"service_id": "clinic", "start_at": (at or self.tomorrow).isoformat(), **more}
        return who.post(station, "bookings", body)

    def does(self, who: Desk, booking: Document, deed: str, **body: Any) -> httpx.Response:
        headers = {**who.headers, "Accept-Language": "en"}
        return self.house.api.http.post(f"/api/v1/bookings/{booking['id']}/{deed}", json=body, headers=headers)

    def free(self, day: datetime | None = None) -> list[int]:
        path = "/api/v1/stations/~-quay/slots"
        found = done(self.resident.get(path, date=(day or self.tomorrow).date().isoformat()))["services"]
        return [slot["free"] for service in found for slot in service["slots"]]

    def listed(self, **params: str) -> list[Document]:
        items = done(self.head.get("/api/v1/stations/~-quay/bookings", **params))["items"]
        return list(items)

    def affected(self) -> list[str | None]:
        return [one["affected"] for one in self.listed(**{"from": self.tomorrow.date().isoformat()})]


@pytest.fixture
def office(town: Town, morning: Callable[[], datetime]) -> Office:
    return Office(town, morning())


def resident(office: Office) -> Desk:
    return Desk(office.town, "resident", f"{office.town.id}-grid/")


def load(office: Office, **station: Any) -> None:
    """The town's file again, with the quay's station changed."""
    data = places(office.town.id, office.town.quay["lat"])
    quay = data["streets"][0]["communities"][0]["stations"][1]
    quay.update(station)
    admin = office.house.tokens.headers(("admin", f"/{office.town.id}/"))
    done(office.house.api.http.post("/api/v1/places", json=data, headers=admin))


def other_slots(office: Office, count: int) -> list[datetime]:
    """Beginnings of slots, of one day after the other."""
    return [office.tomorrow + timedelta(days=number // 4, minutes=30 * (number % 4)) for number in range(count)]
