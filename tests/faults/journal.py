"""What the callers saw with their own eyes: each command with the answer that it got, if it ever got one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any, Literal

Outcome = Literal["done", "refused", "unknown"]
"""Answered 2xx; refused at the first asking, so that nothing happened; or a try got no answer and what it did is not
known: then it may be there, but once at most."""


@dataclass(frozen=True, slots=True)
class Command:
    """A deed on a ticket. `by` None: the reporter, by follow-up secret."""

    ticket_id: str
    step: str
    """The kind of step that it writes into the history."""
    by: str | None
    outcome: Outcome
    tries: int
    asked_at: datetime
    """Business time as the caller reads it; `answered_at` likewise."""
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Filing:
    """A ticket filed. `mark` stands in its description and nowhere else."""

    mark: str
    outcome: Outcome
    tries: int
    ticket_id: str | None


@dataclass(frozen=True, slots=True)
class Claiming:
    """A volunteer reached for an offer."""

    offer_id: str
    person_id: str
    outcome: Outcome
    tries: int
    claim_id: str | None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A volunteer asked to give his claim back, before he did anything about it."""

    claim_id: str
    person_id: str
    outcome: Outcome
    tries: int


@dataclass(frozen=True, slots=True)
class Suspension:
    """The community suspended a member who had a matter in hand; nobody approves him again."""

    member_id: str
    person_id: str
    outcome: Outcome
    tries: int


Entry = Command | Filing | Claiming | Withdrawal | Suspension


@dataclass(slots=True)
class Journal:
    """Safe to be written by many threads."""

    commands: list[Command] = field(default_factory=list)
    filings: list[Filing] = field(default_factory=list)
    claimings: list[Claiming] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    suspensions: list[Suspension] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    """Definite refusals, by slug."""
    surprises: list[str] = field(default_factory=list)
    """Answers that no fault excuses, such as 500."""
    _lock: Lock = field(default_factory=Lock)

    def note(self, entry: Entry) -> None:
        with self._lock:
            if isinstance(entry, Command):
                self.commands.append(entry)
            elif isinstance(entry, Filing):
                self.filings.append(entry)
            elif isinstance(entry, Claiming):
                self.claimings.append(entry)
            elif isinstance(entry, Withdrawal):
                self.withdrawals.append(entry)
            else:
                self.suspensions.append(entry)

    def refused(self, slug: str) -> None:
        with self._lock:
            self.refusals[slug] += 1

    def surprise(self, text: str) -> None:
        with self._lock:
            self.surprises.append(text)

    @property
    def entries(self) -> Sequence[Entry]:
        return [*self.filings, *self.commands, *self.claimings, *self.withdrawals, *self.suspensions]

    def figures(self) -> dict[str, int]:
        """For the report: how many were answered, how many had to be repeated."""
        entries = self.entries
        return {
            "commands": len(entries),
            "answered": sum(entry.outcome == "done" for entry in entries),
            "refused": sum(entry.outcome == "refused" for entry in entries),
            "unknown": sum(entry.outcome == "unknown" for entry in entries),
            "repeated": sum(entry.tries > 1 for entry in entries),
            "tries": sum(entry.tries for entry in entries),
        }

    def as_document(self) -> dict[str, Any]:
        """Everything, for the folder of a run that disagreed."""
        return {
            "filings": [asdict(each) for each in self.filings],
            "commands": [asdict(each) for each in self.commands],
            "claimings": [asdict(each) for each in self.claimings],
            "withdrawals": [asdict(each) for each in self.withdrawals],
            "suspensions": [asdict(each) for each in self.suspensions],
            "refusals": dict(self.refusals),
            "surprises": self.surprises,
        }
