"""A policy from plain data, as its YAML says it: every error at once, each with its field."""

from collections.abc import Mapping
from typing import Any

from services.tickets.domain import steps
from services.tickets.domain.policy import (
    ANY,
    ASKED,
    ENDS,
    FILED_BY,
    LEVELS,
    ON_SITE,
    OWN_PLAN_SECONDS,
    SEVERITIES,
    STARTS,
    BadPolicy,
    ClockRule,
    Life,
    Offered,
    Policy,
    Rung,
    Text,
)
from services.tickets.domain.policy_words import Reader

_COUNTING = {"calendar", "urgent_calendar", "from_opening"}
_DATES = ("until_plan", "until_external", "until_promised")
_TOP = {
    "name", "version", "kind", "title", "source", "life", "clocks", "warn_at", "ladder", "pauses", "late_entry",
    "reopen_within", "silence_closes_after", "services",
}  # fmt: skip


def parse_policy(data: Any) -> Policy:
    """A policy from plain data. Raises BadPolicy with every error and its field."""
    read = Reader()
    top = read.known(data, "", _TOP)
    life, services = _life(read, top), _services(read, top)
    clocks = tuple(_clock(read, item, f"clocks[{i}]") for i, item in enumerate(read.listed(top, "clocks")))
    rungs, met_by = _ladder(read, top)
    policy = Policy(
        name=read.code(top, "name"), version=read.number(top, "version"), kind=read.code(top, "kind"),
        title=read.text(top, "title"), life=life, clocks=clocks, warn_at=_warnings(read, top), rungs=rungs,
        rung_met_by=met_by, pauses=_pauses(read, top),
        late_entry_seconds=read.seconds(read.known(top.get("late_entry"), "late_entry", {"max_age"}), "max_age",
                                        "late_entry"),
        reopen_seconds=read.seconds(top, "reopen_within", ""),
        silence_seconds=read.seconds(top, "silence_closes_after", ""), services=services,
        source=read.short(top, "source", ""),
    )  # fmt: skip
    _check_clocks(read, policy)
    if policy.kind == "callback" and LEVELS[-1] not in rungs:
        read.wrong("ladder", "callback-needs-top")  # above whom it looks into, whatever office he is of
    if read.errors:
        raise BadPolicy(read.errors)
    return policy


def _life(read: Reader, top: Mapping[str, Any]) -> Life:
    data = read.known(
        top.get("life", {}), "life",
        {"filed_by", "on_site", "severities", "verified", "volunteers", "sessions", "outcomes", "asks",
         "own_plans_within"},
    )  # fmt: skip
    on_site = read.one_of(data, "on_site", "life", ON_SITE, default="needed")
    severities = read.flag(data, "severities", "life", default=on_site == "needed")
    if severities and on_site == "none":
        read.wrong("life.severities", "needs-on-site")
    return Life(
        filed_by=read.one_of(data, "filed_by", "life", FILED_BY, default="anybody"), on_site=on_site,
        severities=severities, verified=read.flag(data, "verified", "life"),
        volunteers=read.flag(data, "volunteers", "life", default=True), sessions=read.flag(data, "sessions", "life"),
        outcomes=tuple(read.codes(data, "outcomes", "life")),
        asks=read.some_of(data, "asks", "life", ASKED) if "asks" in data else frozenset(),
        own_plan_seconds=read.seconds(data, "own_plans_within", "life") if "own_plans_within" in data
        else OWN_PLAN_SECONDS,
    )  # fmt: skip


def _clock(read: Reader, item: Any, field: str) -> ClockRule:
    keys = {"name", "counts_from", "exists_from", "ends_with", "target", "each", *_DATES} | _COUNTING
    data = read.known(item, field, keys)
    dates = {name: read.flag(data, name, field) for name in _DATES}
    if [*dates.values(), "target" in data].count(True) != 1:
        read.wrong(field, "one-of:target," + ",".join(_DATES))
    each = read.flag(data, "each", field)
    if each and any(dates.values()):
        read.wrong(f"{field}.each", "needs-target")
    counts_from = read.steps(data, "counts_from", field, STARTS)
    return ClockRule(
        name=read.code(data, "name", field), counts_from=counts_from,
        exists_from=read.steps(data, "exists_from", field, STARTS) if "exists_from" in data else counts_from,
        ends_with=read.some_of(data, "ends_with", field, ENDS), counting=read.counting(data, field),
        targets=_targets(read, data, field) if "target" in data else {}, each=each, **dates,
    )  # fmt: skip


def _targets(read: Reader, data: Mapping[str, Any], field: str) -> Mapping[str, int]:
    target = data.get("target")
    if not isinstance(target, dict):
        return {ANY: read.seconds(data, "target", field)}
    table = read.known(target, f"{field}.target", set(SEVERITIES))
    return {severity: read.seconds(table, severity, f"{field}.target") for severity in SEVERITIES if severity in table}


def _check_clocks(read: Reader, policy: Policy) -> None:
    """What each clock waits for must be able to happen in the life of this kind, and must not go in a circle."""
    names = [rule.name for rule in policy.clocks]
    for name in sorted({name for name in names if names.count(name) > 1 or name in LEVELS}):
        read.wrong("clocks", f"name-taken:{name}")
    impossible = _impossible(policy)
    for index, rule in enumerate(policy.clocks):
        field = f"clocks[{index}]"
        for key, kinds in (("counts_from", rule.counts_from), ("exists_from", rule.exists_from)):
            if kinds and kinds <= impossible:
                read.wrong(f"{field}.{key}", "never-happens-in-this-kind")
        if rule.ends_with and rule.ends_with <= impossible:
            read.wrong(f"{field}.ends_with", "never-happens-in-this-kind")
        if rule.ends_with & rule.counts_from and not rule.each:
            read.wrong(f"{field}.ends_with", "ends-where-it-begins")
        if not policy.life.severities and rule.targets and ANY not in rule.targets:
            read.wrong(f"{field}.target", "kind-without-severities")


def _impossible(policy: Policy) -> frozenset[str]:
    life = policy.life
    happens = {
        steps.VERIFIED: life.verified, steps.OFFERED: life.volunteers, steps.ARRIVED: life.on_site != "none",
        steps.PLANNED: life.severities, steps.SESSION_HELD: life.sessions,
        steps.ITEM_DONE: any(service.items for service in policy.services.values()),
        steps.ACCEPTED: not life.verified,
    }  # fmt: skip
    return frozenset(kind for kind, possible in happens.items() if not possible)


def _ladder(read: Reader, top: Mapping[str, Any]) -> tuple[Mapping[str, Rung], frozenset[str]]:
    """Without a ladder nothing is lifted."""
    if "ladder" not in top:
        return {}, frozenset()
    ladder = read.known(top.get("ladder"), "ladder", {"levels", "met_by"})
    rungs: dict[str, Rung] = {}
    for i, item in enumerate(read.listed(ladder, "levels", "ladder.")):
        field = f"ladder.levels[{i}]"
        rung = read.known(item, field, {"level", "within"} | _COUNTING)
        level = read.one_of(rung, "level", field, LEVELS[1:])
        if rungs and LEVELS.index(level) <= max(LEVELS.index(known) for known in rungs):
            read.wrong(f"{field}.level", "not-in-order")
        rungs[level] = Rung(level, read.seconds(rung, "within", field), read.counting(rung, field))
    return rungs, read.some_of(ladder, "met_by", "ladder", ENDS)


def _services(read: Reader, top: Mapping[str, Any]) -> Mapping[str, Offered]:
    found: dict[str, Offered] = {}
    for i, item in enumerate(read.listed(top, "services") if "services" in top else ()):
        field = f"services[{i}]"
        data = read.known(item, field, {"code", "title", "items", "skills"})
        code = read.code(data, "code", field)
        if code in found:
            read.wrong(f"{field}.code", f"code-taken:{code}")
        found[code] = Offered(
            code, read.text(data, "title", field), _items(read, data, field), read.codes(data, "skills", field)
        )
    return found


def _items(read: Reader, service: Mapping[str, Any], field: str) -> Mapping[str, Text]:
    found: dict[str, Text] = {}
    for i, item in enumerate(read.listed(service, "items", f"{field}.") if "items" in service else ()):
        at = f"{field}.items[{i}]"
        data = read.known(item, at, {"code", "title"})
        code = read.code(data, "code", at)
        if code in found:
            read.wrong(f"{at}.code", f"code-taken:{code}")
        found[code] = read.text(data, "title", at)
    return found


def _warnings(read: Reader, data: Mapping[str, Any]) -> tuple[int, ...]:
    values = data.get("warn_at")
    whole = isinstance(values, list) and all(type(v) is int and 0 < v < 100 for v in values)
    if not isinstance(values, list) or not whole or sorted(set(values)) != values:
        read.wrong("warn_at", "not-rising-percentages")
        return ()
    return tuple(values)


def _pauses(read: Reader, top: Mapping[str, Any]) -> Mapping[str, int]:
    """Reason → the longest that it may wait; an empty list says the same as none."""
    pauses = top.get("pauses", {})
    if pauses == []:
        return {}
    if not isinstance(pauses, dict):
        read.wrong("pauses", "not-a-mapping")
        return {}
    for reason in pauses:
        read.code({"reason": reason}, "reason", "pauses")
    return {str(reason): read.seconds(pauses, reason, "pauses") for reason in pauses}
