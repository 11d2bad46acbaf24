"""Places: loaded again nothing changes; each error is named with its line and field."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.tickets.domain.place_reading import MOST_ERRORS
from services.tickets.domain.places_tree import parse_places
from services.tickets.domain.policy import BadPolicy
from services.tickets.domain.policy_file import parse_policy
from services.tickets.files.errors import PlacesFileRefused
from services.tickets.files.operators import FileRefused, read_policy
from services.tickets.files.place_words import _WORDS, words
from services.tickets.files.places import _located, read_yaml
from services.tickets.handlers.places import load_places
from services.tickets.places import demonstration_county
from services.tickets.places.__main__ import places_file
from services.tickets.policies import FOLDER, PolicyRefused, load_policies
from tests.unit.tickets.shelf import Shelf, county

ROOT = Path(__file__).parents[3]
SMALL = """\
county: {id: c, name: County}
streets:
  - id: s
    name: Street
    communities:
      - id: m
        name: Community
        grids: [{id: g, name: Grid}]
        compounds: [{id: k, name: Compound, grids: [g]}]
        stations:
          - id: st
            name: Station
            grid: g
            compounds: [k]
            hours: {daily: ["08:00-12:00"]}
            late: {friday: ["19:00-20:00"]}
            exceptions: [{date: 2026-10-01, closed: true, reason: holiday}]
"""


def faults(text: str) -> list[tuple[int, str, str]]:
    try:
        data, lines = read_yaml(text.encode())
    except PlacesFileRefused as refused:
        return [(error.line, error.field, error.en) for error in refused.errors]
    located = [_located(error, lines) for error in parse_places(data)[1]]
    return [(error.line, error.field, error.en) for error in located]


def test_the_demonstration_county_has_hequs_real_sizes() -> None:
    places, errors = parse_places(demonstration_county())
    assert errors == []
    sizes = Counter(place.level for place in places)
    assert (sizes["grid"], sizes["station"], sizes["compound"], sizes["county"]) == (72, 72, 100, 1)
    assert all(place.demo for place in places)


def test_the_file_that_is_shipped_is_the_one_that_is_made() -> None:
    assert (ROOT / "deploy" / "demo" / "hequ.yml").read_text(encoding="utf-8") == places_file()


def test_every_compound_of_the_demonstration_is_served() -> None:
    places, _ = parse_places(demonstration_county())
    served = [compound for place in places for compound in place.compounds]
    assert sorted(served) == sorted(place.id for place in places if place.level == "compound")


def test_a_good_file_has_no_faults() -> None:
    assert faults(SMALL) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "said"),
    [
        ("id: m\n", "id: M!\n", 6, "streets[0].communities[0].id", "a-z"),
        ("grid: g\n", "grid: nowhere\n", 13, "streets[0].communities[0].stations[0].grid", "no grid"),
        ("compounds: [k]", "compounds: [g]", 14, "streets[0].communities[0].stations[0].compounds[0]", "no compound"),
        ("08:00-12:00", "12:00-08:00", 15, "streets[0].communities[0].stations[0].hours.daily", "end after"),
        ("19:00-20:00", "11:00-20:00", 16, "streets[0].communities[0].stations[0].late.friday", "overlap"),
        ("2026-10-01", "2026-13-01", 17, "streets[0].communities[0].stations[0].exceptions[0].date", "date"),
        ("closed: true", "open: true", 17, "streets[0].communities[0].stations[0].exceptions[0].open", "Unknown"),
        ("name: Street", "nam: Street", 4, "streets[0].nam", "Unknown"),
        ("id: k", "id: g", 9, "streets[0].communities[0].compounds[0].id", "twice"),
        ("    name: Street\n", "    name: Street\n    name: Again\n", 5, "name", "twice"),
        ("county: {id: c", "county: {id: c, x: [", 1, "", "YAML"),
    ],
)
def test_a_fault_is_named_with_its_line_and_field(old: str, new: str, line: int, field: str, said: str) -> None:
    found = faults(SMALL.replace(old, new, 1))
    assert any(at == line and where == field and said in text for at, where, text in found), found


def test_all_faults_are_found_in_one_pass() -> None:
    assert len(faults(SMALL.replace("08:00-12:00", "8-12").replace("2026-10-01", "soon").replace("[k]", "[z]"))) >= 3


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"county: \x00", b"a: !!python/object:os.system x", b"a: *b", b"- " * 99])
def test_what_is_no_places_file_at_all_is_refused(raw: bytes) -> None:
    try:
        data, _ = read_yaml(raw)
    except PlacesFileRefused:
        return
    assert parse_places(data)[1]


def test_aliases_that_would_explode_are_refused() -> None:
    bomb = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )
    with pytest.raises(PlacesFileRefused):
        read_yaml(bomb.encode())


def test_loading_again_changes_nothing_and_tells_nobody() -> None:
    shelf = county()
    report = load_places(shelf, demonstration_county())
    assert (report.created, report.changed, report.unchanged, shelf.events) == ((), (), 260, [])


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    shelf, data = county(), _renamed()
    report = load_places(shelf, data, dry_run=True)
    assert report.changed == ("qingxi",)
    assert shelf.events == []
    assert load_places(shelf, data).changed == ("qingxi",)
    assert [(event.type, event.sequence) for event in shelf.events] == [("area.defined", 2)]


def test_a_first_load_tells_of_every_place() -> None:
    shelf = Shelf()
    load_places(shelf, demonstration_county())
    assert Counter(event.type for event in shelf.events) == {"area.defined": 188, "station.defined": 72}


def test_a_place_cannot_wander_off_with_its_tickets() -> None:
    shelf, data = county(), demonstration_county()
    data["streets"][0]["id"] = "elsewhere"
    report = load_places(shelf, data)
    assert {error.code for error in report.errors} == {"moved"}
    assert shelf.events == []


def test_what_the_file_does_not_name_stays_and_is_listed() -> None:
    shelf, data = county(), demonstration_county()
    del data["streets"][2]
    report = load_places(shelf, data)
    assert "liutang" in report.absent
    assert shelf.place("liutang") is not None


def test_every_error_has_words_in_both_languages() -> None:
    names = ("id", "by", "from", "to", "level", "choices", "most", "now", "state", "known", "count", "compound",
             "least")  # fmt: skip
    params = dict.fromkeys(names, "x")
    for code in _WORDS:
        zh, en = words(code, params)
        assert "{" not in zh + en
        assert zh != en


def _renamed() -> dict[str, Any]:
    data = demonstration_county()
    data["streets"][0]["name"] = "新清溪镇"
    return data


def policy(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((FOLDER / "request-1341.yml").read_text(encoding="utf-8"))
    return {**data, **changes}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"warn_at": [80, 50]}, "warn_at"),
        ({"warn_at": [100]}, "warn_at"),
        ({"clocks": []}, "clocks"),
        ({"reopen_within": "7"}, "reopen_within"),
        ({"colour": "red"}, "colour"),
        ({"ladder": {"levels": [{"level": "moon", "within": "1 h", "calendar": "wall"}], "met_by": ["resolved"]}},
         "ladder.levels[0].level"),
        ({"ladder": {"levels": [{"level": "street", "within": "1 h", "calendar": "wall"},
                                {"level": "community", "within": "1 h", "calendar": "wall"}], "met_by": ["resolved"]}},
         "ladder.levels[1].level"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_meant_is_refused_by_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadPolicy) as bad:
        parse_policy(policy(**changes))
    assert field in [where for where, _ in bad.value.errors]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"target": "soon"}, "clocks[0].target"), ({"calendar": "moon"}, "clocks[0].calendar"),
     ({"until_plan": True}, "clocks[0]"), ({"until_external": True}, "clocks[0]"),
     ({"until_external": "yes"}, "clocks[0].until_external"), ({"target": {"grave": "1 h"}}, "clocks[0].target.grave"),
     ({"ends_with": []}, "clocks[0].ends_with"), ({"name": "solution"}, "clocks")],
)  # fmt: skip
def test_a_clock_that_cannot_be_meant_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    data = policy()
    data["clocks"][0].update(change)
    with pytest.raises(BadPolicy) as bad:
        parse_policy(data)
    assert field in [where for where, _ in bad.value.errors]


@pytest.mark.parametrize(
    ("life", "change", "where", "code"),
    [
        ({}, {"ends_with": ["session_held"]}, "clocks[0].ends_with", "never-happens-in-this-kind"),
        ({}, {"counts_from": "verified"}, "clocks[0].counts_from", "never-happens-in-this-kind"),
        ({}, {"exists_from": "verified"}, "clocks[0].exists_from", "never-happens-in-this-kind"),
        ({"volunteers": False}, {"counts_from": "offered"}, "clocks[0].counts_from", "never-happens-in-this-kind"),
        ({}, {"counts_from": "offered", "ends_with": ["offered", "resolved"]}, "clocks[0].ends_with",
         "ends-where-it-begins"),
        ({"severities": False, "on_site": "possible"}, {}, "clocks[1].target", "kind-without-severities"),
    ],
)  # fmt: skip
def test_a_clock_that_goes_in_a_circle_or_waits_for_what_never_happens_is_refused(
    life: dict[str, Any], change: dict[str, Any], where: str, code: str
) -> None:
    data = policy(life=life)
    data["clocks"][0].update(change)
    with pytest.raises(BadPolicy) as bad:
        parse_policy(data)
    assert (where, code) in bad.value.errors


@pytest.mark.parametrize(
    ("written", "instead", "line", "field", "says"),
    [
        ("ends_with: [arrived]", "ends_with: [session_held]", "ends_with: [session_held]", "clocks[0].ends_with",
         "This step never happens in this kind"),
        ("counts_from: planned", "counts_from: verified", "counts_from: verified", "clocks[3].counts_from",
         "This step never happens in this kind"),
        ("planned\n    ends_with: [resolved]", "planned\n    ends_with: [planned]", "ends_with: [planned]",
         "clocks[3].ends_with", "A clock cannot end with the step that it begins with"),
        ("pauses: []", "life: {severities: false}", "target: {special: 1 d, major: 1 d}", "clocks[2].target",
         "This kind has no severities"),
    ],
)  # fmt: skip
def test_what_no_clock_can_mean_is_told_with_its_line_in_the_file(
    written: str, instead: str, line: str, field: str, says: str
) -> None:
    shipped = (FOLDER / "request-1341.yml").read_text(encoding="utf-8")
    assert shipped.count(written) == 1
    text = shipped.replace(written, instead)
    with pytest.raises(FileRefused) as refused:
        read_policy(text.encode())
    (error,) = [error for error in refused.value.errors if error.field == field]
    assert line in text.splitlines()[error.line - 1]
    assert error.en.startswith(says)


def test_a_clock_of_each_time_may_end_where_it_begins() -> None:
    data = policy()
    data["clocks"][0].update(counts_from="offered", ends_with=["offered", "resolved"], each=True)
    assert parse_policy(data).clocks[0].each


def test_the_shipped_policy_is_1341_to_the_letter() -> None:
    shipped = parse_policy(policy())
    assert shipped.pin == "request-1341/1"
    targets = {rule.name: dict(rule.targets) for rule in shipped.clocks}
    assert targets["arrival"] == {"any": 600}
    assert targets["solution"] == {"ordinary": 1800, "complex": 14400}
    assert targets["plan"] == {"special": 86400, "major": 86400}
    assert [(rung.level, rung.seconds) for rung in shipped.rungs.values()] == [
        ("community", 1800), ("street", 14400), ("district", 86400),
    ]  # fmt: skip


def test_a_broken_policy_file_names_file_and_fault(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("name: [", encoding="utf-8")
    (tmp_path / "b.yml").write_text("name: b", encoding="utf-8")
    with pytest.raises(PolicyRefused) as refused:
        load_policies(tmp_path)
    assert any(fault.startswith("a.yml line") for fault in refused.value.faults)
    assert any(fault.startswith("b.yml version") for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("more", "told", "code"),
    [
        ({"streets": [1] * 450_000}, MOST_ERRORS, "not-a-mapping"),
        ({"streets": [{f"x{number}": 1 for number in range(80_000)}]}, 1, "too-many"),
        ({"streets": [{"id": f"s{number}", "name": ""} for number in range(5_000)]}, MOST_ERRORS, "not-a-short-text"),
        ({"streets": [{"id": "s", "name": "S", "communities": [1] * 5_000}] * 50}, MOST_ERRORS, "not-a-mapping"),
    ],
)  # fmt: skip
def test_what_is_no_tree_of_places_is_not_read_to_its_end(more: dict[str, Any], told: int, code: str) -> None:
    errors = parse_places({"county": {"id": "c", "name": "County"}, **more})[1]
    assert len(errors) == told
    assert code in {error.code for error in errors}
