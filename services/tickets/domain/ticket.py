"""A ticket (工单): something that somebody promised to do by some time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.tickets.domain.policy import Life
from services.tickets.domain.steps import ANSWERABLE, MARKS, MERGED, Step
from services.writing.identifiers import identity

GRID = "grid"
CALLBACK = "callback"
"""The kind that looks into a bad rating."""
OPEN_STATES = frozenset({"filed", "accepted", "offered", "assigned", "on_site", "planned"})
UNENDED_STATES = OPEN_STATES | {"resolved", "confirmed"}
"""Something can still become of it, if only by reopening."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a ticket belongs. The ladder follows the grid; the station gives the opening hours."""

    grid_id: str
    area_path: str
    compound_id: str | None = None
    station_id: str | None = None
    station_path: str | None = None
    building_id: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths beneath which somebody must have a role to work on it."""
        return (self.area_path,) if self.station_path is None else (self.area_path, self.station_path)


@dataclass(frozen=True, slots=True)
class ExternalRef:
    """The ticket's identity in a partner's system (12345 hotline, a department)."""

    system: str
    id: str

    @property
    def key(self) -> str:
        """By which it is one case, however its id was copied."""
        return f"{self.system}|{identity(self.id)}"


@dataclass(frozen=True, slots=True)
class Offer:
    """The ticket is open for volunteers to claim, in one round."""

    id: str
    round: int
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Its present state, and its history, from which its clocks are computed."""

    id: str
    number: str
    kind: str
    policy: str
    channel: str
    category: str | None
    placing: Placing
    urgent: bool
    occurred_at: datetime
    recorded_at: datetime
    reporter_id: str | None = None
    parent_id: str | None = None
    """The ticket that this one follows from: a callback's, later a joint matter's."""
    origin: str | None = None
    external_refs: tuple[ExternalRef, ...] = ()
    external_due_at: datetime | None = None
    service: str | None = None
    """What was ordered, or is done for somebody: a code of the policy's catalogue."""
    promised_for: datetime | None = None
    """The appointment, or the matter's own date."""
    items: Mapping[str, datetime | None] = field(default_factory=dict)
    """The checklist of the service: when each item was ticked off."""
    summary: str | None = None
    """Written by staff, shown in lists, without personal data; never published."""
    sealed: str | None = None
    """What the reporter said and how to reach them, as a sealed token that the domain cannot read."""
    secret_hash: str | None = None
    """Keyed digest of the follow-up secret that the reporter alone was given."""
    slip_hash: str | None = None
    """Of the one that passed through the hands of staff, `slip_by`; a new one ends the one before."""
    slip_by: str | None = None
    telephone_digest: str | None = None
    """Keyed digest of the telephone it was reported from, by which staff find it again."""
    state: str = "filed"
    round: int = 1
    severity: str | None = None
    level: str = GRID
    owner_id: str | None = None
    assignee_id: str | None = None
    assignee_kind: str | None = None
    claim_id: str | None = None
    offer: Offer | None = None
    claims: Mapping[str, str] = field(default_factory=dict)
    """What became of each claim: assigned, declined, released; withdrawn: to be given back, or revoked, before the
    claim itself was heard; kept: not to be given back any more."""
    waiting_for: str | None = None
    """Why it waits; a reason of the policy."""
    verified_at: datetime | None = None
    arrived_at: datetime | None = None
    planned_for: datetime | None = None
    plan_moves: int = 0
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    solver_id: str | None = None
    solver_kind: str | None = None
    outcome: str | None = None
    """How it was solved, where the policy tells outcomes apart (调解: reached, failed, referred)."""
    transfers: int = 0
    merged_into: str | None = None
    """The ticket that tells of the same matter and goes on."""
    duplicates: tuple[str, ...] = ()
    """Those that were merged into this one."""
    also_reported_by: tuple[str, ...] = ()
    """The reporters of its duplicates: they hear what the reporter hears."""
    withdrawn_by: tuple[str, ...] = ()
    """Who reported it and took that back, while it goes on for others; they hear no more of it."""
    confirmed_at: datetime | None = None
    closed_at: datetime | None = None
    rating: int | None = None
    handling_mode: str | None = None
    """Which of the five (五必办) rules chose for it; None: filed before there were rules, or by the system."""
    told_each_step: bool = False
    """Whether its reporter hears of each step."""
    history: tuple[Step, ...] = ()
    sequence: int = 0
    """Of its events; grows by one with each."""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def reporters(self) -> tuple[str, ...]:
        """For whom it goes on: its own reporter first, then those of its duplicates, each once."""
        first = (self.reporter_id,) if self.reporter_id is not None and self.own_reporter_stands else ()
        return (*first, *self.also_reported_by)

    @property
    def filed_level(self) -> str:
        """Where it began, and begins anew: the grid, but for what is the office's own matter."""
        return str(self.history[0].detail.get("level") or GRID) if self.history else self.level

    @property
    def is_callback(self) -> bool:
        """Whether it looks into a bad rating."""
        return self.kind == CALLBACK

    @property
    def rated(self) -> tuple[str, ...]:
        """Whose work the rating was about, into which a callback looks."""
        return tuple(self.history[0].detail.get("rated", ())) if self.history else ()

    @property
    def own_reporter_stands(self) -> bool:
        """Whether it goes on for who reported this very ticket: then the last word on it is theirs alone."""
        return self.reporter_id is not None and self.reporter_id not in self.withdrawn_by

    @property
    def reported_by(self) -> tuple[str, ...]:
        """All who ever reported it, also by a merged ticket, also who took it back: none of them earns by it."""
        own = () if self.reporter_id is None else (self.reporter_id,)
        return tuple(dict.fromkeys((*own, *self.also_reported_by, *self.withdrawn_by)))

    @property
    def merged_into_number(self) -> str | None:
        """The number under which it goes on, if it was merged."""
        last = next((step for step in reversed(self.history) if step.kind == MERGED), None)
        return None if last is None or self.merged_into is None else str(last.detail["into_number"])

    @property
    def deeds(self) -> tuple[Step, ...]:
        """Of the history what people did."""
        return tuple(
            step for step in self.history if step.kind not in MARKS and step.detail.get("cause") not in _SYSTEMS
        )

    @property
    def revision(self) -> int:
        """Of what people did; a clock that fires does not make an edit stale."""
        return len(self.deeds)

    @property
    def is_late_entry(self) -> bool:
        return self.occurred_at < self.recorded_at

    @property
    def area_path(self) -> str:
        return self.placing.area_path


_SYSTEMS = frozenset({"breach", "over", "place-moved", "gone"})
"""Causes of steps that nobody took: a lift by a breach, the end of a pause, a change of the tree, of an account."""


@dataclass(slots=True)
class Course:
    """One command or firing on its way: the ticket as it becomes, and each step with the ticket after it."""

    ticket: Ticket
    now: datetime
    life: Life = field(default_factory=Life)
    """What the ticket's kind makes of the one lifecycle."""
    taken: list[tuple[Step, Ticket]] = field(default_factory=list)
    answerable: str | None = None
    """Who answers for the program that gives the command: its steps say so."""
    began: Ticket = field(init=False)
    """The ticket as it was before."""

    def __post_init__(self) -> None:
        self.began = self.ticket

    def take(self, kind: str, by: str | None = None, detail: Mapping[str, Any] | None = None, **changes: Any) -> Ticket:
        """Write a step into the history and change the ticket accordingly."""
        number = changes.get("round", self.ticket.round)
        more = {ANSWERABLE: self.answerable} if self.answerable is not None and by is not None else {}
        step = Step(kind, changes.pop("at", self.now), number, by, {**(detail or {}), **more})
        published = kind not in UNPUBLISHED
        self.ticket = replace(
            self.ticket,
            history=(*self.ticket.history, step),
            sequence=self.ticket.sequence + published,
            **changes,
        )
        self.taken.append((step, self.ticket))
        return self.ticket

    def add(self, detail: Mapping[str, Any], **changes: Any) -> None:
        """Say more of the step that was just taken: it stays one step, and one event tells of it."""
        fuller = replace(self.taken[-1][0], detail={**self.taken[-1][0].detail, **detail})
        self.ticket = replace(self.ticket, history=(*self.ticket.history[:-1], fuller), **changes)
        self.taken[-1] = (fuller, self.ticket)

    def remember_claim(self, claim_id: str, outcome: str) -> None:
        """Keep what became of a claim; no step, since nothing happened to the ticket."""
        self.ticket = replace(self.ticket, claims={**self.ticket.claims, claim_id: outcome})


UNPUBLISHED = frozenset({"passed", "erased"})
"""Kinds of steps that no event tells of."""
