"""A kind of ticket as data: its clocks, its ladder, its windows. A ticket keeps the version that it was filed under."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.tickets.domain.durations import parse_duration

SEVERITIES = ("ordinary", "complex", "special", "major")
"""一般, 复杂, 特殊, 重大 (1341, report 002), from light to grave."""
PLANNED_SEVERITIES = frozenset({"special", "major"})
LEVELS = ("grid", "community", "street", "district")
CALENDARS = ("wall", "station", "working_days")
STARTS = ("filed", "arrived", "planned")
ENDS = ("arrived", "planned", "resolved")
ANY = "any"


class BadPolicy(ValueError):
    """A policy that cannot be loaded; `errors` are (field, code)."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Counting:
    """How time counts: the calendar, the one for urgent tickets, and whether the first second waits for an opening."""

    calendar: str
    urgent_calendar: str
    from_opening: bool = False

    def of(self, urgent: bool) -> str:
        return self.urgent_calendar if urgent else self.calendar


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One promised time. `targets`: seconds by severity or under `ANY`; with `until_plan` the plan gives the date, with
    `until_external` the partner's system does."""

    name: str
    counts_from: str
    exists_from: str
    ends_with: frozenset[str]
    counting: Counting
    targets: Mapping[str, int]
    until_plan: bool = False
    until_external: bool = False

    def target(self, severity: str | None) -> int | None:
        """Seconds, or None where this clock does not apply to the severity."""
        return self.targets.get(ANY, self.targets.get(severity) if severity else None)


@dataclass(frozen=True, slots=True)
class Rung:
    """A level of the ladder and the time its owner has."""

    level: str
    seconds: int
    counting: Counting


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    version: int
    kind: str
    clocks: tuple[ClockRule, ...]
    warn_at: tuple[int, ...]
    rungs: Mapping[str, Rung]
    rung_met_by: frozenset[str]
    pauses: frozenset[str]
    late_entry_seconds: int
    reopen_seconds: int
    silence_seconds: int

    @property
    def pin(self) -> str:
        return f"{self.name}/{self.version}"

    def next_level(self, level: str) -> str | None:
        """The level above, or None at the top of this policy's ladder."""
        above = [name for name in LEVELS[LEVELS.index(level) + 1 :] if name in self.rungs]
        return above[0] if above else None


class _Reader:
    """Reads plain data and keeps every error with its field, so that an operator sees all of them at once."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []

    def wrong(self, field: str, code: str) -> None:
        self.errors.append((field, code))

    def known(self, data: Any, field: str, keys: set[str]) -> Mapping[str, Any]:
        if not isinstance(data, dict):
            self.wrong(field, "not-a-mapping")
            return {}
        for key in sorted(str(k) for k in data if k not in keys):
            self.wrong(f"{field}.{key}".lstrip("."), "unknown-field")
        return data

    def seconds(self, data: Mapping[str, Any], key: str, field: str) -> int:
        try:
            return parse_duration(data.get(key))
        except ValueError:
            self.wrong(f"{field}.{key}".lstrip("."), "not-a-duration")
            return 1

    def one_of(self, data: Mapping[str, Any], key: str, field: str, choices: tuple[str, ...], default: str = "") -> str:
        value = data.get(key, default)
        if value not in choices:
            self.wrong(f"{field}.{key}".lstrip("."), "not-one-of:" + ",".join(choices))
            return choices[0]
        return str(value)

    def some_of(self, data: Mapping[str, Any], key: str, field: str, choices: tuple[str, ...]) -> frozenset[str]:
        values = data.get(key)
        if not isinstance(values, list) or not values or any(v not in choices for v in values):
            self.wrong(f"{field}.{key}".lstrip("."), "not-some-of:" + ",".join(choices))
            return frozenset()
        return frozenset(values)

    def flag(self, data: Mapping[str, Any], key: str, field: str) -> bool:
        value = data.get(key, False)
        if not isinstance(value, bool):
            self.wrong(f"{field}.{key}", "not-true-or-false")
        return value is True

    def counting(self, data: Mapping[str, Any], field: str) -> Counting:
        calendar = self.one_of(data, "calendar", field, CALENDARS)
        urgent = self.one_of(data, "urgent_calendar", field, CALENDARS, default=calendar)
        return Counting(calendar, urgent, self.flag(data, "from_opening", field))


_COUNTING = {"calendar", "urgent_calendar", "from_opening"}
_TOP = {
    "name", "version", "kind", "title", "source", "clocks", "warn_at", "ladder", "pauses", "late_entry",
    "reopen_within", "silence_closes_after",
}  # fmt: skip


def parse_policy(data: Any) -> Policy:
    """A policy from plain data. Raises BadPolicy with every error and its field."""
    read = _Reader()
    top = read.known(data, "", _TOP)
    clocks = tuple(_clock(read, item, f"clocks[{i}]") for i, item in enumerate(_listed(read, top, "clocks")))
    names = [rule.name for rule in clocks]
    for name in sorted({name for name in names if names.count(name) > 1 or name in LEVELS}):
        read.wrong("clocks", f"name-taken:{name}")
    rungs, met_by = _ladder(read, top.get("ladder"))
    policy = Policy(
        name=_text(read, top, "name"), version=_version(read, top), kind=_text(read, top, "kind"), clocks=clocks,
        warn_at=_warnings(read, top), rungs=rungs, rung_met_by=met_by, pauses=_pauses(read, top),
        late_entry_seconds=read.seconds(read.known(top.get("late_entry"), "late_entry", {"max_age"}), "max_age",
                                        "late_entry"),
        reopen_seconds=read.seconds(top, "reopen_within", ""),
        silence_seconds=read.seconds(top, "silence_closes_after", ""),
    )  # fmt: skip
    if read.errors:
        raise BadPolicy(read.errors)
    return policy


def _clock(read: _Reader, item: Any, field: str) -> ClockRule:
    keys = {"name", "counts_from", "exists_from", "ends_with", "target", "until_plan", "until_external"} | _COUNTING
    data = read.known(item, field, keys)
    until_plan, until_external = read.flag(data, "until_plan", field), read.flag(data, "until_external", field)
    if [until_plan, until_external, "target" in data].count(True) != 1:
        read.wrong(field, "one-of:target,until_plan,until_external")
    return ClockRule(
        name=_text(read, data, "name", field),
        counts_from=read.one_of(data, "counts_from", field, STARTS),
        exists_from=read.one_of(data, "exists_from", field, STARTS),
        ends_with=read.some_of(data, "ends_with", field, ENDS),
        counting=read.counting(data, field),
        targets=_targets(read, data, field) if "target" in data else {},
        until_plan=until_plan,
        until_external=until_external,
    )


def _targets(read: _Reader, data: Mapping[str, Any], field: str) -> Mapping[str, int]:
    target = data.get("target")
    if not isinstance(target, dict):
        return {ANY: read.seconds(data, "target", field)}
    table = read.known(target, f"{field}.target", set(SEVERITIES))
    return {severity: read.seconds(table, severity, f"{field}.target") for severity in SEVERITIES if severity in table}


def _ladder(read: _Reader, data: Any) -> tuple[Mapping[str, Rung], frozenset[str]]:
    ladder = read.known(data, "ladder", {"levels", "met_by"})
    rungs: dict[str, Rung] = {}
    for i, item in enumerate(_listed(read, ladder, "levels", "ladder.")):
        field = f"ladder.levels[{i}]"
        rung = read.known(item, field, {"level", "within"} | _COUNTING)
        level = read.one_of(rung, "level", field, LEVELS[1:])
        if rungs and LEVELS.index(level) <= max(LEVELS.index(known) for known in rungs):
            read.wrong(f"{field}.level", "not-in-order")
        rungs[level] = Rung(level, read.seconds(rung, "within", field), read.counting(rung, field))
    return rungs, read.some_of(ladder, "met_by", "ladder", ENDS)


def _listed(read: _Reader, data: Mapping[str, Any], key: str, prefix: str = "") -> list[Any]:
    items = data.get(key)
    if not isinstance(items, list) or not items:
        read.wrong(prefix + key, "not-a-list")
        return []
    return items


def _text(read: _Reader, data: Mapping[str, Any], key: str, field: str = "") -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value or len(value) > 60:
        read.wrong(f"{field}.{key}".lstrip("."), "not-a-short-text")
        return ""
    return value


def _version(read: _Reader, data: Mapping[str, Any]) -> int:
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        read.wrong("version", "not-a-positive-number")
        return 1
    return version


def _warnings(read: _Reader, data: Mapping[str, Any]) -> tuple[int, ...]:
    values = data.get("warn_at")
    whole = isinstance(values, list) and all(type(v) is int and 0 < v < 100 for v in values)
    if not isinstance(values, list) or not whole or sorted(set(values)) != values:
        read.wrong("warn_at", "not-rising-percentages")
        return ()
    return tuple(values)


def _pauses(read: _Reader, data: Mapping[str, Any]) -> frozenset[str]:
    reasons = data.get("pauses", [])
    if not isinstance(reasons, list) or any(not isinstance(reason, str) for reason in reasons):
        read.wrong("pauses", "not-a-list")
        return frozenset()
    return frozenset(reasons)
