"""What happened, each figure read from several places that know it independently.

| place | what it is |
|---|---|
| seen | what the players saw over HTTP, and the mails in the mail server |
| database | the state that the service itself keeps |
| event log | the events that the services published |
| report | metrics' own report over HTTP, made of the events that reached it |
| Prometheus | what Prometheus scraped from metrics |
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.chassis import deferred, inbox, outbox
from services.cli.demo.rest import Databases, due_to
from services.cli.demo.samples import Samples
from services.cli.demo.stage import Tally
from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES

Document = dict[str, Any]
PLACES = ("seen", "database", "event log", "report", "Prometheus")
LEVELS = ("community", "street", "district")
OUTCOMES = (("inbox", "sent"), ("email", "sent"), ("email", "failed"), ("email", "undeliverable"))
_KEYS = ("seen", "database", "log", "report")
"""The places by which `_row` is called, in the order of PLACES."""
_PUT_ASIDE = {"deferred": ("waiting", "doorstep_deferred_waiting"), "parked": ("parked", "doorstep_parked")}
_PUBLIC = [name for name, event_type in EVENT_TYPES.items() if not event_type.private]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: the same number from each place that knows it."""

    name: str
    values: Mapping[str, int] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        return len(set(self.values.values())) == 1


@dataclass(frozen=True, slots=True)
class Places:
    """Where the figures are read."""

    databases: Databases
    report: Callable[[], Document]
    samples: Callable[[], Samples]
    mails: Callable[[], int]
    balances: Callable[[], int]
    """Sum of the balances that the volunteers are shown over HTTP."""


def collect(places: Places, tally: Tally) -> list[Figure]:
    """All rows, in the order in which they are shown."""
    report, samples, seen = places.report(), places.samples(), tally.counts
    state, log = _ticket_state(places.databases), _log(places.databases)
    return [
        *_tickets(state, log, report, samples, seen),
        *_escalations(state, log, report, samples),
        *_volunteers(places, log, report, samples, seen),
        *_notices(places, log, report, samples),
        *_machinery(places.databases, samples),
    ]


def _rated(tickets: Mapping[str, Any]) -> int:
    """By residents' own hand and through staff."""
    return sum(sum(tickets[name].values()) for name in ("ratings", "ratings_through_staff"))


def _row(name: str, samples: Samples, prom: tuple[str, Mapping[str, str]] | None, **values: int) -> Figure:
    named = {place: values[key] for place, key in zip(PLACES, _KEYS, strict=False) if key in values}
    if prom is not None:
        named["Prometheus"] = samples.total(prom[0], prom[1])
    return Figure(name, named)


def _tickets(
    state: Counter[str], log: Counter[str], report: Document, samples: Samples, seen: Counter[str]
) -> list[Figure]:
    tickets, clocks = report["tickets"], report["clocks"]
    solved, in_time = tickets["resolved"], tickets["resolved_in_time"]
    resolved, clock = "doorstep_tickets_resolved_total", "doorstep_clocks_total"
    return [
        _row("tickets filed", samples, ("doorstep_tickets_filed_total", {}), seen=seen["filed"],
             database=state["filed"], log=log["ticket.filed"], report=tickets["filed"]),
        _row("solved in time", samples, (resolved, {"in_time": "true"}), database=state["in time"],
             log=log["in time"], report=in_time),
        _row("solved late", samples, (resolved, {"in_time": "false"}), database=state["late"],
             log=log["late"], report=solved - in_time),
        _row("reopened", samples, ("doorstep_tickets_reopened_total", {}), seen=seen["reopened"],
             database=state["reopened"], log=log["ticket.reopened"], report=tickets["reopened"]),
        _row("confirmed and rated", samples, ("doorstep_ratings_total", {}), seen=seen["confirmed"],
             database=state["confirmed"], log=log["ticket.confirmed"], report=_rated(tickets)),
        _row("warnings", samples, ("doorstep_clock_warnings_total", {}), database=state["warned"],
             log=log["ticket.clock_warned"]),
        _row("promises kept", samples, (clock, {"outcome": "met"}), database=state["met"],
             log=log["ticket.clock_met"], report=clocks["met"]),
        _row("promises breached", samples, (clock, {"outcome": "breached"}), database=state["breached"],
             log=log["ticket.clock_breached"], report=clocks["breached"]),
    ]  # fmt: skip


def _escalations(state: Counter[str], log: Counter[str], report: Document, samples: Samples) -> list[Figure]:
    return [
        _row(f"lifted to the {level}", samples, ("doorstep_escalations_total", {"to_level": level}),
             database=state[f"to {level}"], log=log[f"to {level}"], report=report["escalated"][level])
        for level in LEVELS
    ]  # fmt: skip


def _volunteers(
    places: Places, log: Counter[str], report: Document, samples: Samples, seen: Counter[str]
) -> list[Figure]:
    db, points = places.databases["volunteers"], report["points"]
    ledger: Counter[str] = Counter()
    for row in db["ledger"].find({}, {"kind": 1, "points": 1}):
        ledger[row["kind"]] += row["points"]
    stored = sum(row["balance"] - row["debt"] for row in db["accounts"].find({}))
    return [
        _row("claims won", samples, ("doorstep_claims_total", {"outcome": "won"}), seen=seen["claims won"],
             database=db["claims"].count_documents({}), log=log["claim.won"], report=report["claims"].get("won", 0)),
        _row("claims given back", samples, ("doorstep_claims_total", {"outcome": "released"}),
             seen=seen["claims given back"], database=db["claims"].count_documents({"state": "released"}),
             log=log["claim.released"], report=report["claims"].get("released", 0)),
        _row("points paid", samples, ("doorstep_points_awarded_total", {}), database=ledger["award"],
             log=log["points paid"], report=points["awarded"]),
        _row("points reversed", samples, ("doorstep_points_reversed_total", {}), database=ledger["reversal"],
             log=log["points reversed"], report=points["reversed"]),
        _row("points balance", samples, None, seen=places.balances(), database=stored,
             log=log["points paid"] - log["points reversed"], report=points["awarded"] - points["reversed"]),
    ]  # fmt: skip


def _notices(places: Places, log: Counter[str], report: Document, samples: Samples) -> list[Figure]:
    db = places.databases["notifications"]
    rows = []
    for channel, outcome in OUTCOMES:
        values = {
            "database": db["notices"].count_documents({"channel": channel, "state": outcome}),
            "log": log[f"{channel} {outcome}"],
        }
        if (channel, outcome) == ("email", "sent"):
            values["seen"] = places.mails()
        labels = {"channel": channel, "outcome": outcome}
        rows.append(_row(f"{channel} {outcome}", samples, ("doorstep_notices_total", labels), **values))
    told = sum(log[f"{channel} {outcome}"] for channel, outcome in OUTCOMES)
    return [*rows, _row("notices in all", samples, None, log=told, report=sum(report["notices"].values()))]


def _machinery(databases: Databases, samples: Samples) -> list[Figure]:
    logs = [db[outbox.COLLECTION] for db in databases.values()]
    published = sum(log.count_documents({"type": {"$in": _PUBLIC}, "published_at": {"$exists": True}}) for log in logs)
    written = sum(log.count_documents({"type": {"$in": _PUBLIC}}) for log in logs)
    consumed = sum(db[inbox.COLLECTION].count_documents({}) for db in databases.values())
    opened = databases["accounts"]
    rows = [
        _row("accounts opened", samples, ("doorstep_accounts_opened_total", {}),
             database=opened["accounts"].count_documents({}),
             log=opened[outbox.COLLECTION].count_documents({"type": "account.opened"})),
        _row("events published", samples, ("doorstep_events_total", {}), database=published, log=written),
        _row("events consumed, by all", samples, None, database=consumed,
             log=sum(due_to(queue, databases) for queue in QUEUES.values())),
    ]  # fmt: skip
    for name, (state, gauge) in _PUT_ASIDE.items():
        count = sum(db[deferred.COLLECTION].count_documents({"state": state}) for db in databases.values())
        known = samples.has(gauge)
        rows.append(_row(f"events {name}", samples, (gauge, {}) if known else None, database=count))
    return rows


def _ticket_state(databases: Databases) -> Counter[str]:
    """Counted from the histories that the tickets themselves carry."""
    found: Counter[str] = Counter()
    for ticket in databases["tickets"]["tickets"].find({}, {"history": 1}):
        broken: set[int] = set()
        for step in ticket["history"]:
            kind = step["kind"]
            found[kind] += 1
            if kind == "breached":
                broken.add(step["detail"]["round"])
            elif kind == "resolved":
                found["late" if step["round"] in broken else "in time"] += 1
            elif kind == "lifted":
                found[f"to {step['detail']['to_level']}"] += 1
    return found


def _log(databases: Databases) -> Counter[str]:
    """Counted from the events that were published."""
    found: Counter[str] = Counter()
    for publisher in ("tickets", "volunteers", "notifications"):
        for row in databases[publisher][outbox.COLLECTION].find({"type": {"$in": _PUBLIC}}, {"type": 1, "data": 1}):
            kind, data = row["type"], row["data"]
            found[kind] += 1
            if kind == "ticket.resolved":
                found["late" if data["ticket"]["late"] else "in time"] += 1
            elif kind == "ticket.escalated":
                found[f"to {data['to_level']}"] += 1
            elif kind in ("points.awarded", "points.reversed"):
                found["points paid" if kind == "points.awarded" else "points reversed"] += data["points"]
            elif kind.startswith("notice."):
                found[f"{data['channel']} {kind.removeprefix('notice.')}"] += 1
    return found
