"""Members belong to places of which volunteers has heard, and follow them when they move."""

from typing import Any

import httpx

from services.chassis.ids import new_id
from tests.integration.volunteers.conftest import Desk
from tests.support.eventually import eventually
from tests.support.places import define_places

STREET = "/hequ/xikou/"


def told(desk: Desk, event_type: str, sequence: int, path: str, **more: Any) -> dict[str, Any]:
    """A row of tickets' event log about the place at the end of a path."""
    place = {"id": path.split("/")[-2], "level": "grid", "name": "Grid", "area_path": path}
    return desk.publishing.write(event_type, place["id"], sequence, area_path=path, place=place, **more)


def asks(desk: Desk, http: httpx.Client, person: str, path: str) -> httpx.Response:
    """Whether volunteers knows the place is another's concern."""
    body = {"area_path": path, "skills": [], "consent": True}
    return http.post("/api/v1/members", json=body, headers=desk.headers(person))


def test_members_follow_a_place_from_where_it_lay_in_whatever_order_volunteers_hears_of_it(
    open_desk: Desk, http: httpx.Client
) -> None:
    grid = new_id()
    paths = [f"{STREET}{community}/{grid}/" for community in ("binhe", "dongmen", "nanmen", "made-up")]
    first, second, third, nowhere = paths
    people = [open_desk.register(http, new_id(), area_path=first).json()["person_id"] for _ in paths]
    for person, path in zip(people, paths, strict=True):
        open_desk.db["members"].update_one({"person_id": person}, {"$set": {"area_path": path}})
    story = [
        told(open_desk, "area.defined", 1, first),
        told(open_desk, "area.moved", 3, second, from_path=first),
        told(open_desk, "area.moved", 5, third, from_path=second),
    ]
    open_desk.publishing.send([story[2], story[0], story[2], story[1]])

    def lying() -> list[str]:
        rows = {row["person_id"]: row for row in open_desk.db["members"].find({"person_id": {"$in": people}})}
        return [rows[person]["area_path"] for person in people]

    eventually(lambda: lying() == [third, third, third, nowhere])


def test_nobody_becomes_a_member_where_there_is_no_place_and_soon_after_it_was_loaded_he_does(
    open_desk: Desk, http: httpx.Client
) -> None:
    grid, person = new_id(), new_id()
    path, ghost = f"{STREET}binhe/{grid}/", f"{STREET}made-up/{grid}/"
    open_desk.publishing.send([told(open_desk, "area.defined", 1, path)])
    eventually(lambda: open_desk.db["places"].find_one({"_id": grid}))
    for unknown in (ghost, f"{path}house-3/", f"{STREET}{new_id()}/"):
        refused = asks(open_desk, http, person, unknown)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/unknown-place")
        assert unknown in refused.json()["detail"]
    assert open_desk.db["members"].count_documents({"person_id": person}) == 0
    assert asks(open_desk, http, person, path).status_code == 201
    open_desk.publishing.send([told(open_desk, "area.removed", 2, path)])
    eventually(lambda: open_desk.db["places"].find_one({"_id": grid, "is_there": False}))
    assert asks(open_desk, http, new_id(), path).json()["type"] == "/problems/unknown-place"


def test_a_repeated_request_is_answered_as_before_though_the_place_has_gone(
    open_desk: Desk, http: httpx.Client
) -> None:
    place, person = new_id(), new_id()
    path = f"{STREET}{place}/"
    define_places(open_desk.db, path)
    headers = open_desk.headers(person, key="asked-once")
    body = {"area_path": path, "skills": [], "consent": True}
    first = http.post("/api/v1/members", json=body, headers=headers)
    open_desk.db["places"].update_one({"_id": place}, {"$set": {"is_there": False}})
    again = http.post("/api/v1/members", json=body, headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
