"""Places in tables and back: what is exported loads again unchanged, what is wrong is named by line and column."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tickets.domain.place_plain import tree
from services.tickets.domain.places import Place
from services.tickets.domain.places_tree import parse_places, read_places
from services.tickets.files.cells import guarded, joined, meant, split
from services.tickets.files.errors import FileError, PlacesFileRefused
from services.tickets.files.places_csv import read_tables
from services.tickets.files.places_export import county_as_yaml, table
from services.tickets.handlers.place_changes import Change, put
from services.tickets.handlers.places import load_places, plan
from tests.unit.tickets.shelf import Shelf, county
from tests.unit.tickets.towns import town

AREAS = """\
level,id,name,above,grids,lat,lon
county,c,County,,,,
street,s,Street,c,,,
community,m,Community,s,,,
grid,g,Grid,m,,,
compound,k,Compound,m,g,39.5,111.5
"""
STATIONS = """\
id,name,above,type,state,parent,grid,compounds,hours,exceptions,zones,lat,lon
st,Station,m,friendly,open,,g,k,daily 08:00-12:00; friday 19:00-20:00,2026-10-01 closed holiday,议事区;童趣园,39.5,111.5
"""
FULL = {
    "type": "enterprise_led", "state": "building", "parent": "centre", "zones": ["议事; 区", "童趣\\园"],
    "facilities": ["=1+1", "'-x"], "speciality": "@home", "position": {"lat": -39.38, "lon": 1e-07},
    "hours": {"workdays": ["08:30-12:00"], "sunday": ["00:00-24:00"]}, "late": {"friday": ["19:00-20:00"]},
    "exceptions": [{"date": "2027-02-06", "closed": True, "reason": "休 春节; 2027"},
                   {"date": "2027-02-07", "hours": ["09:00-11:00", "13:00-14:00"], "reason": "休 1-2"},
                   {"date": "2027-02-08", "closed": True}],
}  # fmt: skip


def nothing(county: str | None) -> Mapping[str, Any]:
    return {}


def read(*tables: str | bytes, known: Callable[[str | None], Mapping[str, Any]] = nothing) -> list[FileError]:
    """What is wrong with tables that stand in the files t1.csv, t2.csv, ..."""
    return loaded(*tables, known=known)[1]


def loaded(
    *tables: str | bytes, known: Callable[[str | None], Mapping[str, Any]] = nothing
) -> tuple[list[Place], list[FileError]]:
    files = [(f"t{n}.csv", one if isinstance(one, bytes) else one.encode()) for n, one in enumerate(tables, 1)]
    try:
        found = read_tables(files, known)
    except PlacesFileRefused as refused:
        return [], list(refused.errors)
    places, errors = parse_places(found.data)
    return places, found.all_errors(errors)


def told(errors: list[FileError]) -> list[tuple[str, int, str, str]]:
    return [(error.file, error.line, error.field, error.en) for error in errors]


def test_both_tables_say_what_a_places_file_says() -> None:
    places, errors = loaded(AREAS, STATIONS)
    assert errors == []
    said = {
        "county": {"id": "c", "name": "County"},
        "streets": [{"id": "s", "name": "Street", "communities": [{
            "id": "m", "name": "Community", "grids": [{"id": "g", "name": "Grid"}],
            "compounds": [{"id": "k", "name": "Compound", "grids": ["g"], "position": {"lat": 39.5, "lon": 111.5}}],
            "stations": [{
                "id": "st", "name": "Station", "type": "friendly", "state": "open", "grid": "g", "compounds": ["k"],
                "hours": {"daily": ["08:00-12:00"]}, "late": {"friday": ["19:00-20:00"]}, "zones": ["议事区", "童趣园"],
                "exceptions": [{"date": "2026-10-01", "closed": True, "reason": "holiday"}],
                "position": {"lat": 39.5, "lon": 111.5},
            }],
        }]}],
    }  # fmt: skip
    assert places == parse_places(said)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encodings_in_which_spreadsheets_save_are_all_read(encoding: str) -> None:
    areas = (
        AREAS.replace("County", "河曲县")
        .replace("level,id,name,above", "层级,编号,名称,上级")
        .replace("grid,g", "网格,g")
    )
    places, errors = loaded(areas.replace("\n", "\r\n").encode(encoding))
    assert errors == []
    assert (places[0].name, places[3].level) == ("河曲县", "grid")


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00l", b"level\x00", b"\xff\xff\xff", b'level,id,name,above\n"county', b""])
def test_what_is_no_table_is_refused(raw: bytes) -> None:
    assert len(read(raw)) >= 1


def test_lines_may_stand_in_any_order() -> None:
    head, *lines = AREAS.splitlines(keepends=True)
    assert sorted(p.id for p in loaded(head + "".join(reversed(lines)))[0]) == sorted(p.id for p in loaded(AREAS)[0])


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("grid,g,Grid,m", "grid,g!,Grid,m", [(5, "id", "a-z"), (6, "grids", "no grid")]),
        ("grid,g,Grid,m", "grid,g,,m", [(5, "name", "60 characters")]),
        ("grid,g,Grid,m", "grid,g,Grid,x", [(5, "above", "no community")]),
        ("grid,g,Grid,m", "grid,g,Grid,s", [(5, "above", "no community")]),
        ("grid,g,Grid,m", "grid,g,Grid,", [(5, "above", "Missing")]),
        ("grid,g,Grid,m", "moon,g,Grid,m", [(5, "level", "one of")]),
        ("community,m,Community,s", "community,m,Community,x", [(4, "above", "no street")]),
        ("39.5,111.5", "39.5,east", [(6, "lon", "degrees")]),
        ("39.5,111.5", "139.5,111.5", [(6, "lat", "degrees")]),
        ("39.5,111.5", "39.5,", [(6, "lon", "degrees")]),
        ("39.5,111.5", "39.5,111.5,more", [(6, "", "more cells")]),
        ("compound,k", "compound,g", [(6, "id", "twice")]),
        ("County,,,,\n", "County,,,,\ncounty,d,Other,,,,\n", [(3, "level", "one county")]),
        ("county,c,County,,,,\n", "", [(1, "", "county's")]),
        ("level,id", "level,size,id", [(1, "size", "no such column")]),
        ("level,id", "level,id,id", [(1, "id", "twice")]),
        ("level,id,name", "level,id,title", [(1, "title", "no such column"), (1, "name", "missing")]),
    ],
)  # fmt: skip
def test_a_fault_in_a_table_is_named_with_its_line_and_column(
    old: str, new: str, found: list[tuple[int, str, str]]
) -> None:
    errors = told(read(AREAS.replace(old, new, 1)))
    assert len(errors) == len(found), errors
    for (file, line, field, text), (at, column, said) in zip(errors, found, strict=True):
        assert (file, line, field) == ("t1.csv", at, column)
        assert said in text


@pytest.mark.parametrize(
    ("old", "new", "column", "said"),
    [
        ("friendly", "palace", "type", "one of"), ("open", "shut", "state", "one of"),
        ("08:00-12:00", "12:00-08:00", "hours", "end after"), ("friday 19", "friday 11", "hours", "overlap"),
        ("friday", "someday", "hours", "Unknown"),
        ("2026-10-01", "2026-02-30", "exceptions", "date"), ("closed holiday", "holiday", "exceptions", "closed or"),
        ("g,k", "g,z", "compounds", "no compound"), (",,g,", ",st,g,", "parent", "centre"),
    ],
)  # fmt: skip
def test_a_fault_of_a_station_is_named_with_its_line_and_column(old: str, new: str, column: str, said: str) -> None:
    errors = told(read(AREAS, STATIONS.replace(old, new, 1)))
    assert errors[0][:3] == ("t2.csv", 2, column)
    assert said in errors[0][3]


def test_a_line_that_reaches_over_several_is_named_by_its_first() -> None:
    areas = AREAS.replace("grid,g,Grid,m", 'grid,g,"Grid\n",m').replace("compound,k", "compound,K")
    assert [line for _, line, _, _ in told(read(areas))] == [7]
    two_lines = AREAS.replace("grid,g,Grid,m", 'grid,g,"Grid\nof two lines",m').replace("compound,k", "compound,K")
    assert [line for _, line, _, _ in told(read(two_lines))] == [5, 7], "no name goes on in another line"


def test_a_table_may_come_alone_and_what_the_other_would_say_stays() -> None:
    shelf = Shelf()
    assert load_places(shelf, town(**FULL)).errors == ()
    known = tree(place for place, _ in shelf.places.values())
    for kind in ("areas", "stations"):
        one = table(kind, [place for place, _ in shelf.places.values()])
        found = read_tables([(f"{kind}.csv", one)], lambda county: known)
        report = plan(read_places(found.data), shelf.places)
        assert (report.errors, report.changes, report.absent) == ((), (), ()), kind


def test_a_station_that_was_kept_but_whose_grid_is_gone_is_told_of() -> None:
    known = {
        "county": {"id": "c", "name": "County"},
        "streets": [{"id": "s", "name": "S", "communities": [{"id": "m", "name": "M", "stations": [
            {"id": "st", "name": "St", "grid": "gone", "hours": {"daily": ["08:00-12:00"]}}]}]}],
    }  # fmt: skip
    errors = told(read(AREAS, known=lambda county: known))
    assert [(field, "gone" in text) for _, _, field, text in errors] == [("st: grid", True)]


def test_two_tables_of_one_sort_are_refused() -> None:
    assert "same sort" in read(AREAS, AREAS)[0].en


@pytest.mark.parametrize("make", [town(**FULL), town(), {**town(), "demo": True, "levels": {"county": "区"}}])
def test_what_is_exported_loads_again_unchanged(make: dict[str, Any]) -> None:
    shelf = Shelf()
    assert load_places(shelf, make).errors == ()
    places = [place for place, _ in shelf.places.values()]
    assert unchanged(shelf, yaml.safe_load(county_as_yaml(places)))
    tables = [(f"{kind}.csv", table(kind, places)) for kind in ("areas", "stations")]
    assert unchanged(shelf, read_tables(tables, nothing).data), "into an empty database too"


def test_the_demonstration_county_goes_into_tables_and_back() -> None:
    places = [place for place, _ in county().places.values()]
    tables = [(f"{kind}.csv", table(kind, places)) for kind in ("areas", "stations")]
    assert unchanged(county(), read_tables(tables, nothing).data)
    lines = list(csv.reader(io.StringIO(tables[1][1].decode("utf-8-sig"))))
    assert len(lines) == 73
    assert "每天 08:00-20:00" in lines[1]


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).map(str.strip)
words = texts.filter(lambda text: text != "")


@settings(max_examples=150, deadline=None)
@given(name=words, zones=st.lists(words, max_size=3), reason=texts, lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_whatever_a_place_is_called_it_comes_back_from_a_table(
    name: str, zones: list[str], reason: str, lat: float, lon: float
) -> None:
    said = {
        "name": name, "zones": zones, "position": {"lat": lat, "lon": lon}, "speciality": name,
        "exceptions": [{"date": "2027-02-06", "closed": True, "reason": reason}],
    }  # fmt: skip
    shelf = Shelf()
    if load_places(shelf, town(**said)).errors:
        return  # a telephone number, by chance
    places = [place for place, _ in shelf.places.values()]
    tables = [(f"{kind}.csv", table(kind, places)) for kind in ("areas", "stations")]
    assert unchanged(shelf, read_tables(tables, nothing).data)
    assert unchanged(shelf, yaml.safe_load(county_as_yaml(places)))


@settings(max_examples=500, deadline=None)
@given(st.lists(words, max_size=4), texts)
def test_cells_give_back_what_was_put_into_them(values: list[str], cell: str) -> None:
    assert split(joined(values)) == values
    assert meant(guarded(cell)) == cell


def test_ten_bad_lines_in_a_hundred_thousand_are_ten_errors() -> None:
    lines = ["level,id,name,above,grids,lat,lon", "county,c,县,,,,", "street,s,街道,c,,,", "community,m,社区,s,,,"]
    lines += [f"grid,g{n},第{n}网格,m,,," for n in range(20_000)]
    lines += [f"compound,k{n},第{n}小区,m,g{n % 20_000},39.5,111.5" for n in range(80_000)]
    bad = {
        100: "grid,G!,网格,m,,,", 200: "grid,gx,,m,,,", 300: "grid,gy,网格,nowhere,,,", 400: "planet,gz,网格,m,,,",
        50_000: "compound,kx,小区,m,g1,91,0",
        50_001: "compound,ky,小区,m,g1,39,east",
        60_000: "compound,kz,小区,m,no,,",
        70_000: "compound,k9,小区,m,g1,,", 80_000: "compound,kw,张三 13800005678,m,g1,,",
        90_000: "compound,kv,小区,m,g1,39.5,111.5,more",
    }  # fmt: skip
    for at, text in bad.items():
        lines.insert(at - 1, text)
    errors = read("\n".join(lines))
    assert [error.line for error in errors] == sorted(bad)
    assert [error.field for error in errors] == [
        "id",
        "name",
        "above",
        "level",
        "lat",
        "lon",
        "grids",
        "id",
        "name",
        "",
    ]


def test_of_two_who_load_at_once_one_is_told() -> None:
    shelf = county()
    data = tree(place for place, _ in shelf.places.values())
    street = next(one for one in data["streets"] if one["id"] == "qingxi")
    street["name"] = "新清溪镇"
    planned = plan(read_places(data), shelf.places)
    assert [(c.place.id, c.differs) for c in planned.changes] == [("qingxi", (("name", "清溪镇", "新清溪镇"),))]
    street["name"] = "老清溪镇"
    load_places(shelf, data)
    with pytest.raises(Exception, match="places-changed-meanwhile"):
        put(shelf, planned.changes)
    assert shelf.places["qingxi"][0].name == "老清溪镇"
    put(shelf, [Change(shelf.places["qingxi"][0], shelf.places["qingxi"][0])])


def unchanged(shelf: Shelf, data: Any) -> bool:
    report = plan(read_places(data), shelf.places)
    assert report.errors == ()
    assert report.changes == ()
    return report.absent == ()
