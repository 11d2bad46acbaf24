"""Points rules are data: versions with dates, and a broken file is named."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.volunteers.domain.rules import RulesBroken, in_force, parse_rules
from services.volunteers.storage import points_rules

SECOND_FROM = datetime(2027, 1, 1, tzinfo=UTC)


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "rule": "request-solved", "version": 1, "from": "2020-01-01T00:00:00+08:00", "event": "ticket.confirmed",
        "kinds": ["request"], "solver_kinds": ["member"], "minimum_rating": 3, "points": 10, **changes,
    }  # fmt: skip


def test_the_rules_that_are_shipped_can_be_read() -> None:
    assert [(rule.code, rule.points, rule.minimum_rating) for rule in points_rules()] == [
        ("request-solved/1", 10, 3), ("service-given/1", 10, 3),
    ]  # fmt: skip


def test_the_version_in_force_at_the_time_of_the_deed_counts() -> None:
    second = entry(version=2, points=15, **{"from": SECOND_FROM.isoformat()})
    rules = parse_rules(json.dumps({"rules": [second, entry()]}))
    before = in_force(rules, "ticket.confirmed", SECOND_FROM - timedelta(milliseconds=1))
    since = in_force(rules, "ticket.confirmed", SECOND_FROM)
    assert ([rule.code for rule in before], [rule.code for rule in since]) == (
        ["request-solved/1"],
        ["request-solved/2"],
    )


def test_before_its_first_date_a_rule_pays_nothing() -> None:
    assert in_force(points_rules(), "ticket.confirmed", datetime(2019, 12, 31, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[", "JSON object"),
        ("{}", "JSON object"),
        (json.dumps({"rules": [entry(), {"rule": "x"}]}), "rule 2 is incomplete"),
        (json.dumps({"rules": [entry(points=0)]}), "points must be positive"),
        (json.dumps({"rules": [entry(**{"from": "2020-01-01T00:00:00"})]}), "needs a time zone"),
        (json.dumps({"rules": [entry(), entry()]}), "request-solved/1 is given twice"),
    ],
)
def test_a_broken_rules_file_is_refused_by_name(text: str, what: str) -> None:
    with pytest.raises(RulesBroken, match=what):
        parse_rules(text)
