"""What those who administer do stays in a trail that the administrators of the area read; no route forgets it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml

from services.chassis.http import Route
from services.chassis.http.entrypoints import routes_of
from services.tickets.service import TicketsApi
from tests.integration.tickets.administrators import ACTS, Admin, changed
from tests.integration.tickets.appointments import CLINIC
from tests.integration.tickets.conftest import House, done, refused
from tests.integration.tickets.towns import Town, places, town

__all__ = ["town"]
USUAL, ODD = {"daily": ["08:00-12:00"]}, {"weekend": ["03:00-07:00"]}


def post(admin: Admin, code: str = "keep") -> str:
    said = {"place": "~-grid".replace("~", admin.town.id), "code": code, "duty": "maintain", "name": "Keeper"}
    return str(done(admin.call("POST", "/api/v1/posts", said), 201)["id"])


def department(admin: Admin) -> str:
    said = {"id": f"{admin.town.id}-office", "place": admin.town.id, "name": "Office", "kind": "other"}
    return str(done(admin.call("POST", "/api/v1/departments", said), 201)["id"])


def absence(admin: Admin) -> str:
    """Of somebody of the county whom the administrator is above."""
    person, house = str(uuid4()), admin.town.house
    house.db["staff"].insert_one({
        "_id": person, "person_id": person, "kind": "person", "state": "active", "sequence": 1, "tokens_from": 0,
        "grants": [{"role": "grid_worker", "area_path": f"/{admin.town.id}/"}],
    })  # fmt: skip
    until = (house.clock.now() + timedelta(days=1)).isoformat()
    said = {"person_id": person, "until": until, "reason": "sick"}
    return str(done(admin.call("POST", "/api/v1/absences", said), 201)["id"])


def clinic(admin: Admin) -> httpx.Response:
    return admin.call("PUT", "/api/v1/stations/~-quay/appointment-services/clinic", CLINIC)


EXAMPLES: Mapping[str, tuple[str, Callable[[Admin], Any]]] = {
    "POST /api/v1/places": ("places-loaded", lambda a: done(a.load(ODD))),
    "POST /api/v1/stations/<station_id>/state": (
        "station-state", lambda a: done(a.call("POST", "/api/v1/stations/~-quay/state", {"state": "closed"}))),
    "POST /api/v1/posts": ("post-defined", post),
    "PUT /api/v1/posts/<post_id>/holders": (
        "post-held", lambda a: done(a.call("PUT", f"/api/v1/posts/{post(a)}/holders", {"holders": []}))),
    "DELETE /api/v1/posts/<post_id>": ("post-removed", lambda a: a.call("DELETE", f"/api/v1/posts/{post(a)}")),
    "POST /api/v1/departments": ("department-registered", department),
    "PUT /api/v1/departments/<department_id>": (
        "department-described",
        lambda a: done(a.call("PUT", f"/api/v1/departments/{department(a)}", {"name": "O", "kind": "other"}))),
    "DELETE /api/v1/departments/<department_id>": (
        "department-removed", lambda a: a.call("DELETE", f"/api/v1/departments/{department(a)}")),
    "PUT /api/v1/compounds/<compound_id>/parties": (
        "parties-defined", lambda a: done(a.call("PUT", "/api/v1/compounds/~-compound/parties", {"parties": {}}))),
    "PUT /api/v1/stations/<station_id>/appointment-services/<service_id>": (
        "appointments-offered", lambda a: done(clinic(a))),
    "POST /api/v1/absences": ("absence-recorded", absence),
    "POST /api/v1/absences/<absence_id>/end": (
        "absence-ended", lambda a: done(a.call("POST", f"/api/v1/absences/{absence(a)}/end"))),
}  # fmt: skip
ADMINISTERED = {"places", "posts", "departments"}
"""What is administered, whoever may do it."""


def roles(route: Route) -> tuple[str, ...]:
    """Of a route for some; none of one for all."""
    return route.roles if isinstance(route.roles, tuple) else ()


def test_every_route_by_which_somebody_administers_has_an_example_here() -> None:
    commands = [route for route in routes_of(TicketsApi) if route.kind == "command"]
    administering = [one.name for one in commands if "admin" in roles(one) or ADMINISTERED & set(one.tags)]
    assert set(administering) == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_leaves_a_row_with_who_when_and_what(town: Town, name: str) -> None:
    admin, (action, does) = Admin(town), EXAMPLES[name]
    does(admin)
    [row] = [one for one in admin.acts(person_id=admin.id) if one["action"] == action]
    assert row["by"] == admin.id
    assert all(area.startswith(f"/{town.id}/") for area in row["areas"])
    assert row["areas"]
    assert row["subject"]


def test_hours_that_were_changed_for_a_moment_stand_there_as_they_were_and_as_they_became(town: Town) -> None:
    admin = Admin(town)
    for hours in (ODD, USUAL):
        done(admin.load(hours))
    back, there = admin.acts(subject=f"{town.id}-quay")
    for row, before, after in ((there, USUAL, ODD), (back, ODD, USUAL)):
        assert row["action"] == "place-changed"
        assert row["detail"]["changes"] == [{"field": "hours", "before": before, "after": after}]
    loads = admin.acts(action="places-loaded", person_id=admin.id)
    assert [row["detail"]["hours_changed"] for row in loads] == [{"count": 1, "ids": [f"{town.id}-quay"]}] * 2
    community = Admin(town, town.director[0][1])
    assert len(community.acts(action="place-changed")) == 2, "also for who administers the community alone"
    assert community.acts(action="places-loaded") == []


def test_a_service_that_is_withdrawn_stands_there_as_it_was_and_as_it_became(town: Town) -> None:
    admin, path = Admin(town), "/api/v1/stations/~-quay/appointment-services/clinic"
    before, after = CLINIC, {**CLINIC, "offered": False, "slot_minutes": 45, "capacity": 1, "cancel_minutes": 0}
    done(admin.call("PUT", path, before))
    done(admin.call("PUT", path, after))
    changed, defined = (row["detail"] for row in admin.acts(action="appointments-offered"))
    values = {name: value for name, value in changed.items() if isinstance(value, dict)}
    assert {name for name, value in values.items() if value["before"] != value["after"]} == {
        "offered", "slot_minutes", "capacity", "cancel_minutes",
    }  # fmt: skip
    assert changed["offered"] == {"before": True, "after": False}
    assert [changed[name] for name in ("slot_minutes", "capacity", "cancel_minutes")] == [
        {"before": before[name], "after": after[name]} for name in ("slot_minutes", "capacity", "cancel_minutes")
    ]
    assert changed["week"]["before"] == changed["week"]["after"] == defined["week"]["after"]
    assert (defined["offered"], defined["week"]["before"]) == ({"before": None, "after": True}, None)


def test_what_changes_nothing_or_is_refused_leaves_none(town: Town) -> None:
    admin = Admin(town)
    done(admin.load(USUAL))
    done(admin.load(ODD, dry_run="true"))
    refused(admin.call("POST", "/api/v1/stations/~-quay/state", {"state": "planned"}), 409,
            "station-state-cannot-follow")  # fmt: skip
    assert admin.acts(person_id=admin.id) == []


def test_no_words_are_kept(town: Town) -> None:
    admin = Admin(town)
    data = changed(town, ODD)
    quay = data["streets"][0]["communities"][0]["stations"][1]
    quay |= {"name": "王小明家", "exceptions": [{"date": "2026-05-01", "closed": True, "reason": "王小明结婚"}]}
    done(admin.call("POST", "/api/v1/places", data))
    rows = list(town.house.db["acts"].find({"by": admin.id}))
    assert "王小明" not in str(rows)
    assert "2026-05-01" in str(rows)


def test_an_administrator_reads_of_his_area_alone_and_others_nothing(house: House, town: Town) -> None:
    admin = Admin(town)
    done(admin.load(ODD))
    stranger = Admin(town, "/hequ/")
    assert stranger.acts(person_id=admin.id) == []
    refused(stranger.call("GET", ACTS, area=f"/{town.id}/"), 404, "not-found")
    refused(Admin(town, role="district").call("GET", ACTS), 403, "not-allowed")
    now = house.db["acts"].find_one({"by": admin.id})
    assert now is not None
    later = (now["at"] + timedelta(seconds=1)).isoformat()
    assert admin.acts(person_id=admin.id, since=later) == []
    assert len(admin.acts(person_id=admin.id, until=later)) == 2


def test_they_come_in_pages_newest_first(town: Town) -> None:
    admin = Admin(town)
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    for code in "abcde":
        post(admin, code)
    for _ in range(3):
        page = done(admin.call("GET", ACTS, person_id=admin.id, limit=2, **cursor))
        seen += [row["subject"] for row in page["items"]]
        cursor = {"cursor": page["next"]}
    assert (seen, cursor) == ([f"{town.id}-grid.{code}" for code in "edcba"], {"cursor": None})


def test_commands_on_the_machine_leave_theirs_as_the_operators(house: House, town: Town, tmp_path: Path) -> None:
    admin, file = Admin(town), tmp_path / "county.yml"
    area = f"/{town.id}/"
    file.write_text(yaml.safe_dump(changed(town, ODD), allow_unicode=True))
    house.processes.cli("places", "load", str(file))
    posts = tmp_path / "posts.yml"
    posts.write_text(f"posts:\n- {{place: {town.id}-grid, code: head, duty: serve, name: 网格长, level: grid}}\n")
    house.processes.cli("posts", "load", str(posts))
    house.processes.cli("policy", "activate", "--pack", "fengman", "--area", area)
    house.processes.cli("policy", "deactivate", "request", "--area", area)
    found = admin.acts(person_id="operator", limit=200)
    assert {"places-loaded", "place-changed", "post-loaded", "rules-activated", "rules-released"} <= {
        row["action"] for row in found
    }
    [released] = [row for row in found if row["action"] == "rules-released"]
    assert (released["subject"], released["areas"], released["detail"]["rules"]) == ("request", [area], "policies")


def test_a_place_that_a_file_removes_is_named(house: House, town: Town, tmp_path: Path) -> None:
    data = places(town.id, town.quay["lat"])
    data["streets"][0]["communities"][0]["stations"].pop()
    file = tmp_path / "county.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True))
    house.processes.cli("places", "load", str(file), "--remove-absent")
    subjects = [row["subject"] for row in Admin(town).acts(person_id="operator", action="place-removed")]
    assert subjects == [f"{town.id}-plan"]
