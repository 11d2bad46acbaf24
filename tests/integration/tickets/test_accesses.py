"""Searches by telephone and exports are written down, and the administrators of the area can read that."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from services.chassis.housekeeping import remove_old
from services.tickets.service import SERVICE
from tests.integration.tickets.conftest import COMMUNITY, ELSEWHERE, GRID, House, done, refused

ACCESSES = "/api/v1/tickets/accesses"
TELEPHONE = "13700005678"


class Somebody:
    """A person of his own in each test, with one role."""

    def __init__(self, house: House, role: str, *areas: str) -> None:
        self.id = str(uuid4())
        self._http = house.api.http
        self._headers = house.tokens.headers(*((role, area) for area in areas), person_id=self.id)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self._http.get(path, params=params, headers=self._headers)

    def search(self, address: str = "192.0.2.1", **asked: Any) -> httpx.Response:
        headers = {**self._headers, "X-Forwarded-For": address}
        return self._http.post("/api/v1/tickets/search", json=asked, headers=headers)

    def accesses_of(self, other: "Somebody", **params: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = done(self.get(ACCESSES, person_id=other.id, **params))["items"]
        return items


def times(rows: list[dict[str, Any]]) -> int:
    """An hour may have passed in between."""
    return sum(row["times"] for row in rows)


def test_a_search_by_telephone_is_written_down_without_the_telephone(house: House) -> None:
    worker, admin = Somebody(house, "grid_worker", GRID), Somebody(house, "admin", COMMUNITY)
    for _ in range(3):
        done(worker.search(telephone=TELEPHONE))
    done(worker.search(text="lamp post"))
    rows = admin.accesses_of(worker)
    assert times(rows) == 3
    assert {(row["action"], row["person_id"], tuple(row["areas"])) for row in rows} == {
        ("search-by-telephone", worker.id, (GRID,))
    }
    kept = str(list(house.db["accesses"].find({"person_id": worker.id})))
    assert TELEPHONE not in kept
    assert "192.0.2" not in kept


def test_each_address_has_its_row(house: House) -> None:
    worker, admin = Somebody(house, "grid_worker", GRID), Somebody(house, "admin", COMMUNITY)
    for address in ("192.0.2.1", "192.0.2.2"):
        done(worker.search(address, telephone=TELEPHONE))
    assert len({row["from"] for row in admin.accesses_of(worker)}) == 2


def test_a_refused_search_is_none(house: House) -> None:
    worker, admin = Somebody(house, "grid_worker", GRID), Somebody(house, "admin", COMMUNITY)
    refused(worker.search(telephone="not a number"), 422, "telephone-malformed")
    refused(worker.search(telephone=TELEPHONE, area=ELSEWHERE), 404, "not-found")
    assert admin.accesses_of(worker) == []


def test_an_export_is_written_down_over_what_was_asked_for(house: House) -> None:
    cadre, admin = Somebody(house, "community", COMMUNITY), Somebody(house, "admin", COMMUNITY)
    assert cadre.get("/api/v1/tickets/export").status_code == 200
    assert cadre.get("/api/v1/tickets/export", area=GRID).status_code == 200
    rows = admin.accesses_of(cadre)
    assert {(row["action"], tuple(row["areas"])) for row in rows} == {("export", (COMMUNITY,)), ("export", (GRID,))}


def test_who_exports_his_own_tickets_stands_under_the_areas_of_his_roles(house: House) -> None:
    resident, admin = Somebody(house, "resident", COMMUNITY), Somebody(house, "admin", COMMUNITY)
    assert resident.get("/api/v1/tickets/export").status_code == 200
    assert [row["areas"] for row in admin.accesses_of(resident)] == [[COMMUNITY]]


def test_searches_at_once_count_each(house: House) -> None:
    worker, admin = Somebody(house, "grid_worker", GRID), Somebody(house, "admin", COMMUNITY)
    with ThreadPoolExecutor(8) as hands:
        list(hands.map(lambda _: done(worker.search(telephone=TELEPHONE)), range(16)))
    assert times(admin.accesses_of(worker)) == 16


def test_an_administrator_reads_of_his_area_and_what_lies_beneath_it_alone(house: House) -> None:
    both, above = Somebody(house, "grid_worker", GRID, ELSEWHERE), Somebody(house, "district", "/hequ/")
    done(both.search(telephone=TELEPHONE))
    done(above.search(telephone=TELEPHONE))
    here, there, county = (Somebody(house, "admin", area) for area in (COMMUNITY, ELSEWHERE, "/hequ/"))
    assert [row["areas"] for row in here.accesses_of(both)] == [[GRID]]
    assert [row["areas"] for row in there.accesses_of(both)] == [[ELSEWHERE]]
    assert here.accesses_of(above) == []
    assert times(county.accesses_of(above)) == 1
    assert [row["areas"] for row in here.accesses_of(both, area=GRID)] == [[GRID]]
    refused(here.get(ACCESSES, area=ELSEWHERE), 404, "not-found")
    refused(above.get(ACCESSES), 403, "not-allowed")
    refused(here.get(ACCESSES, area="nowhere"), 422, "invalid-input")


def test_they_come_in_pages_newest_first(house: House) -> None:
    worker, admin = Somebody(house, "grid_worker", GRID), Somebody(house, "admin", COMMUNITY)
    for number in range(5):
        done(worker.search(f"198.51.100.{number}", telephone=TELEPHONE))
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = done(admin.get(ACCESSES, person_id=worker.id, limit=2, **cursor))
        seen += page["items"]
        cursor = {"cursor": page["next"]}
    assert cursor == {"cursor": None}
    assert len({row["from"] for row in seen}) == 5
    assert [row["at"] for row in seen] == sorted((row["at"] for row in seen), reverse=True)
    refused(admin.get(ACCESSES, cursor="x"), 400, "bad-cursor")


def test_they_go_after_two_hundred_days(house: House) -> None:
    worker, admin = Somebody(house, "grid_worker", GRID), Somebody(house, "admin", COMMUNITY)
    done(worker.search(telephone=TELEPHONE))
    mine = {"person_id": worker.id}
    [row, *_] = house.db["accesses"].find(mine)
    for days, left in ((199, 1), (2, 0)):
        row["hour"] -= timedelta(days=days)
        house.db["accesses"].update_many(mine, {"$set": {"hour": row["hour"]}})
        remove_old(house.db, SERVICE.kept)
        assert len(admin.accesses_of(worker)) == left
