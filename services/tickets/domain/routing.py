"""Five handling modes (五必办, report 001) as rules: the first rule that matches decides, and says why.

急难问题现场办、行政事务领代办、排查问题主动办、受理问题跟踪办、难点问题联动办. `routing_file.py` reads
rules from plain data.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from services.tickets.domain.policy import Text
from services.tickets.domain.ticket import GRID

URGENT_ON_SITE, ADMINISTRATIVE, DISCOVERED, ACCEPTED, HARD = (
    "urgent_on_site", "administrative", "discovered", "accepted", "hard",
)  # fmt: skip
MODES: Mapping[str, Text] = {
    URGENT_ON_SITE: Text("急难问题现场办", "urgent matters, solved on site"),
    ADMINISTRATIVE: Text("行政事务领代办", "administrative affairs, done for the resident"),
    DISCOVERED: Text("排查问题主动办", "problems found by ourselves, dealt with unasked"),
    ACCEPTED: Text("受理问题跟踪办", "accepted matters, followed step by step"),
    HARD: Text("难点问题联动办", "hard matters, dealt with jointly"),
}
"""The report's words for each."""
SYSTEM = "system"
"""What nobody files: callbacks, and what a rule files."""
CHANNELS = (
    "desk", "online", "mailbox", "hotline", "visit", "patrol", "snapshot", "night_talk", "open311", "partner", SYSTEM,
)  # fmt: skip
CONDITIONS = (
    "kind", "channel", "category", "category_words", "service", "urgent", "reporter", "area", "station_type",
    "severity", "level",
)  # fmt: skip
"""What a rule may ask, in the order in which it is asked."""
KNOWN_LATER = frozenset({"severity", "level"})
"""What is never known at filing, when every ticket stands at the grid and nobody was on site."""
POSSIBLE = "possible"
"""Asked of a rule last: whether what it wants done can be done with what was given."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What rules may ask of a ticket. Nothing of it is personal; all of it is kept with the decision."""

    kind: str
    """As it was filed, whatever it was turned into."""
    channel: str
    area: str
    """Path of the grid."""
    category: str | None = None
    service: str | None = None
    urgent: bool = False
    reporter: bool = True
    """Whether somebody reported it; what the station found itself has no reporter."""
    station_type: str | None = None
    severity: str | None = None
    level: str = GRID

    @property
    def category_words(self) -> tuple[str, ...]:
        """`street_lamp` and `street-lamp` are the words street and lamp."""
        return tuple(word for word in re.split(r"[-_]", self.category or "") if word)


@dataclass(frozen=True, slots=True)
class Turned:
    """Into which kind a rule turns what is filed, and which service of its catalogue is meant."""

    kind: str
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A further ticket that a rule opens: a joint matter with its own date, so many seconds later (难点→联动)."""

    kind: str
    within_seconds: int


@dataclass(frozen=True, slots=True)
class Rule:
    """If everything asked holds, this is how the matter is handled."""

    id: str
    title: Text
    when: Mapping[str, tuple[Any, ...]]
    """By condition, the values of which one must hold; nothing asked matches everything."""
    mode: str
    file_as: Turned | None = None
    urgent: bool = False
    """Makes it urgent; what its reporter called urgent stays so."""
    level: str | None = None
    """The level whose owner has it first; None: the grid, as ever."""
    told_each_step: bool = False
    """Whether its reporter hears of each step (受理问题跟踪办)."""
    opens: Opened | None = None

    def failing(self, matter: Matter) -> str | None:
        """The first condition that does not hold, None when all do."""
        return next((name for name in CONDITIONS if name in self.when and not _holds(name, self.when, matter)), None)


def _holds(name: str, when: Mapping[str, tuple[Any, ...]], matter: Matter) -> bool:
    actual, wanted = getattr(matter, name), when[name]
    if name == "area":
        return any(actual.startswith(path) for path in wanted)
    if name == "category_words":
        return bool(set(actual) & set(wanted))
    return actual in wanted


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in order, in one version; what was filed under it is judged by it to its end."""

    name: str
    version: int
    title: Text
    rules: tuple[Rule, ...]
    source: str = ""

    @property
    def pin(self) -> str:
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule that was tried, and what first did not hold of it; None: it matched."""

    rule: Rule
    failed: str | None
    why: str | None = None
    """For `POSSIBLE`: what stood against it, as a code."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the rules said of a matter; the last one tried matched."""

    rules: RuleSet
    matter: Matter
    tried: tuple[Tried, ...]

    @property
    def rule(self) -> Rule:
        return self.tried[-1].rule


Impossible = Callable[[Rule], str | None]
"""A code for what stands against doing what a rule wants, None when nothing does."""


def choose(rules: RuleSet, matter: Matter, impossible: Impossible = lambda rule: None) -> Choice:
    """The first rule that matches and can be followed. The last one always matches (`routing_file.py` sees to it)."""
    tried: list[Tried] = []
    for rule in rules.rules:
        failed = rule.failing(matter)
        why = impossible(rule) if failed is None else None
        tried.append(Tried(rule, POSSIBLE if why else failed, why))
        if tried[-1].failed is None:
            break
    return Choice(rules, matter, tuple(tried))


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice as the ticket's history keeps it; it is explained from this and the rule set, never made again."""

    rules: str
    rule: str
    mode: str
    matter: Matter
    impossible: Mapping[str, str] = field(default_factory=dict)
    """By rule, what stood against following it."""
    opened: str | None = None
    """The number of the further ticket that the rule opened."""

    @staticmethod
    def of(choice: Choice, opened: str | None = None) -> "Decision":
        against = {one.rule.id: one.why for one in choice.tried if one.why}
        return Decision(choice.rules.pin, choice.rule.id, choice.rule.mode, choice.matter, against, opened)

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "Decision":
        """Raises TypeError for a field of the matter that is not known."""
        return Decision(**{**plain, "matter": Matter(**plain["matter"])})

    def plain(self) -> dict[str, Any]:
        return {**_shallow(self), "matter": _shallow(self.matter)}

    def again(self, rules: RuleSet) -> Choice:
        """The same choice, with every rule that was tried; `rules` is the set that it names."""
        return choose(rules, self.matter, lambda rule: self.impossible.get(rule.id))


def _shallow(value: "Decision | Matter") -> dict[str, Any]:
    """`dataclasses.asdict` copies to the last leaf, which filing feels."""
    return {one.name: getattr(value, one.name) for one in fields(value)}
