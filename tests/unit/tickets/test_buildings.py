"""Buildings (楼栋): one grid and one compound each, in files and tables, and what is filed from them."""

from typing import Any

import pytest

from services.tickets.domain.place_plain import tree
from services.tickets.domain.places_tree import parse_places
from services.tickets.domain.refused import Refused
from services.tickets.files.places_csv import read_tables
from services.tickets.files.places_export import table
from services.tickets.handlers.places import load_places
from services.tickets.handlers.placing import placing
from tests.unit.tickets.shelf import Shelf
from tests.unit.tickets.towns import town

BUILDING = {
    "id": "b7", "name": "7号楼", "grid": "g2", "compound": "k", "units": ["一单元", "二单元"],
    "position": {"lat": 39.38, "lon": 111.14},
}  # fmt: skip


def built(**building: Any) -> dict[str, Any]:
    """The town with a building in a compound that two grids share."""
    data = town()
    data["streets"][0]["communities"][0]["buildings"] = [{**BUILDING, **building}]
    return data


def wrong(**building: Any) -> list[tuple[str, str]]:
    return [(error.field.rpartition("buildings[0].")[2], error.code) for error in parse_places(built(**building))[1]]


def shelf() -> Shelf:
    made = Shelf()
    assert load_places(made, built()).errors == ()
    return made


def test_a_building_has_one_grid_and_one_compound_and_its_units() -> None:
    places, errors = parse_places(built())
    assert errors == []
    (building,) = [place for place in places if place.level == "building"]
    assert (building.area_path, building.grid, building.compounds) == ("/c/s/m/b7/", "g2", ("k",))
    assert building.units == ("一单元", "二单元")


def test_what_is_exported_loads_again_unchanged() -> None:
    places = [place for place, _ in shelf().places.values()]
    assert tree(places)["streets"][0]["communities"][0]["buildings"] == [BUILDING]
    again = Shelf()
    assert load_places(again, tree(places)).errors == ()
    assert {id: place for id, (place, _) in again.places.items()} == {place.id: place for place in places}


def test_tables_hold_buildings_too() -> None:
    places = [place for place, _ in shelf().places.values()]
    read = read_tables([(f"{kind}.csv", table(kind, places)) for kind in ("areas", "stations")], lambda _: {})
    assert read.errors == []
    found, errors = parse_places(read.data)
    assert errors == []
    assert {place.id: place for place in found} == {place.id: place for place in places}


def test_a_mistake_in_a_table_is_told_with_line_and_column() -> None:
    lines = table("areas", [place for place, _ in shelf().places.values()]).decode("utf-8-sig").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("楼栋"))
    lines[at] = lines[at].replace(",g2,", ",g9,")
    read = read_tables([("areas.csv", "\n".join(lines).encode())], lambda _: {})
    errors = read.all_errors(parse_places(read.data)[1])
    assert ("areas.csv", at + 1, "网格") in {(error.file, error.line, error.field) for error in errors}


def test_what_it_names_must_be_there_and_fit() -> None:
    assert wrong(grid=None) == [("grid", "required"), ("grid", "no-such-place"), ("grid", "grid-not-of-compound")]
    assert wrong(compound="m9") == [("compound", "no-such-place")]
    assert wrong(compound="l", grid="g1") == [("grid", "grid-not-of-compound")]
    assert wrong(units="一单元") == [("units", "not-a-list")]
    assert wrong(floors=7) == [("floors", "unknown-field")]


def test_what_is_filed_from_a_building_goes_to_its_grid_and_keeps_the_building() -> None:
    placed, station = placing(shelf(), None, None, None, "b7")
    assert (placed.grid_id, placed.area_path, placed.compound_id) == ("g2", "/c/s/m/g2/", "k")
    assert placed.building_id == "b7"
    assert station is not None
    assert placed.station_id == station.id == "st", "the station that serves its compound"


@pytest.mark.parametrize("said", [("g1", None), (None, "l")])
def test_who_says_another_grid_or_compound_is_told_that_they_do_not_match(said: tuple[str | None, str | None]) -> None:
    with pytest.raises(Refused) as error:
        placing(shelf(), *said, None, "b7")
    assert error.value.slug == "places-do-not-match"


def test_a_grid_is_no_building() -> None:
    with pytest.raises(Refused) as error:
        placing(shelf(), None, None, None, "g1")
    assert (error.value.slug, error.value.params["field"]) == ("no-such-place", "building_id")
