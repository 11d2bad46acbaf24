"""Points rules: versioned data that say which verified event is worth how much, and from when on."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class RulesBroken(Exception):
    """The rules file cannot be used; the text says which entry and why."""


@dataclass(frozen=True, slots=True)
class PointsRule:
    """One version of one rule. `name` without version is what pays at most once for a deed."""

    name: str
    version: int
    valid_from: datetime
    event: str
    kinds: tuple[str, ...]
    solver_kinds: tuple[str, ...]
    minimum_rating: int
    points: int

    @property
    def code(self) -> str:
        """Name and version, as postings and events quote it: `request-solved/1`."""
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A verified deed: the resident confirmed and rated what somebody solved in one round of a ticket."""

    event_id: str
    ticket_id: str
    round: int
    kind: str
    area_path: str
    reporter_id: str | None
    solver_id: str
    solver_kind: str
    rating: int
    at: datetime
    reporter_ids: tuple[str, ...] = ()
    """All who reported it, also by a ticket that was merged into it, or handled it as staff: none of them is paid."""
    claim_id: str | None = None
    """By which the solver had it in hand; None: staff, or an event of before 1.5."""
    through_staff: bool = False
    """The resident's word passed through the hands of staff, who may not decide on what their fellows earn."""


def parse_rules(text: str) -> tuple[PointsRule, ...]:
    """The rules of a JSON document. Raises RulesBroken naming the entry."""
    try:
        entries = list(json.loads(text)["rules"])
    except (ValueError, KeyError, TypeError) as error:
        raise RulesBroken("the rules are not a JSON object with a list `rules`") from error
    rules = tuple(_parse(number, entry) for number, entry in enumerate(entries, start=1))
    codes = [rule.code for rule in rules]
    for code in codes:
        if codes.count(code) > 1:
            raise RulesBroken(f"rule {code} is given twice")
    return rules


def _parse(number: int, entry: Any) -> PointsRule:
    try:
        rule = PointsRule(
            name=str(entry["rule"]),
            version=int(entry["version"]),
            valid_from=datetime.fromisoformat(entry["from"]),
            event=str(entry["event"]),
            kinds=tuple(entry["kinds"]),
            solver_kinds=tuple(entry["solver_kinds"]),
            minimum_rating=int(entry["minimum_rating"]),
            points=int(entry["points"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RulesBroken(f"rule {number} is incomplete or wrong: {error}") from error
    if rule.points <= 0 or rule.valid_from.tzinfo is None:
        raise RulesBroken(f"rule {number}: points must be positive, `from` needs a time zone")
    return rule


def in_force(rules: Iterable[PointsRule], event: str, at: datetime) -> list[PointsRule]:
    """The newest version, at that moment, of each rule about this type of event."""
    newest: dict[str, PointsRule] = {}
    for rule in sorted(rules, key=lambda rule: (rule.valid_from, rule.version)):
        if rule.event == event and rule.valid_from <= at:
            newest[rule.name] = rule
    return list(newest.values())


def earns(rule: PointsRule, deed: Confirmation) -> bool:
    """Whether the deed is worth the rule's points. Nobody earns with what he reported, be it by a merged ticket, or
    handled as staff, nor by a word of the resident that passed through staff."""
    return (
        deed.kind in rule.kinds
        and deed.solver_kind in rule.solver_kinds
        and deed.rating >= rule.minimum_rating
        and deed.solver_id not in (deed.reporter_id, *deed.reporter_ids)
        and not deed.through_staff
    )
