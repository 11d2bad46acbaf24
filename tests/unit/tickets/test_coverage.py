"""Coverage: which compounds have an open station within so many metres; what has no position counts neither way."""

from dataclasses import replace

from services.tickets.domain.coverage import coverage
from services.tickets.domain.distances import metres_between, metres_in, walking_minutes
from services.tickets.domain.places import Place, Position
from services.tickets.handlers.coverage import coverage_of
from tests.unit.tickets.shelf import Shelf

MILLIDEGREE = 111.195
"""Metres of a thousandth of a degree along a meridian."""


def place(id: str, level: str, north: float | None) -> Place:
    """So many thousandths of a degree north of the bridge."""
    position = None if north is None else Position(39 + north / 1000, 111)
    return Place(id, level, id, f"/c/s/m/{id}/", position=position)


def compound(id: str, north: float | None) -> Place:
    return place(id, "compound", north)


def station(id: str, north: float | None, state: str = "open") -> Place:
    return replace(place(id, "station", north), state=state)


def test_a_compound_is_covered_by_the_nearest_open_station() -> None:
    (one,) = coverage([compound("k", 0)], [station("far", 9), station("near", -4), station("other", 5)], 500).reaches
    assert one.station is not None
    assert (one.state, one.station.id, round(one.metres or 0)) == ("covered", "near", round(4 * MILLIDEGREE))


def test_exactly_as_far_as_allowed_is_covered_and_a_hair_farther_is_not() -> None:
    here, there = compound("k", 0), station("st", 5)
    assert here.position is not None
    assert there.position is not None
    exactly = metres_between(here.position, there.position)
    assert [coverage([here], [there], within).reaches[0].state for within in (exactly, exactly - 0.001)] == [
        "covered", "uncovered",
    ]  # fmt: skip


def test_minutes_on_foot_and_metres_agree() -> None:
    for north in (1, 3.8, 7.7, 7.9, 12):
        here, there = compound("k", 0), station("st", north)
        (one,) = coverage([here], [there], metres_in(15)).reaches
        assert one.metres is not None
        assert (one.state == "covered") == (walking_minutes(one.metres) <= 15)


def test_a_station_that_is_not_open_or_nowhere_covers_nobody() -> None:
    for nobody in (station("st", 0, "planned"), station("st", 0, "building"), station("st", 0, "closed"),
                   station("st", None)):  # fmt: skip
        (one,) = coverage([compound("k", 0)], [nobody], 500).reaches
        assert (one.state, one.station, one.metres) == ("uncovered", None, None)


def test_what_has_no_position_counts_neither_way() -> None:
    found = coverage([compound("a", None), compound("b", 1), compound("c", 90)], [station("st", 0)], 500)
    assert [found.count(state) for state in ("covered", "uncovered", "without_position")] == [1, 1, 1]
    assert found.share == 50.0
    assert coverage([compound("a", None)], [station("st", 0)], 500).share is None
    assert coverage([], [], 500).share is None


def test_a_hundred_per_cent_means_all() -> None:
    found = coverage([*(compound(f"k{n}", 1) for n in range(2_000)), compound("far", 90)], [station("st", 0)], 500)
    assert found.share == 99.9


def test_the_farthest_comes_first_and_the_covered_last() -> None:
    compounds = [compound("near", 1), compound("nowhere", None), compound("far", 10), compound("farther", 20)]
    found = coverage(compounds, [station("st", 0)], 500)
    assert [one.compound.id for one in found.reaches] == ["farther", "far", "nowhere", "near"]
    unreached = coverage([compound("far", 10)], [], 500).reaches
    assert [one.compound.id for one in unreached] == ["far"]


class Town(Shelf):
    def __init__(self, *places: Place) -> None:
        super().__init__()
        self.put_places([(one, 1) for one in places])

    def places_beneath(self, area_path: str, level: str) -> list[Place]:
        found = (one for one, _ in self.places.values())
        return [one for one in found if one.level == level and one.area_path.startswith(area_path)]


def test_of_a_grid_the_compounds_that_lie_in_it_and_any_station_of_the_county() -> None:
    grid = place("g1", "grid", None)
    inside, outside = replace(compound("k1", 0), grids=("g1", "g2")), replace(compound("k2", 0), grids=("g2",))
    elsewhere = replace(station("st", 1), area_path="/c/t/n/st/")
    foreign = replace(station("x", 0), area_path="/d/t/n/x/")
    (one,) = coverage_of(Town(grid, inside, outside, elsewhere, foreign), grid, 500).reaches
    assert one.station is not None
    assert (one.compound.id, one.station.id) == ("k1", "st")
