"""A kind of ticket as data: its life, its clocks, its ladder, its services.

Eleven kinds share one lifecycle and one table of transitions; what differs between them stands here. A ticket keeps the
version that it was filed under. `policy_file.py` reads it from plain data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.tickets.domain import steps

SEVERITIES = ("ordinary", "complex", "special", "major")
"""一般, 复杂, 特殊, 重大 (1341, report 002), from light to grave."""
PLANNED_SEVERITIES = frozenset({"special", "major"})
LEVELS = ("grid", "community", "street", "district")
CALENDARS = ("wall", "station", "working_days")
STARTS = (
    steps.FILED, steps.VERIFIED, steps.ACCEPTED, steps.OFFERED, steps.ASSIGNED, steps.ARRIVED, steps.PLANNED,
    steps.SESSION_HELD, steps.ITEM_DONE,
)  # fmt: skip
"""The steps from which a clock may count."""
ENDS = (
    steps.VERIFIED, steps.ACCEPTED, steps.OFFERED, steps.ASSIGNED, steps.ARRIVED, steps.PLANNED, steps.SESSION_HELD,
    steps.ITEM_DONE, steps.RESOLVED,
)  # fmt: skip
"""The steps by which a promise is kept."""
ASKED = ("reporter", "service", "promised_for", "position", "photo")
"""What filing may insist on."""
ON_SITE = ("needed", "possible", "none")
FILED_BY = ("anybody", "staff", "system")
ANY = "any"


class BadPolicy(ValueError):
    """A policy that cannot be loaded; `errors` are (field, code)."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__(errors)
        self.errors = errors


OWN_PLAN_SECONDS = 30 * 86_400
"""Unless a policy says otherwise *(ours)*: who makes the promise does not put it off for a year by himself."""


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
    `until_external` the partner's system, with `until_promised` the appointment or the matter's own date.

    `each`: a clock of its own for every step that it counts from, as for the papers of an errand, unless the one before
    may still be kept.
    """

    name: str
    counts_from: frozenset[str]
    exists_from: frozenset[str]
    ends_with: frozenset[str]
    counting: Counting
    targets: Mapping[str, int]
    until_plan: bool = False
    until_external: bool = False
    until_promised: bool = False
    each: bool = False

    @property
    def has_date(self) -> bool:
        """A date is a date: our waiting does not move it."""
        return self.until_plan or self.until_external or self.until_promised

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
class Text:
    """Words for people, in both languages."""

    zh: str
    en: str

    def of(self, locale: str) -> str:
        return self.zh if locale == "zh-CN" else self.en


@dataclass(frozen=True, slots=True)
class Offered:
    """A service of the catalogue (清单): what may be ordered or done for somebody, and the papers that it takes."""

    code: str
    title: Text
    items: Mapping[str, Text] = field(default_factory=dict)
    """The checklist (材料清单): each is ticked off before the errand is done."""
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Life:
    """What this kind makes of the one lifecycle."""

    filed_by: str = "anybody"
    """Who files it: anybody, staff and partners only, or nobody but the system itself."""
    on_site: str = "needed"
    """Whether somebody must have been on site before it is solved: needed, possible, none."""
    severities: bool = True
    """Whether who arrives says how grave it is; only then there are plans."""
    verified: bool = False
    """Whether somebody who did not report it looks first (随手拍)."""
    volunteers: bool = True
    """Whether it may be offered to volunteers and units."""
    sessions: bool = False
    """Whether it is dealt with in sessions (调解)."""
    outcomes: tuple[str, ...] = ()
    """The outcomes of which its solution names one."""
    asks: frozenset[str] = frozenset()
    """What filing must give, of `ASKED`."""
    own_plan_seconds: int = OWN_PLAN_SECONDS
    """How far ahead whoever has it in hand may plan it; beyond that an office does."""

    def plans_far(self, planned_for: datetime, at: datetime) -> bool:
        """Whether a plan made at that moment is further ahead than whoever has it in hand may make it."""
        return (planned_for - at).total_seconds() > self.own_plan_seconds

    def has(self, action: str) -> bool:
        """Whether this kind knows the action at all. What the system files, a callback, is dealt with where it was
        filed: it is neither put aside nor handed on. What is dealt with in sessions is between its own parties."""
        by_people = self.filed_by != "system"
        return {
            "reject": by_people, "transfer": by_people, "merge": not self.sessions,
            "verify": self.verified, "offer": self.volunteers, "hold_session": self.sessions,
            "arrive": self.on_site != "none", "reclassify": self.severities, "plan": self.severities,
            "move_plan": self.severities,
        }.get(action, True)  # fmt: skip

    def sources(self, action: str, sources: frozenset[str]) -> frozenset[str]:
        """In which of the table's states this kind allows the action."""
        if action == "accept" and self.verified:
            return sources - {"filed"}
        if action == "resolve" and self.on_site == "needed":
            return sources - {"assigned"}
        return sources

    def target(self, action: str, before: str, target: str | None) -> str:
        """The state after the action; None: the table says that it stays. What nobody has verified yet is handed on
        as it is."""
        if target is None or (action == "transfer" and self.verified and before == "filed"):
            return before
        return target


@dataclass(frozen=True, slots=True)
class Policy:
    """All that was promised for a kind, in one version. What has begun under a version ends under it."""

    name: str
    version: int
    kind: str
    title: Text
    life: Life
    clocks: tuple[ClockRule, ...]
    warn_at: tuple[int, ...]
    rungs: Mapping[str, Rung]
    rung_met_by: frozenset[str]
    pauses: Mapping[str, int]
    """Why it may wait, and how many seconds at most; then its time runs again."""
    late_entry_seconds: int
    reopen_seconds: int
    silence_seconds: int
    services: Mapping[str, Offered] = field(default_factory=dict)
    source: str = ""

    @property
    def pin(self) -> str:
        return f"{self.name}/{self.version}"

    @property
    def takes_date(self) -> bool:
        """Whether filing may give an appointment or the matter's own date."""
        return any(rule.until_promised for rule in self.clocks)

    def next_level(self, level: str) -> str | None:
        """The level above, or None at the top of this policy's ladder."""
        above = [name for name in LEVELS[LEVELS.index(level) + 1 :] if name in self.rungs]
        return above[0] if above else None
