"""Clocks: what a million waiting timers cost, how late a firing is, and how fast a backlog is drained.

One process `tickets timers` does it all, as in operation. A firing here is a breach: the ticket is read, its clocks are
folded on the station's opening hours, it is lifted to the community, whose clock starts, and two events are written.
Business time runs as fast as real time from a morning at which the stations are open.

Lateness is counted from the moment at which the timer was due until another process could read the event. Drained is
measured after a downtime of an hour: the process is stopped meanwhile, and as it comes back, new timers become due.

The baseline of the drain is what the same writes cost without any rule: bare transactions of 50 tickets replaced, 100
events inserted and 50 timers set, by one caller that has everything ready. Of idling it is the same process with a
thousand tickets. The events of the waiting million are left out, but for a sample that tells their size.
"""

import signal
import statistics
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from bench.bare_firing import bare_firings_per_second
from bench.open_tickets import MORNING, Copies, Templates, database, make_templates
from bench.results import Aim, Result
from bench.stage import Shares, Stage, processor_seconds, resident_megabytes, wait_for
from services.chassis import mongo
from services.chassis.clock import BusinessClock
from services.chassis.migrations import migrate
from services.chassis.outbox import subject
from services.chassis.prepare import create_chassis_indexes
from services.tickets.storage import MIGRATIONS
from tests.support.processes import ServiceProcess

FEW, OPEN = 1_000, 1_000_000
IDLE_SECONDS = 20.0
SAMPLE = 20_000
DUE_A_SECOND, DUE_SECONDS = 100, 30
BACKLOG, DOWNTIME = 100_000, timedelta(hours=1)
NEW_A_SECOND, NEW_SECONDS = 20, 180
_EVENTS_OF_A_FIRING = 2
_LOOK_SECONDS = 0.02
Figures = dict[str, float]


def measure(on: Stage) -> Result:
    clock = BusinessClock(mongo.shared_database(on.namespace.mongo, on.namespace.prefix)["clock"])
    templates = make_templates(on, clock)
    clock.run(MORNING + timedelta(hours=2), 1.0)
    copies, found = Copies(database(on)), Figures()
    timers = on.processes.start("tickets", "timers")
    copies.add_many(templates.planned, FEW)
    found |= _named("few", _idle(on, timers))
    begun = time.monotonic()
    copies.add_many(templates.planned, OPEN - FEW)
    found["build_seconds"] = time.monotonic() - begun
    found |= _named("many", _idle(on, timers))
    found |= _due_each_second(on, timers, copies, templates, clock)
    found |= _drained(on, timers, copies, templates, clock)
    found["timers_resident_mb"] = resident_megabytes(timers.pid)
    on.processes.stop(timers)
    found["bare_per_second"] = bare_firings_per_second(on, templates.overdue)
    found |= _size(on, templates)
    found = {name: round(value, 3) for name, value in found.items()}
    return Result("clocks", found, [found], _aims(found))


def _aims(found: Mapping[str, float]) -> list[Aim]:
    late, new = found["due_p99_seconds"], found["drain_new_p99_seconds"]
    few, many = found["few_processor"], found["many_processor"]
    return [
        Aim("clocks, lateness p99 with 100 due a second", late, "s", None, late, 1.0, below=True),
        Aim("clocks, idle processor at 1,000,000 of 1,000", many, "processors", few, many / few, 1.5, below=True),
        Aim("clocks, 100,000 due at once, drained", found["drained_per_second"], "tickets/s", found["bare_per_second"],
            found["drained_per_second"], 1_500),
        Aim("clocks, lateness p99 of new ones meanwhile", new, "s", late, new, 2.0, below=True),
    ]  # fmt: skip


def _idle(on: Stage, timers: ServiceProcess) -> Figures:
    """Processors that the timer process and the database use while nothing is due."""
    on.namespace.mongo.admin.command("fsync")  # else the database is still at writing what was just put into it
    time.sleep(10)
    shares = Shares({"timers_processor": timers.pid, "mongod_processor": on.mongod})
    time.sleep(IDLE_SECONDS)
    used = shares.until_now()
    return {**used, "processor": sum(used.values())}


def _due_each_second(
    on: Stage, timers: ServiceProcess, copies: Copies, templates: Templates, clock: BusinessClock
) -> Figures:
    first = _whole_second(clock.now()) + timedelta(seconds=5)
    moments = _each_second(first, DUE_SECONDS, DUE_A_SECOND)
    watch, spent = Watch(on, clock), Spent(on, timers)
    watch.expect(copies.add(templates.overdue, moments), moments)
    wait_for("all are seen", lambda: watch.look() == 0, within=DUE_SECONDS + 300, every=_LOOK_SECONDS)
    return _named("due", {**watch.figures(), **spent.by(len(moments))})


def _drained(on: Stage, timers: ServiceProcess, copies: Copies, templates: Templates, clock: BusinessClock) -> Figures:
    timers.signal(signal.SIGSTOP)
    try:
        now = _whole_second(clock.now())
        copies.add(templates.overdue, [now - DOWNTIME + n * DOWNTIME / BACKLOG for n in range(BACKLOG)])
        first = _whole_second(clock.now()) + timedelta(seconds=4)
        moments = _each_second(first, NEW_SECONDS, NEW_A_SECOND)
        ids = copies.add(templates.overdue, moments)
        wait_for("the first is due", lambda: clock.now() >= first)
    finally:
        before, spent = database(on)["outbox"].estimated_document_count(), Spent(on, timers)
        timers.signal(signal.SIGCONT)
    begun, watch = time.monotonic(), Watch(on, clock)
    watch.expect(ids, moments)
    backlog = {"lane": "timers", "basis": "business", "due_at": {"$lt": first}}

    def over() -> bool:
        watch.look()
        return database(on)["timers"].find_one(backlog, {"_id": 1}) is None

    wait_for("the backlog is drained", over, within=600, every=_LOOK_SECONDS)
    taken = time.monotonic() - begun
    each = spent.by(BACKLOG + watch.seen)
    watch.let_go(clock.now())
    wait_for("those due meanwhile are seen", lambda: watch.look() == 0, every=_LOOK_SECONDS)
    written = database(on)["outbox"].estimated_document_count() - before
    if written < _EVENTS_OF_A_FIRING * (BACKLOG + watch.seen):
        raise RuntimeError("events are missing")
    _check_once(on)
    return {"drained_per_second": BACKLOG / taken, **_named("drain_new", watch.figures()), **_named("drain", each)}


class Watch:
    """Sees from outside which of the expected firings have been committed, and how late each was."""

    def __init__(self, on: Stage, clock: BusinessClock) -> None:
        self._outbox = database(on)["outbox"]
        self._clock = clock
        self._due: dict[str, datetime] = {}
        self._late: list[float] = []

    @property
    def seen(self) -> int:
        return len(self._late)

    def expect(self, tickets: list[str], moments: list[datetime]) -> None:
        about = (subject("ticket.clock_breached", ticket_id) for ticket_id in tickets)
        self._due |= dict(zip(about, moments, strict=True))

    def look(self) -> int:
        """Note what can be read now. Returns how many of those expected have not been seen yet."""
        now = self._clock.now()
        due = [about for about, at in self._due.items() if at <= now][:1_000]
        if due:
            there = self._outbox.distinct("subject", {"subject": {"$in": due}})
            now = self._clock.now()
            self._late += [(now - self._due.pop(about)).total_seconds() for about in there]
        return len(self._due)

    def let_go(self, after: datetime) -> None:
        """Expect no more what becomes due later."""
        self._due = {about: at for about, at in self._due.items() if at <= after}

    def figures(self) -> Figures:
        cuts = statistics.quantiles(self._late, n=100)
        return {"p50_seconds": cuts[49], "p99_seconds": cuts[98], "longest_seconds": max(self._late)}


class Spent:
    """Processor time and requests to the database from now on."""

    def __init__(self, on: Stage, timers: ServiceProcess) -> None:
        self._on, self._pid = on, timers.pid
        self._before = self._now()

    def by(self, firings: int) -> Figures:
        """For each firing. The requests include those of who watches."""
        timers, database_, requests = (after - before for after, before in zip(self._now(), self._before, strict=True))
        return {
            "timers_ms_a_firing": timers * 1000 / firings, "mongod_ms_a_firing": database_ * 1000 / firings,
            "requests_a_firing": requests / firings,
        }  # fmt: skip

    def _now(self) -> tuple[float, float, float]:
        status = self._on.namespace.mongo.admin.command("serverStatus")
        requests = float(status["network"]["numRequests"])
        return processor_seconds(self._pid), processor_seconds(self._on.mongod), requests


def _size(on: Stage, templates: Templates) -> Figures:
    """Bytes on disk of a planned ticket, with indexes: its document and timer, and its events so far."""
    db = on.namespace.mongo[f"{on.namespace.prefix}_sample"]
    create_chassis_indexes(db)
    migrate(db, MIGRATIONS)
    later = MORNING + timedelta(days=15)
    Copies(db).add(templates.planned, [later + n * timedelta(seconds=1) for n in range(SAMPLE)], events=True)
    on.namespace.mongo.admin.command("fsync")
    taken = {}
    for name in ("tickets", "timers", "outbox"):
        stats = db.command("collStats", name)
        taken[name] = (stats["storageSize"] + stats["totalIndexSize"]) / SAMPLE
    return {
        "ticket_bytes": taken["tickets"] + taken["timers"], "events_bytes": taken["outbox"],
        "events_a_ticket": db["outbox"].estimated_document_count() / SAMPLE,
    }  # fmt: skip


def _check_once(on: Stage) -> None:
    """Every ticket that was lifted was lifted once and breached once."""
    twice = database(on)["outbox"].aggregate([
        {"$group": {"_id": {"about": "$subject", "type": "$type"}, "times": {"$sum": 1}}},
        {"$match": {"times": {"$gt": 1}}},
        {"$limit": 1},
    ], allowDiskUse=True)  # fmt: skip
    if list(twice):
        raise RuntimeError("a firing took effect twice")


def _each_second(first: datetime, seconds: int, a_second: int) -> list[datetime]:
    return [first + timedelta(seconds=n) for n in range(seconds) for _ in range(a_second)]


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _named(prefix: str, figures: Figures) -> Figures:
    return {f"{prefix}_{name}": value for name, value in figures.items()}
