"""Each thing that can be wrong with an operator's file of rules, made once: its code, its field, its words."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.tickets import policies, presences, routings, sheets
from services.tickets.domain.policy import BadPolicy
from services.tickets.domain.policy_file import parse_policy
from services.tickets.domain.presence_quotas import parse_quotas
from services.tickets.domain.routing_file import parse_rule_set
from services.tickets.domain.sheets import parse_sheet
from services.tickets.domain.years import BadYear, parse_year
from services.tickets.files import words as words_of_files
from services.tickets.files.words import words

Parse = Callable[[Any], object]
YEAR = {
    "year": 2031, "source": "notice", "made_up": ["2031-01-04"],
    "holidays": [f"2031-{month:02d}-01" for month in range(1, 13)],
}  # fmt: skip
NEVER_ON_SITE = {"on_site": "none", "severities": True}
TWICE = [{"code": "a", "title": "a"}] * 2
WRONG: list[tuple[str, str, Any, str, str]] = [
    # What is changed, where, into what; which field is told, and the code.
    ("policy", "name", "Request", "name", "not-a-code"),
    ("policy", "version", 0, "version", "not-a-positive-number"),
    ("policy", "life", {"outcomes": "reached"}, "life.outcomes", "not-a-list-of-codes"),
    ("policy", "life", NEVER_ON_SITE, "life.severities", "needs-on-site"),
    ("policy", "life", {"severities": False}, "clocks[1].target", "kind-without-severities"),
    ("policy", "warn_at", [80, 50], "warn_at", "not-rising-percentages"),
    ("policy", "reopen_within", "soon", "reopen_within", "not-a-duration"),
    ("policy", "life", {"own_plans_within": "soon"}, "life.own_plans_within", "not-a-duration"),
    ("policy", "clocks.0.calendar", "moon", "clocks[0].calendar", "not-one-of"),
    ("policy", "clocks.0.ends_with", ["forgotten"], "clocks[0].ends_with", "not-some-of"),
    ("policy", "clocks.0.until_plan", True, "clocks[0]", "one-of"),
    ("policy", "clocks.3.each", True, "clocks[3].each", "needs-target"),
    ("policy", "clocks.0.counts_from", "session_held", "clocks[0].counts_from", "never-happens-in-this-kind"),
    ("policy", "clocks.0.counts_from", "arrived", "clocks[0].ends_with", "ends-where-it-begins"),
    ("policy", "clocks.1.name", "arrival", "clocks", "name-taken"),
    ("policy", "clocks.1.name", "street", "clocks", "name-taken"),
    ("policy", "ladder.levels.0.level", "street", "ladder.levels[1].level", "not-in-order"),
    ("callback", "ladder.levels.2", {"level": "street"}, "ladder", "callback-needs-top"),
    ("policy", "services", TWICE, "services[1].code", "code-taken"),
    ("year", "year", "soon", "year", "not-a-year"),
    ("year", "holidays.0", "2030-11-30", "holidays[0]", "other-year"),
    ("year", "holidays", ["2031-01-01"], "holidays", "not-a-whole-year"),
    ("year", "made_up.0", "2031-01-03", "made_up[0]", "works-anyhow"),
    ("year", "made_up.0", "2031-02-01", "made_up[0]", "holiday-too"),
    ("standard", "items", [{"code": f"i{n}", "title": "i", "points": 1} for n in range(101)], "items",
     "too-many-items"),
    ("standard", "items.0.points", 1001, "items[0].points", "not-points"),
    ("standard", "items.0", {"code": "a", "title": "a", "points": 5, "partly": True}, "items[0].points",
     "half-needs-even-points"),
    ("quotas", "quotas.0.at_least", "25 h", "quotas[0].at_least", "longer-than-a-day"),
    ("quotas", "quotas.0.days", 4, "quotas[0].days", "only-for-a-week"),
    ("rules", "rules", [{"id": f"r{n}", "title": "r", "mode": "hard"} for n in range(101)], "rules", "too-many-rules"),
    ("rules", "rules.0", {"when": {"severity": ["major"]}, "mode": "hard", "urgent": True}, "rules[0].urgent",
     "only-at-filing"),
    ("rules", "rules.0", {"mode": "discovered", "file_as": {"kind": "errand"}}, "rules[0].file_as",
     "turned-in-these-modes"),
    ("rules", "rules.0", {"mode": "discovered", "opens": {"kind": "joint", "within": "5 d"}}, "rules[0].opens",
     "opened-in-this-mode"),
    ("rules", "rules.0", {"when": {}, "mode": "hard"}, "rules[0].when", "asks-nothing"),
    ("rules", "rules.0", {"when": {"area": ["hequ"]}, "mode": "hard"}, "rules[0].when.area", "not-a-list-of-paths"),
    ("rules", "rules.0", {"mode": "accepted"}, "rules[1]", "never-reached"),
    ("rules", "rules", [{"id": "a", "title": "a", "when": {"urgent": True}, "mode": "hard"}], "rules[0].when",
     "no-rule-for-the-rest"),
    ("rules", "rules", [{"id": "a", "title": "a", "mode": "hard", "level": "community"}], "rules[0]",
     "rest-not-always-possible"),
]  # fmt: skip


@cache
def shipped(package: Any, name: str) -> Any:
    return yaml.safe_load((Path(package.__file__).parent / name).read_text(encoding="utf-8"))


def whole(sort: str) -> tuple[Parse, Any]:
    """How a file of this sort is read, and one that has no fault."""
    return {
        "policy": (parse_policy, shipped(policies, "request-1341-2.yml")), "year": (parse_year, YEAR),
        "callback": (parse_policy, shipped(policies, "callback-1.yml")),
        "standard": (parse_sheet, shipped(sheets, "six-haves-1.yml")),
        "quotas": (parse_quotas, shipped(presences, "presence-1.yml")),
        "rules": (parse_rule_set, shipped(routings, "wubiban-1.yml")),
    }[sort]  # fmt: skip


def changed(data: Any, where: str, value: Any) -> Any:
    """A copy with another value there; `rules.0` keeps what the value does not say."""
    copy = deepcopy(data)
    *above, last = [int(part) if part.isdigit() else part for part in where.split(".")]
    place = copy
    for part in above:
        place = place[part]
    is_rule = where == "rules.0"
    place[last] = {"id": "first", "title": "first", **value} if is_rule else value
    return copy


def faults(parse: Parse, data: Any) -> list[tuple[str, str]]:
    try:
        parse(data)
    except (BadPolicy, BadYear) as refused:
        return refused.errors
    return []


@pytest.mark.parametrize("sort", sorted({sort for sort, *_ in WRONG}))
def test_what_they_are_made_from_has_no_fault(sort: str) -> None:
    parse, data = whole(sort)
    parse(deepcopy(data))


@pytest.mark.parametrize(("sort", "where", "value", "field", "code"), WRONG)
def test_one_fault_is_told_by_its_field_and_in_both_languages(
    sort: str, where: str, value: Any, field: str, code: str
) -> None:
    parse, data = whole(sort)
    errors = faults(parse, changed(data, where, value))
    told = [(at, found) for at, found in errors if found.partition(":")[0] == code]
    assert field in [at for at, _ in told], errors
    for _, found in told:
        zh, en = words(found)
        assert zh != en
        assert "{" not in zh + en


def test_every_code_has_its_example() -> None:
    assert set(words_of_files._WORDS) == {code for *_, code in WRONG}
