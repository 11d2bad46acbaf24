"""Counting again, from the services' own databases: what the totals must agree with.

Twice, independently: once over each publisher's event log, once over what the services keep as their state (histories
of tickets, the ledger, claims, notices), which no event can falsify. Databases are handed in, so that no service
imports another. Meant for a system at rest: what is on its way while it counts shows up as a difference.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from services.contracts.registry import EVENT_TYPES, PUBLISHERS
from services.metrics.domain import totals
from services.metrics.domain.counting import counts_of
from services.metrics.domain.totals import TOTALS, Key
from services.metrics.storage import read_totals

Document = dict[str, Any]
Databases = Mapping[str, Database[Document]]
RECOUNT_MILLISECONDS = 120_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that does not agree. `source` says where it was counted again."""

    source: str
    what: str
    total: int
    recounted: int

    def __str__(self) -> str:
        return f"{self.what}: totals say {self.total}, {self.source} says {self.recounted}"


@dataclass(frozen=True, slots=True)
class StateCheck:
    """A number that a service's state gives without its events."""

    service: str
    collection: str
    pipeline: Sequence[Document]
    """An aggregation that ends in one row with `n`; no row is nought."""
    total: str
    labels: Mapping[str, str]
    """Which of the total's counters are to be summed."""


_COUNT: Document = {"$count": "n"}
_POINTS: Document = {"$group": {"_id": None, "n": {"$sum": "$points"}}}


def _steps(kind: str, total: str, **labels: str) -> StateCheck:
    """Steps of one kind in the histories of all tickets."""
    history: list[Document] = [{"$unwind": "$history"}, {"$match": {"history.kind": kind}}, _COUNT]
    return StateCheck("tickets", "tickets", history, total, labels)


def _decided(action: str, total: str) -> StateCheck:
    """Acts of those who decide on members."""
    return StateCheck("volunteers", "acts", [{"$match": {"action": action}}, _COUNT], total, {})


def _ledger(kind: str, number: Document, total: str) -> StateCheck:
    return StateCheck("volunteers", "ledger", [{"$match": {"kind": kind}}, number], total, {})


STATE_CHECKS = (
    StateCheck("accounts", "accounts", [_COUNT], totals.ACCOUNTS, {}),
    StateCheck("tickets", "tickets", [_COUNT], totals.FILED, {}),
    _steps("resolved", totals.RESOLVED),
    _steps("confirmed", totals.RATED),
    *(_steps(ending, totals.CLOSED, outcome=ending) for ending in ("rejected", "cancelled", "merged")),
    _steps("reopened", totals.REOPENED),
    _steps("lifted", totals.ESCALATIONS),
    _steps("warned", totals.WARNINGS),
    _steps("breached", totals.CLOCKS, outcome="breached"),
    _steps("met", totals.CLOCKS, outcome="met"),
    _decided("member-approved", totals.MEMBERS),
    _decided("member-suspended", totals.SUSPENSIONS),
    StateCheck("volunteers", "claims", [_COUNT], totals.CLAIMS, {"outcome": "won"}),
    StateCheck("volunteers", "claims", [{"$match": {"state": "released"}}, _COUNT], totals.CLAIMS,
               {"outcome": "released"}),
    _ledger("award", _COUNT, totals.AWARDS),
    _ledger("award", _POINTS, totals.POINTS_AWARDED),
    _ledger("reversal", _COUNT, totals.REVERSALS),
    _ledger("reversal", _POINTS, totals.POINTS_REVERSED),
    StateCheck("notifications", "notices", [{"$match": {"state": "sent"}}, _COUNT], totals.NOTICES,
               {"outcome": "sent"}),
)  # fmt: skip


def recount(databases: Databases) -> list[Difference]:
    """Where the totals and the services disagree, by service name; nothing, if all is well.

    `databases` needs metrics and every publisher. Raises KeyError for a missing one.
    """
    stored = read_totals(databases["metrics"])
    return [*_from_event_logs(stored, databases), *_from_state(stored, databases)]


def _from_event_logs(stored: Mapping[Key, int], databases: Databases) -> list[Difference]:
    counted: Counter[Key] = Counter()
    for publisher in PUBLISHERS:
        counted.update(_log_of(databases[publisher], publisher))
    keys = sorted(set(stored) | set(counted), key=_name)
    return [
        Difference("the event log", _name(key), stored.get(key, 0), counted[key])
        for key in keys
        if stored.get(key, 0) != counted[key]
    ]


def _log_of(db: Database[Document], publisher: str) -> Counter[Key]:
    public = [name for name, event_type in EVENT_TYPES.items() if not event_type.private]
    counted: Counter[Key] = Counter()
    fields = {"type": 1, "area_path": 1, "data": 1}
    for row in db["outbox"].find({"type": {"$in": public}}, fields, max_time_ms=RECOUNT_MILLISECONDS):
        counted.update(counts_of(row["type"], publisher, row["area_path"], row["data"]))
    return counted


def _from_state(stored: Mapping[Key, int], databases: Databases) -> list[Difference]:
    found = []
    for check in STATE_CHECKS:
        rows = list(databases[check.service][check.collection].aggregate(
            list(check.pipeline), maxTimeMS=RECOUNT_MILLISECONDS
        ))  # fmt: skip
        recounted = int(rows[0]["n"]) if rows else 0
        total = sum(value for key, value in stored.items() if _is_meant(key, check))
        if total != recounted:
            what = _written(check.total, check.labels.items())
            found.append(Difference(f"{check.service}.{check.collection}", what, total, recounted))
    return found


def _is_meant(key: Key, check: StateCheck) -> bool:
    labels = dict(zip(TOTALS[key.total].labels, key.labels, strict=True))
    return key.total == check.total and all(labels[name] == value for name, value in check.labels.items())


def _name(key: Key) -> str:
    labels = dict(zip(TOTALS[key.total].labels, key.labels, strict=True))
    return _written(key.total, {**labels, **({"area": key.area} if key.area else {})}.items())


def _written(total: str, labels: Any) -> str:
    inside = ",".join(f'{name}="{value}"' for name, value in labels)
    return f"{total}{{{inside}}}" if inside else total
