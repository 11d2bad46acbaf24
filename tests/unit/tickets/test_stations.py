"""Stations: what a file may say of them, which state follows which, who takes what comes to one that is not open."""

from copy import deepcopy
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from services.tickets.domain.distances import metres_between, metres_in, walking_minutes
from services.tickets.domain.place_plain import tree
from services.tickets.domain.places import Place, Position
from services.tickets.domain.places_tree import parse_places
from services.tickets.domain.refused import Refused
from services.tickets.domain.stations import FOLLOWS, STATES, move_on, open_until, taking
from services.tickets.handlers.places import load_places
from services.tickets.handlers.placing import hours_now, placing
from services.tickets.handlers.stations import move_station
from services.tickets.places import demonstration_county
from tests.unit.tickets.shelf import Shelf, county
from tests.unit.tickets.stories import SHANGHAI, at
from tests.unit.tickets.towns import HOURS, town


def loaded(**station: Any) -> Shelf:
    shelf = Shelf()
    assert load_places(shelf, town(**station)).errors == ()
    return shelf


def faults(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error.field.rpartition("stations[1].")[2], error.code) for error in parse_places(data)[1]]


def test_a_station_says_what_it_is() -> None:
    said = {
        "type": "village_joint", "state": "building", "parent": "centre", "zones": ["议事区", "童趣园"],
        "facilities": ["血压计"], "speciality": "银发调解室", "position": {"lat": 39.38, "lon": 111.15},
    }  # fmt: skip
    station = loaded(**said).place("st")
    assert station is not None
    assert (station.station_type, station.state, station.parent) == ("village_joint", "building", "centre")
    assert (station.zones, station.facilities) == (("议事区", "童趣园"), ("血压计",))
    assert (station.speciality, station.position) == ("银发调解室", Position(39.38, 111.15))


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"type": "palace"}, "type", "not-one-of"),
        ({"type": ["individual"]}, "type", "not-one-of"),
        ({"state": "ruined"}, "state", "not-one-of"),
        ({"parent": "nowhere"}, "parent", "no-such-place"),
        ({"parent": "g1"}, "parent", "no-such-place"),
        ({"parent": "st"}, "parent", "parent-cycle"),
        ({"parent": 5}, "parent", "not-a-slug"),
        ({"zones": "议事区"}, "zones", "not-a-list"),
        ({"zones": [""]}, "zones[0]", "not-a-short-text"),
        ({"zones": ["x"] * 51}, "zones", "too-many"),
        ({"facilities": ["王某 138 0000 5678"]}, "facilities[0]", "no-telephone"),
        ({"speciality": 7}, "speciality", "not-a-short-text"),
        ({"position": {"lat": 90.5, "lon": 0}}, "position.lat", "not-degrees"),
        ({"position": {"lat": 39, "lon": -180.1}}, "position.lon", "not-degrees"),
        ({"position": {"lat": 39}}, "position.lon", "not-degrees"),
        ({"position": {"lat": float("nan"), "lon": True}}, "position.lat", "not-degrees"),
        ({"position": [39, 111]}, "position", "not-a-mapping"),
        ({"exceptions": [{"date": "2027-02-06", "closed": True, "reason": "13800005678"}]}, "exceptions[0].reason",
         "no-telephone"),
        ({"id": "nearest"}, "id", "id-reserved"),
        ({"hours": {}}, "hours", "never-open"),
        ({"hours": {"sunday": ["03:00-03:01"]}}, "hours", "hours-few"),
        ({"hours": {"sunday": ["03:00-09:59"]}}, "hours", "hours-few"),
        ({"hours": {"daily": ["08:00-12:00", "15:00-15:29"]}}, "hours.daily", "hours-short"),
        ({"exceptions": [{"date": "2026-05-01", "hours": ["03:00-03:01"]}]}, "exceptions[0].hours", "hours-short"),
    ],
)  # fmt: skip
def test_what_a_station_cannot_be_is_refused_by_field(said: dict[str, Any], field: str, code: str) -> None:
    assert (field, code) in faults(town(**said))


def test_what_is_not_built_yet_needs_no_hours() -> None:
    for state in ("planned", "building"):
        assert faults(town(state=state, hours={})) == []


def test_centres_may_stand_above_centres_but_nowhere_in_a_circle() -> None:
    data = town(parent="centre")
    community = data["streets"][0]["communities"][0]
    community["stations"].append({"id": "top", "name": "Top", "grid": "g2", "hours": HOURS})
    community["stations"][0]["parent"] = "top"
    assert parse_places(data)[1] == []
    community["stations"][2]["parent"] = "st"
    errors = parse_places(data)[1]
    assert [error.code for error in errors] == ["parent-cycle"] * 3


def test_a_compound_lies_in_several_grids_and_a_grid_holds_several_compounds() -> None:
    compounds = {place.id: place.grids for place in parse_places(town())[0] if place.level == "compound"}
    assert compounds == {"k": ("g1", "g2"), "l": ("g2",)}


def test_levels_are_named_by_data() -> None:
    data = town() | {"levels": {"county": "区", "street": "镇"}}
    places, errors = parse_places(data)
    assert errors == []
    assert places[0].level_names == {"county": "区", "street": "镇"}
    wrong = parse_places(town() | {"levels": {"planet": "x", "grid": ""}})[1]
    assert [(error.field, error.code) for error in wrong] == [
        ("levels.planet", "unknown-field"), ("levels.grid", "not-a-short-text"),
    ]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), list(product(STATES, STATES)))
def test_the_table_says_which_state_follows_which(before: str, after: str) -> None:
    allowed = {
        ("planned", "building"), ("planned", "closed"), ("building", "open"), ("building", "closed"),
        ("open", "closed"), ("closed", "building"), ("closed", "open"),
    }  # fmt: skip
    station = replace(_station(county(), "station-001"), state=before)
    if (before, after) in allowed:
        move_on(station, after)
        return
    with pytest.raises(Refused) as refused:
        move_on(station, after)
    assert refused.value.params == {"now": before, "state": after, "allowed": list(FOLLOWS[before])}


def test_a_file_moves_a_station_on_by_the_same_table() -> None:
    shelf = loaded(state="planned")
    report = load_places(shelf, town(state="open"))
    assert [(error.field.rpartition(".")[2], error.code) for error in report.errors] == [
        ("state", "state-cannot-follow")
    ]
    for state in ("building", "open", "closed"):
        assert load_places(shelf, town(state=state)).changed == ("st",)


def test_a_file_that_says_no_state_leaves_it_as_it_is() -> None:
    shelf = loaded()
    assert _station(shelf, "st").state == "open"
    move_station(shelf, _station(shelf, "st"), 1, "closed")
    assert load_places(shelf, town()).changed == ()
    assert _station(shelf, "st").state == "closed"


def test_a_station_does_not_open_without_hours() -> None:
    shelf = loaded(state="building", hours={})
    with pytest.raises(Refused, match="station-never-open"):
        move_station(shelf, _station(shelf, "st"), 1, "open")


def test_what_comes_to_a_closed_station_goes_to_the_centre_above_it() -> None:
    shelf = loaded(parent="centre", state="closed")
    for asked in ((None, "k", None), (None, None, "st")):
        placed, station = placing(shelf, *asked)
        assert (placed.grid_id, placed.station_id) == ("g1", "centre")
        assert station is not None
        assert station.hours is not None
        assert station.hours.week[0] == ((480, 720),)


def test_without_a_centre_it_goes_to_an_open_station_of_the_grid_and_without_one_to_the_grid_alone() -> None:
    shelf = loaded(state="closed")
    assert placing(shelf, None, "k", None)[0].station_id == "centre", "the centre stands in the same grid"
    move_station(shelf, _station(shelf, "centre"), 1, "closed")
    placed, station = placing(shelf, None, "k", None)
    assert (placed.grid_id, placed.station_id, station) == ("g1", None, None)
    assert placing(shelf, "g1", None, None)[1] is None


def test_a_centre_that_is_closed_itself_passes_on_what_comes() -> None:
    stations = {
        "a": replace(_station(county(), "station-001"), id="a", state="closed", parent="b"),
        "b": replace(_station(county(), "station-001"), id="b", state="building", parent="c"),
        "c": replace(_station(county(), "station-001"), id="c", state="open"),
    }
    assert taking(stations["a"], stations.get) == stations["c"]
    circle = stations | {"b": replace(stations["b"], parent="a")}
    assert taking(circle["a"], circle.get) is None, "however the data came to it, the way ends"


def test_a_new_round_runs_on_the_hours_of_who_takes_it_then() -> None:
    shelf = loaded(parent="centre")
    placed, _ = placing(shelf, None, "k", None)
    own = hours_now(shelf, placed)
    move_station(shelf, _station(shelf, "st"), 1, "closed")
    taken = hours_now(shelf, placed)
    assert own is not None
    assert taken is not None
    assert (own["week"], taken["week"]) == ([[[540, 1020]]] * 7, [[[480, 720]]] * 7)


@pytest.mark.parametrize(
    ("moment", "until"),
    [("09:00", "12:00"), ("08:59:59", None), ("11:59:59", "12:00"), ("12:00", None), ("03-03 23:30", "03-04 00:00")],
)
def test_a_station_is_open_from_the_minute_it_opens_until_the_minute_it_closes(moment: str, until: str | None) -> None:
    hours = {"daily": ["09:00-12:00"], "tuesday": ["23:00-24:00"]}
    station = _station(loaded(hours=hours), "st")
    assert open_until(station, at(moment), SHANGHAI) == (at(until) if until else None)
    assert open_until(replace(station, state="closed"), at(moment), SHANGHAI) is None


def test_distances_are_right_to_a_metre_in_town() -> None:
    here = Position(39.3850, 111.1460)
    assert round(metres_between(here, Position(39.3860, 111.1460))) == 111
    assert round(metres_between(here, Position(39.3850, 111.1470))) == 86
    assert metres_between(here, here) == 0
    assert round(metres_between(Position(0, 0), Position(0, 180))) == 20015114
    assert [walking_minutes(metres) for metres in (0, 1, 500, 865)] == [0, 1, 9, 15]
    assert round(metres_in(15)) == 865


def test_what_is_exported_loads_again_unchanged() -> None:
    shelf = county()
    data = tree(place for place, _ in shelf.places.values())
    assert load_places(shelf, deepcopy(data)).changed == ()
    assert load_places(Shelf(), data).errors == ()
    assert len(parse_places(data)[0]) == len(parse_places(demonstration_county())[0])


def _station(shelf: Shelf, id: str) -> Place:
    station = shelf.place(id)
    assert station is not None
    return station
