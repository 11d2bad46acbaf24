"""What the oracle looks at: everything that the system left behind, read once, when it has come to rest."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pymongo.database import Database

from services.chassis.context import Context
from services.contracts.registry import PUBLISHERS
from tests.faults.journal import Journal
from tests.faults.keeper import End

Document = dict[str, Any]
EVENT_FIELDS = (
    "type", "source", "subject", "aggregate_id", "sequence", "unpublished", "recorded_at", "published_at",
    "data.ticket.reporter_id", "data.ticket.owner_id", "data.ticket.assignee_id", "data.ticket.ticket_id",
    "data.solver_id", "data.person_id", "data.member.person_id", "data.replayed_late", "data.clock", "data.round",
    "data.threshold", "data.at", "data.cause", "data.word_of", "data.notice_id", "data.by", "data.owner_changed",
    "data.former_owner_id", "data.former_assignee_id", "data.answerable_id", "data.ticket.also_reported_by",
    "data.ticket.told_each_step", "data.way", "data.reason", "data.assignee_changed", "data.after_suspension",
    "data.beneath", "data.former_claim_id", "data.reason_code",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that disagrees: what, and the identities of what to look at."""

    what: str
    ids: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what} [{', '.join(self.ids)}]"


Findings = Iterator[Finding]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the server took: the notice by its Message-ID, and to whom."""

    notice_id: str
    recipient: str


@dataclass
class Evidence:
    """`now` is business time, standing still. Each property is read when it is first asked for."""

    contexts: Mapping[str, Context]
    databases: Mapping[str, Database[Document]]
    """As the administrator sees them."""
    journal: Journal
    now: datetime
    mails: Sequence[Mail]
    queue_lengths: Mapping[str, int]
    exported: Sequence[str]
    """What each http process of metrics shows to Prometheus."""
    report: Mapping[str, Any]
    """What metrics answers to the district over HTTP."""
    balances: Mapping[str, int]
    """What volunteers answers to each member over HTTP: balance less debt, by person."""
    poison: frozenset[str]
    lost_poison: frozenset[str]
    """What may have been in a queue when the broker was emptied."""
    ends: Sequence[End]
    given_up: Sequence[str]
    scans: Sequence[str]
    """Queries for which the database read a whole collection."""

    def db(self, service: str) -> Database[Document]:
        return self.databases[service]

    @cached_property
    def tickets(self) -> Mapping[str, Document]:
        return {row["_id"]: row for row in self.db("tickets")["tickets"].find()}

    @cached_property
    def notices(self) -> Mapping[str, Document]:
        fields = dict.fromkeys(("template", "channel", "state", "reason", "attempts", "event_id", "recorded_at"), 1)
        return {row["_id"]: row for row in self.db("notifications")["notices"].find({}, fields)}

    @cached_property
    def events(self) -> Sequence[Document]:
        """Every committed event of every publisher, with what the questions need of its data."""
        fields = dict.fromkeys(EVENT_FIELDS, 1)
        return [row for name in PUBLISHERS for row in self.db(name)["outbox"].find({}, fields)]

    @cached_property
    def events_of_ticket(self) -> Mapping[str, Sequence[Document]]:
        """In the order of their sequence."""
        found: defaultdict[str, list[Document]] = defaultdict(list)
        for event in self.events:
            if event["subject"].startswith("ticket/"):
                found[event["aggregate_id"]].append(event)
        return {ticket: sorted(events, key=lambda event: int(event["sequence"])) for ticket, events in found.items()}

    @cached_property
    def taken_at(self) -> Mapping[str, Mapping[str, datetime]]:
        """By queue: when each event took effect, in system time, as the consumer's inbox says."""
        found: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        for context in self.contexts.values():
            for row in context.db["inbox"].find():
                queue, _, event_id = row["_id"].partition("|")
                found[queue][event_id] = row["at"]
        return found


def few(ids: Iterable[str], most: int = 8) -> tuple[str, ...]:
    """Enough identities to look at."""
    listed = sorted(ids)
    return (*listed[:most], f"… {len(listed)} in all") if len(listed) > most else tuple(listed)
