"""Handling modes (五必办, report 001): rules in order, what can be meant, and what filing makes of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.contracts.tickets import HANDLING_MODES
from services.tickets.domain import actions, planning
from services.tickets.domain.policy import BadPolicy
from services.tickets.domain.refused import Refused
from services.tickets.domain.routing import MODES, Matter, RuleSet, choose
from services.tickets.domain.routing_file import parse_rule_set
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.files.operators import FileRefused, read_rule_set
from services.tickets.files.words import words
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do
from services.tickets.handlers.placing import placing
from services.tickets.handlers.ports import House
from services.tickets.handlers.routing import decide_again, decisions
from services.tickets.handlers.rule_sets import activate_rules, deactivate_rules
from services.tickets.handlers.versions import Given
from services.tickets.routing_words import choice_answer
from services.tickets.routings import FOLDER, shipped_routings
from tests.unit.tickets.shelf import Shelf, county, house
from tests.unit.tickets.stories import at

FENGMAN = yaml.safe_load((FOLDER / "examples" / "fengman.yml").read_text("utf-8"))
GRID = "/hequ/qingxi/qingyuan/grid-001/"
CLERK, RESIDENT = Filer("clerk", True), Filer("resident", False)
WORKER = Actor("worker", STAFF | {"assignee"})
REST = {"id": "rest", "title": "rest", "mode": "accepted"}


def matter(kind: str = "request", **about: Any) -> Matter:
    return Matter(**{"kind": kind, "channel": "desk", "area": GRID, **about})


def shipped() -> RuleSet:
    return shipped_routings()["routing-wubiban/1"]


def rule_set(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "own", "version": 1, "title": "own", "rules": [*rules, REST], **more}


def rule(id: str, mode: str = "discovered", **more: Any) -> dict[str, Any]:
    return {"id": id, "title": id, "mode": mode, **more}


def errors(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadPolicy) as error:
        parse_rule_set(data)
    return [(field, code.partition(":")[0]) for field, code in error.value.errors]


@pytest.mark.parametrize(
    ("about", "mode"),
    [
        ({}, "accepted"), ({"urgent": True}, "urgent_on_site"), ({"kind": "errand"}, "administrative"),
        ({"reporter": False}, "discovered"),
        ({"reporter": False, "channel": "mailbox"}, "accepted"), ({"kind": "joint"}, "hard"),
        ({"severity": "major", "urgent": True}, "hard"), ({"severity": "complex"}, "accepted"),
    ],
)  # fmt: skip
def test_each_of_the_five_ways_is_chosen_for_what_the_report_says(about: dict[str, Any], mode: str) -> None:
    assert choose(shipped(), matter(**about)).rule.mode == mode


def test_the_five_ways_are_those_that_events_name() -> None:
    assert tuple(MODES) == HANDLING_MODES


def test_what_comes_with_the_program_changes_nothing_but_the_name_of_the_way() -> None:
    for one in shipped().rules:
        assert (one.file_as, one.urgent, one.level, one.told_each_step, one.opens) == (None, False, None, False, None)


def test_the_first_rule_that_matches_decides_and_those_before_it_say_why_not() -> None:
    choice = choose(shipped(), matter(reporter=False, channel="patrol"))
    assert [(one.rule.id, one.failed) for one in choice.tried] == [
        ("grave", "severity"), ("joint", "kind"), ("urgent", "urgent"), ("errand", "kind"), ("found", None),
    ]  # fmt: skip
    zh, en = choice_answer(choice, "zh-CN"), choice_answer(choice, "en")
    assert zh["tried"][2]["text"] == "“急难问题”：要求急难为 是，实际为 否。"
    assert en["tried"][2]["text"] == "Urgent matters: it asks for urgency to be yes; it is no."
    assert zh["text"] == "按 routing-wubiban/1 第 5 条“排查发现”，归为“排查问题主动办”。"
    assert en["mode_name"] == "problems found by ourselves, dealt with unasked"


def test_areas_are_matched_with_all_beneath_and_categories_also_by_their_words() -> None:
    rules = parse_rule_set(rule_set(
        rule("here", when={"area": ["/hequ/qingxi/"], "category_words": ["lamp"]}),
            rule("kind", when={"kind": ["wish"]}),
    ))  # fmt: skip
    assert choose(rules, matter(category="street_lamp")).rule.id == "here"
    assert choose(rules, matter(category="street-lamp")).rule.id == "here"
    assert choose(rules, matter(category="lamplight")).rule.id == "rest"
    assert choose(rules, matter(category="lamp", area="/hequ/qingxi2/")).rule.id == "rest"
    assert choose(rules, matter()).tried[0].failed == "category_words"


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (rule_set(rule("a", when={"colour": ["red"]})), [("rules[0].when.colour", "unknown-field")]),
        (rule_set(rule("a", mode="lost", when={"kind": ["wish"]})), [("rules[0].mode", "not-one-of")]),
        (rule_set(rule("a", when={"channel": ["pigeon"]})), [("rules[0].when.channel", "not-some-of")]),
        (rule_set(rule("a", when={"severity": "major"})), [("rules[0].when.severity", "not-some-of")]),
        (rule_set(rule("a", when={"urgent": "yes"})), [("rules[0].when.urgent", "not-true-or-false")]),
        (rule_set(rule("a", when={"area": ["hequ"]})), [("rules[0].when.area", "not-a-list-of-paths")]),
        (rule_set(rule("a", when={"kind": []})), [("rules[0].when.kind", "not-a-list")]),
        (rule_set(rule("a", when={})), [("rules[0].when", "asks-nothing")]),
        (rule_set(rule("a")), [("rules[1]", "never-reached")]),
        (rule_set(rule("a", when={"urgent": True}), rule("a", when={"urgent": False})),
         [("rules[1].id", "code-taken")]),
        (rule_set(rule("a", when={"kind": ["wish", "loan"]}), rule("b", when={"kind": ["loan"], "urgent": True})),
         [("rules[1]", "never-reached")]),
        (rule_set(rule("a", when={"area": ["/hequ/"]}), rule("b", when={"area": ["/hequ/xikou/"]})),
         [("rules[1]", "never-reached")]),
        ({**rule_set(), "rules": [rule("a", when={"urgent": True})]}, [("rules[0].when", "no-rule-for-the-rest")]),
        ({**rule_set(), "rules": [rule("a", mode="hard", level="community")]},
         [("rules[0]", "rest-not-always-possible")]),
        (rule_set(rule("a", when={"severity": ["major"]}, urgent=True)), [("rules[0].urgent", "only-at-filing")]),
        (rule_set(rule("a", when={"urgent": True}, file_as={"kind": "errand"})),
         [("rules[0].file_as", "turned-in-these-modes")]),
        (rule_set(rule("a", when={"urgent": True}, opens={"kind": "joint", "within": "5 d"})),
         [("rules[0].opens", "opened-in-this-mode")]),
        (rule_set(*[rule(f"r{i}", when={"category": [f"c{i}"]}) for i in range(100)]), [("rules", "too-many-rules")]),
        ([], [("", "not-a-mapping"), ("rules", "not-a-list"), ("name", "not-a-code"),
              ("version", "not-a-positive-number"), ("title", "not-a-mapping"), ("title", "not-a-short-text")]),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told_by_field(data: Any, wrong: list[tuple[str, str]]) -> None:
    found = errors(data)
    assert found == wrong
    with pytest.raises(BadPolicy) as error:
        parse_rule_set(data)
    for _, code in error.value.errors:
        zh, en = words(code)
        assert zh != en


def test_a_rule_that_may_be_impossible_to_follow_hides_none_behind_it() -> None:
    turning = rule("a", mode="administrative", when={"kind": ["request"]}, file_as={"kind": "errand"})
    assert len(parse_rule_set(rule_set(turning, rule("b", when={"kind": ["request"]}))).rules) == 3


def test_an_error_of_a_file_has_its_line(tmp_path: Path) -> None:
    text = "name: own\nversion: 1\ntitle: own\nrules:\n  - id: a\n    title: a\n    mode: lost\n"
    with pytest.raises(FileRefused) as refused:
        read_rule_set(text.encode())
    assert [(error.line, error.field) for error in refused.value.errors] == [(7, "rules[0].mode")]


def inside(rules: dict[str, Any] | None = None) -> tuple[Shelf, House]:
    """A house with the shipped rules, and others activated in the county."""
    shelf, known = county(), replace(house(), routings=shipped_routings())
    if rules is not None:
        activate_rules(shelf, known, Given(rules, "text"), "/hequ/", "ops", at("08:00"))
    return shelf, known


def filed(shelf: Shelf, known: House, filer: Filer = RESIDENT, **said: Any) -> Ticket:
    where = placing(shelf, "grid-001", None, None)
    body = {"kind": "request", "description": "dark", **said}
    return file_ticket(shelf, known, filer, where, body, at("09:00")).ticket


def on_site(shelf: Shelf, known: House, ticket: Ticket, severity: str) -> Ticket:
    def arrive(course: Course, rules: Rules) -> None:
        actions.arrive(course, WORKER, severity)
        decide_again(shelf, known, course)

    ticket = do(shelf, known, ticket, at("09:01"), lambda course, rules: actions.accept(course, WORKER))
    ticket = do(shelf, known, ticket, at("09:02"), lambda course, rules: actions.assign(course, WORKER, "worker"))
    return do(shelf, known, ticket, at("09:05"), arrive)


def reclassified(shelf: Shelf, known: House, ticket: Ticket, severity: str, when: str) -> Ticket:
    def step(course: Course, rules: Rules) -> None:
        planning.reclassify(course, WORKER, severity, "sealed", True)
        decide_again(shelf, known, course)

    return do(shelf, known, ticket, at(when), step)


def test_the_decision_stands_in_the_history_with_rule_set_rule_and_mode() -> None:
    shelf, known = inside()
    ticket = filed(shelf, known, CLERK)
    assert ticket.handling_mode == "discovered", "staff filed it without a reporter"
    plain = ticket.history[0].detail["routing"]
    assert (plain["rules"], plain["rule"], plain["mode"]) == ("routing-wubiban/1", "found", "discovered")
    assert shelf.events[0].data["ticket"]["handling_mode"] == "discovered"
    assert filed(shelf, known).handling_mode == "accepted"


def test_an_administrative_matter_becomes_an_errand_with_its_service() -> None:
    shelf, known = inside(FENGMAN)
    ticket = filed(shelf, known, category="social_insurance")
    assert (ticket.kind, ticket.service, ticket.policy) == ("errand", "social_insurance_query", "errand/1")
    assert list(ticket.items) == ["id_card"]
    ((_, decision),) = decisions(ticket)
    assert (decision.mode, decision.matter.kind) == ("administrative", "request")


def test_a_rule_that_cannot_be_followed_is_passed_over_and_says_so() -> None:
    turning = rule("a", mode="hard", when={"kind": ["request"]}, file_as={"kind": "joint"})
    shelf, known = inside(rule_set(turning))
    ticket = filed(shelf, known)
    assert (ticket.kind, ticket.handling_mode) == ("request", "accepted"), "a joint matter needs a date"
    ((_, decision),) = decisions(ticket)
    assert decision.impossible == {"a": "field-asked:promised_for"}
    tried = choice_answer(decision.again(known.rule_set(shelf, decision.rules)), "en")["tried"]
    assert [(one["condition"], one["actual"]) for one in tried] == [
        ("possible", "field-asked:promised_for"), (None, None),
    ]  # fmt: skip
    assert filed(shelf, known, CLERK, promised_for=at("03-20 09:00")).kind == "joint"


def test_a_rule_makes_urgent_and_begins_at_a_level() -> None:
    shelf, known = inside(FENGMAN)
    urgent = filed(shelf, known, category="elderly_fall")
    assert (urgent.urgent, urgent.handling_mode) == (True, "urgent_on_site")
    ((_, decision),) = decisions(urgent)
    assert decision.matter.urgent is False, "what was said stays as it was said"
    lifted = filed(shelf, known, category="parking")
    assert (lifted.level, lifted.owner_id, lifted.handling_mode) == ("community", "owner-community", "hard")


def test_what_proves_grave_on_site_is_handled_jointly_and_opens_one_joint_matter() -> None:
    shelf, known = inside(FENGMAN)
    ticket = on_site(shelf, known, filed(shelf, known), "special")
    assert (ticket.handling_mode, [one.mode for _, one in decisions(ticket)]) == ("hard", ["accepted", "hard"])
    joint = next(one for one in shelf.tickets.values() if one.parent_id == ticket.id)
    assert (joint.kind, joint.promised_for, joint.sealed, joint.summary) == ("joint", at("03-07 09:05"), None, None)
    assert decisions(ticket)[1][1].opened == joint.number
    ticket = reclassified(shelf, known, ticket, "ordinary", "09:10")
    assert ticket.handling_mode == "accepted"
    ticket = reclassified(shelf, known, ticket, "major", "09:20")
    assert ticket.handling_mode == "hard"
    assert sum(one.parent_id == ticket.id for one in shelf.tickets.values()) == 1


def without_joint(known: House) -> House:
    """The same house, in which nobody knows joint matters any more."""
    return replace(known, policies={pin: one for pin, one in known.policies.items() if one.kind != "joint"})


def test_what_proves_grave_is_taken_also_where_the_kind_that_it_would_open_is_known_no_more() -> None:
    shelf, known = inside(FENGMAN)
    ticket = on_site(shelf, without_joint(known), filed(shelf, known), "special")
    assert (ticket.handling_mode, decisions(ticket)[1][1].opened) == ("hard", None)
    assert not any(one.parent_id for one in shelf.tickets.values())


def test_what_is_filed_is_taken_also_where_the_kind_that_its_rule_would_open_is_known_no_more() -> None:
    hard = rule("hard", "hard", when={"urgent": True}, opens={"kind": "joint", "within": "5 d"})
    shelf, known = inside(rule_set(hard))
    assert decisions(filed(shelf, known, urgent=True))[0][1].opened is not None
    ticket = filed(shelf, without_joint(known), urgent=True)
    assert (ticket.handling_mode, decisions(ticket)[0][1].opened) == ("hard", None)


def test_a_severity_that_changes_nothing_leaves_the_decision_alone() -> None:
    shelf, known = inside()
    ticket = on_site(shelf, known, filed(shelf, known), "complex")
    assert [(step.kind, one.rule) for step, one in decisions(ticket)] == [("filed", "rest")]


def test_a_ticket_is_judged_by_the_rules_that_it_was_filed_under() -> None:
    shelf, known = inside()
    ticket = filed(shelf, known)
    activate_rules(shelf, known, Given(FENGMAN, "text"), GRID, "ops", at("09:01"))
    ticket = on_site(shelf, known, ticket, "major")
    assert {one.rules for _, one in decisions(ticket)} == {"routing-wubiban/1"}
    assert not any(one.parent_id for one in shelf.tickets.values())


def test_a_house_without_rules_files_as_ever() -> None:
    shelf, known = county(), house()
    ticket = on_site(shelf, known, filed(shelf, known), "major")
    assert (ticket.handling_mode, decisions(ticket)) == (None, [])


def test_what_is_stored_under_a_version_never_changes() -> None:
    shelf, known = inside(rule_set(rule("a", when={"urgent": True})))
    changed = Given(rule_set(rule("a", when={"urgent": False})), "text")
    with pytest.raises(Refused) as refused:
        activate_rules(shelf, known, changed, "/hequ/", "ops", at("09:00"))
    assert refused.value.slug == "policy-changed-under-its-version"
    assert refused.value.params["field"] == "rules.a.when.urgent"
    again = activate_rules(shelf, known, Given(rule_set(rule("a", when={"urgent": True})), "text"), "/hequ/", "ops",
                           at("09:00"))  # fmt: skip
    assert (again.before, again.after, again.differs) == ("own/1", "own/1", [])
    assert deactivate_rules(shelf, known, "/hequ/") == "routing-wubiban/1"


@pytest.mark.parametrize(
    ("one", "slug"),
    [
        (rule("a", when={"kind": ["wishes"]}), "unknown-kind"),
        (rule("a", "hard", when={"urgent": True}, file_as={"kind": "jointly"}), "unknown-kind"),
        (rule("a", "administrative", when={"urgent": True}, file_as={"kind": "errand", "service": "x"}),
         "no-such-service"),
        (rule("a", "hard", when={"urgent": True}, file_as={"kind": "callback"}), "kind-cannot-be-opened"),
        (rule("a", "hard", when={"urgent": True}, opens={"kind": "errand", "within": "1 d"}), "kind-cannot-be-opened"),
    ],
)  # fmt: skip
def test_rules_that_name_what_is_not_there_are_not_activated(one: dict[str, Any], slug: str) -> None:
    shelf, known = inside()
    with pytest.raises(Refused) as refused:
        activate_rules(shelf, known, Given(rule_set(one), "text"), "/hequ/", "ops", at("09:00"))
    assert refused.value.slug == slug
    assert shelf.routings.activations() == []
