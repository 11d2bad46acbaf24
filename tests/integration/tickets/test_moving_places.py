"""A grid moves to another community while its tickets are open, on real processes, some of which are killed."""

import os
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from services.chassis.unit import Unit
from services.cli.native.programs import base_environment
from services.tickets.domain import actions
from services.tickets.domain.places_tree import read_places
from services.tickets.domain.refused import Refused
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.place_changes import put, remove
from services.tickets.handlers.places import plan
from services.tickets.handlers.placing import placing
from services.tickets.handlers.ports import Activation
from services.tickets.house import house_of
from services.tickets.storage import Tickets
from services.tickets.storage.directory import Directory
from services.tickets.storage.policies import ACTIVATIONS, Policies
from tests.integration.tickets.conftest import done, refused
from tests.integration.tickets.villages import CADRE, NEW, NEW_CADRE, OLD, WORKER, Village, town, village
from tests.support.eventually import eventually
from tests.support.processes import ROOT

__all__ = ["village"]
OPEN = 400


def test_a_move_that_is_killed_in_the_middle_is_finished_by_the_worker_and_each_ticket_moves_once(
    village: Village,
) -> None:
    ids = [village.filed() for _ in range(OPEN)]
    other = village.filed("m1-own")
    kill_in_the_middle(village, village.file("after", town("m2")))
    moved = village.lying(NEW)
    assert 0 < moved < OPEN, "it was killed in the middle"
    village.processes.start("tickets", "worker")
    eventually(lambda: village.lying(NEW) == OPEN, 60)
    rows = list(village.tickets.db["tickets"].find({"_id": {"$in": ids}}))
    assert {Counter(step["kind"] for step in row["history"])["relocated"] for row in rows} == {1}
    assert {row["station_path"] for row in rows} == {"/c/s/m2/st1/"}
    told = Counter(row["aggregate_id"] for row in village.tickets.db["outbox"].find({"type": "ticket.relocated"}))
    assert told == Counter(ids), "each was told of once"
    untouched = village.tickets.db["tickets"].find_one({"_id": other})
    assert untouched is not None
    assert (untouched["area_path"], len(untouched["history"])) == ("/c/s/m1/m1-own/", 1)
    again = village.processes.cli("places", "load", str(village.folder / "after.yml")).stdout
    assert "new: 0, changed: 0" in again


def kill_in_the_middle(village: Village, file: str) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", "places", "load", file],
        env={**base_environment(), **village.processes.env}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    eventually(lambda: village.lying(NEW) > 0 or command.poll() is not None, 90)
    os.kill(command.pid, signal.SIGKILL)
    command.communicate()


def test_the_same_people_work_on_and_the_new_community_answers_for_it(village: Village) -> None:
    ticket_id = village.filed(taken=True)
    said = village.processes.cli("places", "load", village.file("after", town("m2"))).stdout
    assert f"moved to {NEW}: 1 tickets went along" in said
    (mine,) = done(village.ask(WORKER, ("grid_worker", NEW)))["items"]
    assert (mine["id"], mine["area_path"], mine["assignee_id"]) == (ticket_id, NEW, WORKER)
    assert mine["owner_id"] == WORKER, "the grid's worker answers for it before accounts has said so"
    assert [one["id"] for one in done(village.ask(NEW_CADRE, ("community", "/c/s/m2/")))["items"]] == [ticket_id]
    assert done(village.ask(CADRE, ("community", "/c/s/m1/")))["items"] == []

    village.deed(ticket_id, lambda course, rules: actions.escalate(course, Actor(WORKER, STAFF), rules, "too heavy"))
    lifted = village.tickets.db["tickets"].find_one({"_id": ticket_id})
    assert lifted is not None
    assert (lifted["level"], lifted["owner_id"]) == ("community", NEW_CADRE)


def test_roles_follow_the_grid_into_accounts_and_back(village: Village) -> None:
    village.processes.cli("places", "load", village.file("after", town("m2")))
    for service in ("tickets", "accounts"):
        village.processes.start(service, "worker")

    def grants() -> Any:
        row = village.contexts["accounts"].db["accounts"].find_one({"person_id": WORKER})
        return [(grant["role"], grant["area_path"]) for grant in row["grants"]] if row else None

    eventually(lambda: grants() == [("grid_worker", NEW)])
    staff = village.tickets.db["staff"]
    eventually(lambda: (staff.find_one({"person_id": WORKER}) or {}).get("sequence") == 2)
    assert staff.find_one({"person_id": WORKER})["grants"] == [{"role": "grid_worker", "area_path": NEW}]  # type: ignore[index]
    accounts = village.contexts["accounts"].db
    account = accounts["accounts"].find_one({"person_id": WORKER})
    assert account is not None
    (audit,) = accounts["audit"].find({"action": "place-moved"})
    assert (audit["account_id"], audit["detail"]) == (account["_id"], {"place": "g1", "path": NEW})
    village.processes.cli("places", "load", str(village.folder / "before.yml"))
    eventually(lambda: grants() == [("grid_worker", OLD)])


def test_over_http_the_worker_brings_the_tickets_along(village: Village) -> None:
    ids = [village.filed() for _ in range(3)]
    village.processes.start("tickets", "worker")
    headers = village.tokens.headers(("admin", "/c/"))
    assert sorted(done(village.api.post("/api/v1/places", json=town("m2"), headers=headers))["changed"]) == [
        "g1",
        "st1",
    ]
    eventually(lambda: village.lying(NEW) == len(ids))


def test_a_ticket_that_was_filed_by_the_former_tree_meanwhile_is_brought_along_too(village: Village) -> None:
    """A transaction that began before the move and ends after it sees the tree as it was."""

    def filing(unit: Unit) -> None:
        store, house = Tickets(unit), house_of(village.tickets)
        where = placing(store, "g1", None, None)
        if village.lying(OLD) == 0 and not moved:
            village.processes.cli("places", "load", village.file("after", town("m2")))
            moved.append(True)
        file_ticket(store, house, Filer(CADRE, True), where, {"kind": "request"}, unit.now)

    moved: list[bool] = []
    village.tickets.units.run(filing)
    assert village.lying(OLD) == 1, "else there is nothing to bring along"
    village.tickets.db["timers"].update_many({"kind": "relocation"}, {"$set": {"due_at": village.tickets.clock.now()}})
    village.processes.start("tickets", "worker")
    eventually(lambda: village.lying(NEW) == 1)


def test_a_place_goes_only_when_nobody_waits_there_and_its_posts_with_it(village: Village) -> None:
    ticket_id = village.filed()
    office = village.tokens.headers(("community", "/c/s/m1/"))
    for place in ("g1", "m1-own"):
        post = {"place": place, "code": "keep", "duty": "maintain", "name": "Keeper"}
        done(village.api.post("/api/v1/posts", json=post, headers={**office, "Idempotency-Key": f"post-{place}"}), 201)
    gone = town("m1")
    gone["streets"][0]["communities"][0] |= {"grids": [{"id": "m1-own", "name": "Own"}], "stations": []}
    file = village.file("gone", gone)
    tried = village.processes.cli("places", "load", file).stdout
    assert "known but not in the file, left as they are: g1, st1" in tried
    refusal = village.processes.cli("places", "load", file, "--remove-absent", check=False)
    assert refusal.returncode == 1
    assert f"{file}:1: {OLD}: 1 tickets have not ended there: it cannot be removed." in refusal.stderr
    assert "2 errors; nothing was changed." in refusal.stderr, "the station has it too"
    village.deed(ticket_id, lambda course, rules: actions.reject(course, Actor(CADRE, STAFF), "no"))
    removed = village.processes.cli("places", "load", file, "--remove-absent").stdout
    assert "removed: g1, st1" in removed
    assert [post["id"] for post in done(village.api.get("/api/v1/posts", headers=office))["items"]] == ["m1-own.keep"]
    refused(village.api.get("/api/v1/areas/g1", headers={"Accept-Language": "en"}), 404, "not-found")
    back = village.processes.cli("places", "load", str(village.folder / "before.yml")).stdout
    assert "new: 2, changed: 0" in back
    rows = village.tickets.db["outbox"].find({"aggregate_id": "g1"}).sort("sequence")
    assert [(row["type"], row["sequence"]) for row in rows] == [
        ("area.defined", 1), ("area.removed", 2), ("area.defined", 3),
    ]  # fmt: skip


def test_what_has_just_moved_is_not_removed_before_its_tickets_have_followed(village: Village) -> None:
    ticket_id, units = village.filed(), village.tickets.units
    known = Tickets(units.read()).places_with_sequence()
    moving = plan(read_places(town("m2")), known)
    units.run(lambda unit: put(Tickets(unit), moving.changes))
    store = Tickets(units.read())
    assert [store.is_followed(name) for name in ("g1", "1", "m1")] == [True, False, False]
    gone = town("m2")
    community = next(one for one in gone["streets"][0]["communities"] if one["id"] == "m2")
    community["grids"] = [grid for grid in community["grids"] if grid["id"] != "g1"]
    community["stations"] = []
    refusal = village.processes.cli("places", "load", village.file("gone", gone), "--remove-absent", check=False)
    assert refusal.returncode == 1
    assert "has just moved and its tickets still follow" in refusal.stderr
    assert store.ticket(ticket_id) is not None
    assert "g1" in Tickets(units.read()).places_with_sequence()


def test_of_a_move_into_a_community_and_its_removal_at_the_same_time_one_wins(village: Village) -> None:
    units = village.tickets.units
    known = Tickets(units.read()).places_with_sequence()
    moving = plan(read_places(town("m2")), known)
    without = town("m1")
    del without["streets"][0]["communities"][1]
    removing = plan(read_places(without), known, remove=True)
    tried: list[bool] = []

    def move(unit: Unit) -> None:
        put(Tickets(unit), moving.changes)
        if not tried:
            tried.append(True)
            units.run(lambda other: remove(Tickets(other), removing.removals))

    with pytest.raises(Refused, match="places-changed-meanwhile"):
        units.run(move)
    places = Tickets(units.read()).places_with_sequence()
    assert ("m2" in places, places["g1"][0].area_path) == (False, OLD)


def test_rules_of_the_grid_hold_where_it_lies_now(village: Village) -> None:
    mine = Activation(OLD, "request", "request-1341/1", village.tickets.clock.now(), "admin")

    def activate(unit: Unit) -> None:
        for name in ACTIVATIONS:
            Policies(unit, Directory(unit), holding=name).activate(mine)

    village.tickets.units.run(activate)
    village.processes.cli("places", "load", village.file("after", town("m2")))

    rows = {name: list(village.tickets.db[name].find()) for name in ACTIVATIONS}
    assert {name: [(row["_id"], row["area_path"], row["pin"]) for row in found] for name, found in rows.items()} == {
        name: [(f"{NEW}|request", NEW, "request-1341/1")] for name in ACTIVATIONS
    }
    pins = [village.tickets.units.run(lambda unit, path=path: Tickets(unit).policies.active("request", path))  # type: ignore[misc]
            for path in (OLD, NEW)]  # fmt: skip
    assert pins == [None, "request-1341/1"]
