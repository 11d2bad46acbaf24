"""Who once had a ticket in hand and has nothing to do with it any more: he gets nothing of it, by list or by route."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.tickets.conftest import COMMUNITY, WORKER, Document, House, done, refused
from tests.support.pictures import photo

MOVED = ("grid_worker", f"{COMMUNITY}grid-002/")
GONE = {"no role left": (), "moved to another grid": (MOVED,), "a resident by now": (("resident", "/hequ/"),)}
PRIVATE = {"description": "very private words", "reporter": {"name": "王小明", "telephone": "13800005678"}}


def ask(house: House, person: str, grants: Any, method: str, path: str, **sent: Any) -> httpx.Response:
    headers = {**house.tokens.headers(*grants, person_id=person), "Accept-Language": "en"}
    return house.api.http.request(method, path, headers=headers, **sent)


def with_photo(house: House, ticket: Document) -> str:
    headers = house.headers(WORKER, **{"Idempotency-Key": uuid4().hex})
    taken = done(house.api.http.post("/api/v1/attachments", content=photo(), headers=headers), 201)
    done(house.do(ticket, "attachments", WORKER, {"attachment_id": taken["attachment_id"]}))
    return str(taken["attachment_id"])


@pytest.mark.parametrize("grants", GONE.values(), ids=list(GONE))
@pytest.mark.parametrize("solved", [False, True], ids=["still open", "solved"])
def test_a_worker_without_a_role_there_gets_nothing_of_what_he_had_in_hand(
    house: House, grants: Any, solved: bool
) -> None:
    ticket = house.assigned(person=WORKER, summary="in his hands", **PRIVATE)
    attachment_id = with_photo(house, ticket)
    if solved:
        done(house.do(ticket, "arrive", WORKER, {"severity": "ordinary"}))
        done(house.do(ticket, "resolve", WORKER))
    path = f"/api/v1/tickets/{ticket['id']}"
    tries: list[tuple[str, str, Document]] = [
        ("GET", path, {}), ("GET", f"{path}/history", {}), ("GET", f"{path}/clock", {}), ("GET", f"{path}/routing", {}),
        ("GET", f"{path}/attachments", {}), ("GET", f"/api/v1/attachments/{attachment_id}", {}),
        ("POST", f"{path}/reveal", {"json": {"reason": "for old times' sake"}}),
        ("POST", f"{path}/arrive", {"json": {"severity": "ordinary"}}), ("POST", f"{path}/resolve", {"json": {}}),
        ("POST", f"{path}/pause", {"json": {"reason_code": "resident_away"}}),
        ("POST", f"{path}/attachments", {"json": {"attachment_id": attachment_id}}),
    ]  # fmt: skip
    for method, where, sent in tries:
        refused(ask(house, WORKER, grants, method, where, **sent), 404, "not-found")
    for more in ({}, {"mine": "true"}):
        listed = done(ask(house, WORKER, grants, "GET", "/api/v1/tickets", params={"limit": 200, **more}))
        assert ticket["id"] not in [item["id"] for item in listed["items"]]
        table = ask(house, WORKER, grants, "GET", "/api/v1/tickets/export", params=more)
        assert ticket["number"] not in table.text
    assert house.db["reveals"].count_documents({"ticket_id": ticket["id"]}) == 0


def test_who_still_serves_there_finds_what_went_through_his_hands_but_it_is_not_his_any_more(house: House) -> None:
    in_hand, solved = house.assigned(), house.resolved()
    listed = done(house.get("/api/v1/tickets", WORKER, assignee=WORKER, limit=200))["items"]
    assert {in_hand["id"], solved["id"]} <= {item["id"] for item in listed}
    own = [item["id"] for item in done(house.get("/api/v1/tickets", WORKER, mine=True, limit=200))["items"]]
    assert in_hand["id"] in own
    assert solved["id"] not in own


def test_a_street_that_answered_for_it_reveals_nothing_once_its_role_is_another(house: House) -> None:
    ticket = house.filed(WORKER, **PRIVATE)
    street = "01920c5e-0000-7000-8000-0000000000f7"
    house.db["tickets"].update_one({"_id": ticket["id"]}, {"$set": {"owner_id": street, "level": "street"}})
    path, why = f"/api/v1/tickets/{ticket['id']}/reveal", {"reason": "a look"}
    office, partner = (("street", "/hequ/qingxi/"),), (("partner", "/hequ/"),)
    assert done(ask(house, street, office, "POST", path, json=why))["telephone"] == "13800005678"
    refused(ask(house, street, partner, "POST", path, json=why), 403, "not-allowed")


def test_a_reporter_who_is_staff_elsewhere_does_not_read_what_his_neighbours_reported(house: House) -> None:
    person, elsewhere = "01920c5e-0000-7000-8000-0000000000f8", (("grid_worker", f"{COMMUNITY}grid-002/"),)
    body = {"kind": "request", "grid_id": "grid-001", "category": "lift", "description": "my own words"}
    house.filed(description="my neighbour's words", category="lift")
    key = {"Idempotency-Key": uuid4().hex}
    headers = {**house.tokens.headers(*elsewhere, person_id=person), **key}
    own = done(house.api.http.post("/api/v1/tickets", json=body, headers=headers), 201)
    answer = ask(house, person, elsewhere, "GET", f"/api/v1/tickets/{own['id']}/duplicates")
    refused(answer, 403, "not-allowed")
    assert "neighbour's words" not in answer.text
    suggested = done(house.get(f"/api/v1/tickets/{own['id']}/duplicates", WORKER))["items"]
    assert [item["ticket"]["description"] for item in suggested] == [None]
