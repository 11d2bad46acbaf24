"""A rule set from plain data, as its YAML says it: every error at once, each with its field."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.tickets.domain.policy import LEVELS, SEVERITIES, BadPolicy
from services.tickets.domain.policy_words import Reader
from services.tickets.domain.routing import (
    ADMINISTRATIVE,
    CHANNELS,
    CONDITIONS,
    HARD,
    KNOWN_LATER,
    MODES,
    Opened,
    Rule,
    RuleSet,
    Turned,
)
from services.tickets.domain.stations import TYPES

MOST_RULES = 100
_CHOICES = {
    "channel": CHANNELS, "severity": SEVERITIES, "level": LEVELS, "station_type": tuple(TYPES),
}  # fmt: skip
_FLAGS = ("urgent", "reporter")
_CODES = ("kind", "category", "category_words", "service")
_PATH = re.compile(r"/(?:[a-z0-9-]{1,64}/){1,12}")
_RULE = {"id", "title", "when", "mode", "file_as", "urgent", "level", "told_each_step", "opens"}


def parse_rule_set(data: Any) -> RuleSet:
    """A rule set from plain data. Raises BadPolicy with every error and its field."""
    read = Reader()
    top = read.known(data, "", {"name", "version", "title", "source", "rules"})
    listed = read.listed(top, "rules")
    if len(listed) > MOST_RULES:
        read.wrong("rules", f"too-many-rules:{MOST_RULES}")
    rules = tuple(_rule(read, item, f"rules[{i}]") for i, item in enumerate(listed[:MOST_RULES]))
    found = RuleSet(
        name=read.code(top, "name"), version=read.number(top, "version"), title=read.text(top, "title"), rules=rules,
        source=read.short(top, "source", ""),
    )  # fmt: skip
    if not read.errors:
        _check_order(read, rules)
    if read.errors:
        raise BadPolicy(read.errors)
    return found


def _rule(read: Reader, item: Any, field: str) -> Rule:
    data = read.known(item, field, _RULE)
    rule = Rule(
        id=read.code(data, "id", field), title=read.text(data, "title", field), when=_when(read, data, field),
        mode=read.one_of(data, "mode", field, tuple(MODES)), file_as=_turned(read, data, field),
        urgent=read.flag(data, "urgent", field),
        level=read.one_of(data, "level", field, LEVELS) if "level" in data else None,
        told_each_step=read.flag(data, "told_each_step", field), opens=_opened(read, data, field),
    )  # fmt: skip
    for name in ("file_as", "urgent", "level"):
        if name in data and KNOWN_LATER & set(rule.when):
            read.wrong(f"{field}.{name}", "only-at-filing")
    if rule.file_as and rule.mode not in (ADMINISTRATIVE, HARD):
        read.wrong(f"{field}.file_as", "turned-in-these-modes:" + f"{ADMINISTRATIVE},{HARD}")
    if rule.opens and rule.mode != HARD:
        read.wrong(f"{field}.opens", f"opened-in-this-mode:{HARD}")
    return rule


def _when(read: Reader, data: Mapping[str, Any], field: str) -> Mapping[str, tuple[Any, ...]]:
    if "when" not in data:
        return {}
    at = f"{field}.when"
    asked = read.known(data["when"], at, set(CONDITIONS))
    if not asked and isinstance(data["when"], dict):
        read.wrong(at, "asks-nothing")
    return {name: _wanted(read, asked, name, at) for name in CONDITIONS if name in asked}


def _wanted(read: Reader, asked: Mapping[str, Any], name: str, at: str) -> tuple[Any, ...]:
    if name in _FLAGS:
        return (read.flag(asked, name, at),)
    if name in _CHOICES:
        return tuple(sorted(read.some_of(asked, name, at, _CHOICES[name])))
    if name in _CODES:
        found = read.codes(asked, name, at)
        if not found and asked[name] == []:
            read.wrong(f"{at}.{name}", "not-a-list")
        return found
    paths = asked[name]
    if not isinstance(paths, list) or not paths or not all(isinstance(p, str) and _PATH.fullmatch(p) for p in paths):
        read.wrong(f"{at}.{name}", "not-a-list-of-paths")
        return ()
    return tuple(paths)


def _turned(read: Reader, data: Mapping[str, Any], field: str) -> Turned | None:
    if "file_as" not in data:
        return None
    at = f"{field}.file_as"
    turned = read.known(data["file_as"], at, {"kind", "service"})
    return Turned(read.code(turned, "kind", at), read.code(turned, "service", at) if "service" in turned else None)


def _opened(read: Reader, data: Mapping[str, Any], field: str) -> Opened | None:
    if "opens" not in data:
        return None
    at = f"{field}.opens"
    opened = read.known(data["opens"], at, {"kind", "within"})
    return Opened(read.code(opened, "kind", at), read.seconds(opened, "within", at))


def _check_order(read: Reader, rules: Sequence[Rule]) -> None:
    """Every rule can be reached, the last matches everything and can always be followed, no name stands twice."""
    seen: set[str] = set()
    for i, rule in enumerate(rules):
        if rule.id in seen:
            read.wrong(f"rules[{i}].id", f"code-taken:{rule.id}")
        seen.add(rule.id)
        before = next((one for one in rules[:i] if _covers(one, rule)), None)
        if before is not None:
            read.wrong(f"rules[{i}]", f"never-reached:{before.id}")
    last = len(rules) - 1
    if rules[last].when:
        read.wrong(f"rules[{last}].when", "no-rule-for-the-rest")
    if rules[last].file_as or rules[last].level:
        read.wrong(f"rules[{last}]", "rest-not-always-possible")


def _covers(earlier: Rule, later: Rule) -> bool:
    """Whether whatever the later one matches, the earlier one has taken already.

    One that turns or lifts what is filed may be impossible to follow, and then leaves it to those after it.
    """
    if earlier.file_as or earlier.level:
        return False
    return all(name in later.when and _within(name, later.when[name], earlier.when[name]) for name in earlier.when)


def _within(name: str, inner: Sequence[Any], outer: Sequence[Any]) -> bool:
    if name == "area":
        return all(any(path.startswith(above) for above in outer) for path in inner)
    return set(inner) <= set(outer)
