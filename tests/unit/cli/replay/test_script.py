"""What happens at which instant: strictly in order, and every local midnight between."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from services.cli.replay.places import places_file, spot_of
from services.cli.replay.script import scenes
from services.tickets.domain.places_tree import parse_places
from tests.unit.cli.replay.files import BOSTON, line, read, row


def test_a_request_is_filed_taken_up_and_solved_in_six_commands(tmp_path: Path) -> None:
    found = row(tmp_path, target="2015-06-01T12:00:00", closed="2015-06-01T10:00:00")
    script = scenes([found], BOSTON)
    assert [(scene.at, [deed for act in scene.acts for deed in act.deeds]) for scene in script] == [
        (found.opened_at, ["file", "accept", "assign", "arrive", "plan"]),
        (found.closed_at, ["resolve"]),
        (datetime(2015, 6, 1, 14, 0, 1, tzinfo=UTC), []),
    ]


def test_solved_in_the_same_second_it_is_solved_last(tmp_path: Path) -> None:
    script = scenes([row(tmp_path, closed="2015-06-01T09:00:00")], BOSTON)
    assert list(script[0].acts[0].deeds) == ["file", "accept", "assign", "arrive", "resolve"]


def test_a_date_that_cannot_be_planned_is_not_planned(tmp_path: Path) -> None:
    for target in ("2015-06-01T09:00:00", "2015-05-01T09:00:00", "2018-07-01T09:00:00", ""):
        script = scenes([row(tmp_path, target=target)], BOSTON)
        assert list(script[0].acts[0].deeds) == ["file", "accept", "assign", "arrive"], target


def test_every_local_midnight_between_the_first_and_the_last_is_a_scene_of_its_own(tmp_path: Path) -> None:
    found = row(tmp_path, opened="2015-10-31T12:00:00", closed="2015-11-02T12:00:00")
    script = scenes([found], BOSTON)
    empty = [scene.at for scene in script if not scene.acts]
    assert empty[:2] == [datetime(2015, 11, 1, 4, tzinfo=UTC), datetime(2015, 11, 2, 5, tzinfo=UTC)], (
        "a day of 25 hours"
    )
    assert [scene.at for scene in script] == sorted(scene.at for scene in script)
    assert script[-1].at == datetime(2015, 11, 2, 17, tzinfo=UTC) + timedelta(seconds=1)


def test_what_happens_at_one_instant_may_happen_side_by_side(tmp_path: Path) -> None:
    rows = read(tmp_path, line("1"), line("2"), line("3", opened="2015-06-01T09:00:01")).rows
    assert [len(scene.acts) for scene in scenes(rows, BOSTON)] == [2, 1, 0]


def test_the_places_of_a_file_are_a_county_that_an_operator_could_load(tmp_path: Path) -> None:
    spellings = ("Dorchester,Ward 5", "dorchester,05", "Dorchester,5", ",", "替换,七", "Allston / Brighton,")
    rows = read(tmp_path, *(line(str(n), place=place) for n, place in enumerate(spellings))).rows
    places, errors = parse_places(yaml.safe_load(places_file(rows)))
    assert errors == []
    grids = {place.id: place.name for place in places if place.level == "grid"}
    assert len({spot_of(found).grid for found in rows[:3]}) == 1, "spellings of one ward are one grid"
    assert grids["grid-dorchester-ward-5"] == "Dorchester, ward 5"
    assert {spot_of(found).grid for found in rows} == set(grids)
    assert {spot_of(found).community_path for found in rows} == {
        place.area_path for place in places if place.level == "community"
    }


def test_no_file_at_all_is_no_script() -> None:
    assert scenes([], BOSTON) == []
