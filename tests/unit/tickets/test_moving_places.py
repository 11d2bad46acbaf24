"""The tree changes under open tickets: they stay reachable, somebody answers for them, each moves once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.contracts.areas import moved
from services.tickets.domain import actions, steps
from services.tickets.domain.places_tree import read_places
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import Actor
from services.tickets.handlers.callbacks import call_back_when_bad
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do
from services.tickets.handlers.place_changes import put, remove
from services.tickets.handlers.places import load_places, plan
from services.tickets.handlers.placing import placing
from services.tickets.handlers.ports import Activation, House
from services.tickets.handlers.relocating import BATCH, relocate_batch
from services.tickets.service import SERVICE
from services.tickets.storage.policies import ACTIVATIONS
from tests.unit.tickets.shelf import Shelf, house
from tests.unit.tickets.stories import EVERYBODY, at

HOURS = {"daily": ["00:00-24:00"]}
OLD, NEW = "/c/s/m1/g1/", "/c/s/m2/g1/"


def town(**where: str) -> dict[str, Any]:
    """Two communities; `where` puts g1, k1, st1 and g2 into one of them, by default all into m1."""
    communities: dict[str, dict[str, Any]] = {
        id: {"id": id, "name": id, "grids": [{"id": f"own-{id}", "name": "Own"}], "compounds": [], "stations": []}
        for id in ("m1", "m2")
    }  # fmt: skip
    said = {
        "g1": ("grids", {"id": "g1", "name": "G1"}), "g2": ("grids", {"id": "g2", "name": "G2"}),
        "k1": ("compounds", {"id": "k1", "name": "K1", "grids": [f"own-{where.get('k1', 'm1')}"]}),
        "st1": ("stations", {"id": "st1", "name": "St1", "hours": HOURS,
                             "grid": "g1" if where.get("st1", "m1") == where.get("g1", "m1") else "own-m1"}),
    }  # fmt: skip
    for id, (kind, place) in said.items():
        community = where.get(id, "m1")
        if community:
            communities[community][kind].append(place)
    streets = [{"id": "s", "name": "S", "communities": list(communities.values())}]
    return {"county": {"id": "c", "name": "C"}, "streets": streets}


def without_m2() -> dict[str, Any]:
    data = town()
    data["streets"][0]["communities"] = data["streets"][0]["communities"][:1]
    return data


def loaded(**where: str) -> Shelf:
    shelf = Shelf()
    assert load_places(shelf, town(**where)).errors == ()
    shelf.events.clear()
    return shelf


def filed(shelf: Shelf, inside: House, grid: str = "g1") -> Ticket:
    where = placing(shelf, grid, None, None)
    said = {"kind": "request", "description": "dark"}
    return file_ticket(shelf, inside, Filer("clerk", True), where, said, at("09:00")).ticket


def done(shelf: Shelf, inside: House, ticket: Ticket, *deeds: Callable[[Course, Actor], object]) -> Ticket:
    """The ticket after these deeds of its worker."""
    who = Actor("worker", EVERYBODY.parts)
    for deed in deeds:
        ticket = do(shelf, inside, ticket, at("09:02"), lambda course, rules, deed=deed: deed(course, who))  # type: ignore[misc]
    return ticket


def relocated(shelf: Shelf, inside: House, from_path: str = OLD) -> int:
    moved, last = 0, None
    while True:
        part = relocate_batch(shelf, inside, from_path, last, at("09:05"))
        moved, last = moved + part.tickets, part.last
        if last is None:
            return moved


def test_a_grid_moves_to_another_community_and_what_hangs_on_it_is_remembered() -> None:
    shelf = loaded()
    report = load_places(shelf, town(g1="m2", st1="m2"))
    assert (report.errors, sorted(report.changed)) == ((), ["g1", "st1"])
    assert [change.place.id for change in report.moves] == ["g1", "st1"]
    assert [(e.type, e.aggregate_id, e.sequence) for e in shelf.events] == [
        ("area.defined", "g1", 2), ("area.moved", "g1", 3), ("station.defined", "st1", 2), ("area.moved", "st1", 3),
    ]  # fmt: skip
    assert shelf.events[1].data["from_path"] == OLD
    assert (shelf.events[1].area_path, shelf.events[1].data["place"]["area_path"]) == (NEW, NEW)
    assert shelf.moved_staff == [(OLD, NEW), ("/c/s/m1/st1/", "/c/s/m2/st1/")]
    assert shelf.relocations == [OLD, "/c/s/m1/st1/"]
    assert load_places(shelf, town(g1="m2", st1="m2")).changed == ()


def test_a_compound_moves_and_no_ticket_has_to() -> None:
    shelf = loaded()
    assert load_places(shelf, town(k1="m2")).changed == ("k1",)
    assert [e.type for e in shelf.events] == ["area.defined", "area.moved"]
    assert shelf.relocations == []


def test_what_lies_above_a_grid_stays_where_it_is() -> None:
    shelf, data = loaded(), town()
    data["streets"] = [{**data["streets"][0], "communities": [data["streets"][0]["communities"][0]]},
                       {"id": "s2", "name": "S2", "communities": [data["streets"][0]["communities"][1]]}]  # fmt: skip
    assert [(e.field, e.code) for e in load_places(shelf, data).errors] == [("streets[1].communities[0].id", "moved")]


def test_no_place_moves_into_another_county() -> None:
    shelf, data = loaded(), town()
    other = {"county": {"id": "d", "name": "D"}, "streets": [{"id": "t", "name": "T", "communities": [
        {"id": "n", "name": "N", "grids": [{"id": "g1", "name": "G1"}]}]}]}  # fmt: skip
    assert [e.code for e in load_places(shelf, other).errors] == ["moved"]
    assert load_places(shelf, data).changed == ()


def test_an_open_ticket_goes_along_once_and_whoever_has_it_keeps_it() -> None:
    shelf, inside = loaded(), house()
    ticket = filed(shelf, inside)
    ticket = done(shelf, inside, ticket, actions.accept, lambda c, who: actions.assign(c, who, "worker"))
    load_places(shelf, town(g1="m2", st1="m2"))
    shelf.events.clear()
    assert relocated(shelf, inside) == 1
    after = shelf.tickets[ticket.id]
    assert (after.area_path, after.placing.station_path) == (NEW, "/c/s/m2/st1/")
    assert (after.state, after.assignee_id, after.revision) == ("assigned", "worker", ticket.revision)
    assert after.owner_id == "owner-grid"
    told = [event for event in shelf.events if event.type == "ticket.relocated"]
    assert [(e.area_path, e.data["from_path"], e.data["ticket"]["area_path"]) for e in told] == [(NEW, OLD, NEW)]
    assert relocated(shelf, inside) == relocated(shelf, inside, "/c/s/m1/st1/") == 0
    steps_by = [step.by for step in shelf.tickets[ticket.id].history if step.kind == steps.RELOCATED]
    assert steps_by == [None], "once, and nobody did it"


def test_its_clocks_go_on_as_they_were() -> None:
    shelf, inside = loaded(), house()
    ticket = filed(shelf, inside)
    due = shelf.listings[ticket.id].due_at
    load_places(shelf, town(g1="m2", st1="m2"))
    relocated(shelf, inside)
    assert shelf.listings[ticket.id].due_at == due


def test_many_tickets_go_along_in_batches() -> None:
    shelf, inside = loaded(), house()
    tickets = [filed(shelf, inside) for _ in range(2 * BATCH + 3)]
    load_places(shelf, town(g1="m2", st1="m2"))
    assert relocated(shelf, inside) == len(tickets)
    assert {ticket.area_path for ticket in shelf.tickets.values()} == {NEW}


def test_what_has_ended_stays_where_it_was_and_what_can_be_reopened_goes_along() -> None:
    shelf, inside = loaded(), house()
    rejected, solved = filed(shelf, inside), filed(shelf, inside)
    do(shelf, inside, rejected, at("09:01"), lambda course, rules: actions.reject(course, EVERYBODY, "no"))
    solved = done(
        shelf, inside, solved, actions.accept, lambda c, who: actions.assign(c, who, "worker"),
        lambda c, who: actions.arrive(c, who, "ordinary"), lambda c, who: actions.resolve(c, who, None, None),
    )  # fmt: skip
    load_places(shelf, town(g1="m2", st1="m2"))
    assert relocated(shelf, inside) == 1
    assert (shelf.tickets[rejected.id].area_path, shelf.tickets[solved.id].area_path) == (OLD, NEW)


def test_a_station_that_stays_behind_leaves_the_ticket_to_the_grids_own() -> None:
    shelf, inside = loaded(), house()
    ticket = filed(shelf, inside)
    assert ticket.placing.station_id == "st1"
    load_places(shelf, town(g1="m2"))
    relocated(shelf, inside)
    after = shelf.tickets[ticket.id].placing
    assert (after.area_path, after.station_id, after.station_path) == (NEW, None, None)


def test_the_other_grids_tickets_stay() -> None:
    shelf, inside = loaded(), house()
    other = filed(shelf, inside, "g2")
    load_places(shelf, town(g1="m2", st1="m2"))
    relocated(shelf, inside)
    assert shelf.tickets[other.id].history == other.history


def test_a_grid_with_open_tickets_is_not_removed() -> None:
    shelf, inside = loaded(), house()
    ticket = filed(shelf, inside, "g2")
    report = plan(read_places(town(g2="")), shelf.places, remove=True)
    assert [place.id for place in report.removals] == ["g2"]
    with pytest.raises(Refused) as refused:
        remove(shelf, report.removals)
    assert (refused.value.slug, refused.value.params) == ("place-has-tickets", {"id": "g2", "count": 1})
    do(shelf, inside, ticket, at("09:01"), lambda course, rules: actions.reject(course, EVERYBODY, "no"))
    remove(shelf, report.removals)
    assert shelf.place("g2") is None
    assert [(e.type, e.sequence) for e in shelf.events if e.aggregate_id == "g2"] == [("area.removed", 2)]


def test_what_was_removed_and_comes_again_goes_on_counting() -> None:
    shelf = loaded()
    remove(shelf, plan(read_places(town(g2="")), shelf.places, remove=True).removals)
    put(shelf, plan(read_places(town()), shelf.places).changes)
    assert [(e.type, e.sequence) for e in shelf.events] == [("area.removed", 2), ("area.defined", 3)]


def test_what_lies_beneath_is_removed_before_what_lies_above() -> None:
    report = plan(read_places(without_m2()), loaded().places, remove=True)
    assert [place.id for place in report.removals] == ["own-m2", "m2"]


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("/c/s/m1/g1/", "/c/s/m2/g1/"), ("/c/s/m1/g1/house-3/", "/c/s/m2/g1/house-3/"), ("/c/s/m9/g1/", "/c/s/m9/g1/"),
        ("/c/s/m1/", "/c/s/m1/"), ("/c/s/m1/g10/", "/c/s/m1/g10/"), ("/d/s/m1/g1/", "/d/s/m1/g1/"),
        ("/c/s/m2/g1/", "/c/s/m2/g1/"),
    ],
)  # fmt: skip
def test_what_lay_where_a_place_lay_leads_where_it_is_and_nothing_else_does(path: str, after: str) -> None:
    assert moved(path, "/c/s/m1/g1/", "/c/s/m2/g1/") == after


def test_an_id_that_was_removed_comes_back_only_as_what_it_was() -> None:
    shelf = loaded()
    remove(shelf, plan(read_places(town(g2="")), shelf.places, remove=True).removals)
    another = town(g2="")
    another["streets"][0]["communities"][0]["compounds"].append({"id": "g2", "name": "G2", "grids": ["own-m1"]})
    assert [(e.field, e.code) for e in load_places(shelf, another).errors] == [
        ("streets[0].communities[0].compounds[1].id", "moved")
    ]
    shelf.events.clear()
    assert load_places(shelf, town(g2="m2")).created == ("g2",)
    assert [(e.type, e.sequence, e.data.get("from_path")) for e in shelf.events] == [
        ("area.defined", 3, None), ("area.moved", 4, "/c/s/m1/g2/"),
    ]  # fmt: skip
    assert (shelf.moved_staff, shelf.relocations) == ([("/c/s/m1/g2/", "/c/s/m2/g2/")], ["/c/s/m1/g2/"])


def test_what_has_just_moved_or_is_named_by_another_is_not_removed() -> None:
    shelf = loaded()
    shelf.followed.add("g1")
    with pytest.raises(Refused, match="place-still-followed"):
        remove(shelf, [shelf.places["g1"][0]])
    shelf.followed.clear()
    with pytest.raises(Refused, match="places-changed-meanwhile") as refused:
        remove(shelf, [shelf.places["g1"][0]])
    assert refused.value.params["id"] == "st1"
    remove(shelf, [shelf.places["st1"][0], shelf.places["g1"][0]])


def test_of_what_is_absent_those_go_first_that_name_others() -> None:
    shelf = loaded()
    alone = town(g1="", g2="", k1="")
    alone["streets"][0]["communities"][0]["stations"] = []
    assert [place.id for place in plan(read_places(alone), shelf.places, remove=True).removals] == [
        "st1", "k1", "g1", "g2",
    ]  # fmt: skip


def test_what_follows_from_a_ticket_lies_where_its_grid_lies_now() -> None:
    """The ticket itself may not have come along yet, and nobody would come back for its child."""
    shelf, inside = loaded(), house()
    ticket = filed(shelf, inside)
    load_places(shelf, town(g1="m2", st1="m2"))
    rated = replace(ticket, rating=1, state="confirmed")
    child = call_back_when_bad(shelf, inside, rated, at("10:00"))
    assert child is not None
    assert (rated.area_path, child.area_path, child.placing.grid_id) == (OLD, NEW, "g1")


def test_nothing_moves_into_what_was_removed_meanwhile() -> None:
    shelf = loaded()
    moving = plan(read_places(town(g2="m2")), shelf.places)
    remove(shelf, plan(read_places(without_m2()), shelf.places, remove=True).removals)
    with pytest.raises(Refused, match="places-changed-meanwhile"):
        put(shelf, moving.changes)


def test_nothing_is_removed_into_which_something_moved_meanwhile() -> None:
    shelf = loaded()
    removing = plan(read_places(without_m2()), shelf.places, remove=True)
    load_places(shelf, town(g2="m2"))
    with pytest.raises(Refused, match="places-changed-meanwhile"):
        remove(shelf, removing.removals)


def test_rules_that_hold_in_a_grid_hold_where_the_grid_lies_now() -> None:
    shelf = loaded()
    for rules in (shelf.policies, shelf.routings):
        rules.activate(Activation(OLD, "request", "own/1", at("09:00"), "admin"))
    load_places(shelf, town(g1="m2", st1="m2"))
    for rules in (shelf.policies, shelf.routings):
        assert (rules.active("request", NEW), rules.active("request", OLD)) == ("own/1", None)


def test_every_collection_of_activations_follows() -> None:
    assert {name for name in SERVICE.collections if name.endswith("_activations")} == set(ACTIVATIONS)
