"""A county's open tickets by the hundred thousand: a few are made by the real program, and their documents multiplied.

Each copy is what the program would have written had the same been done some seconds earlier or later on the same day:
every instant of its documents is moved by as much, inside the opening hours of its station.
Only the texts in the data of events stay as they are.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

from pymongo import WriteConcern
from pymongo.database import Database

from bench.stage import Stage, wait_for
from services.chassis.clock import BusinessClock
from services.chassis.ids import new_id
from services.chassis.outbox import partition_of, subject
from services.tickets.domain.numbers import check_digit, written
from tests.support.processes import ROOT, ServiceProcess

Document = dict[str, Any]
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 09:00 in Shanghai: the stations below are open from 08:00 to 20:00."""
GRIDS = tuple(f"grid-{number:03d}" for number in range(1, 37, 3))
_COUNTY = ROOT / "deploy" / "demo" / "hequ.yml"
_WORKER, _CADRE = "01920c5e-0000-7000-8000-0000000000b1", "01920c5e-0000-7000-8000-0000000000b2"
_DUTIES = (("grid_worker", "/hequ/"), ("community", "/hequ/"), ("resident", "/hequ/"))
_BATCH = 1_000
_THREADS = 2
_SERIALS = count(1)


@dataclass(frozen=True)
class Template:
    """One ticket as the program left it: its document, its timer, its events."""

    ticket: Document
    timer: Document
    events: tuple[Document, ...]


@dataclass(frozen=True)
class Templates:
    planned: Sequence[Template]
    """Waits for the date of its plan, a month away: the next moment is at half of the time."""
    overdue: Sequence[Template]
    """Nobody came: both warnings are given, the breach is next, and lifts the ticket to the community."""


def make_templates(on: Stage, clock: BusinessClock) -> Templates:
    """One of each sort in each of GRIDS, over HTTP, with the real timers and relay, on a stepped clock."""
    clock.step(MORNING)
    on.processes.prepare()
    on.processes.cli("places", "load", str(_COUNTY))
    database(on)["staff"].insert_one({
        "_id": _CADRE, "person_id": _CADRE, "kind": "person", "state": "active", "sequence": 1,
        "grants": [{"role": "community", "area_path": "/hequ/"}],
    })  # fmt: skip
    http, worker = on.processes.start("tickets", "http"), on.processes.start("tickets", "timers,relay")
    planned = [_plan(on, http, grid) for grid in GRIDS]
    overdue = [_file(on, http, grid) for grid in GRIDS]
    for minutes in (5, 3):
        clock.step(clock.now() + timedelta(minutes=minutes))
        wait_for("warned", lambda: _all_fired(database(on), overdue, clock.now()))
    wait_for("published", lambda: database(on)["outbox"].find_one({"unpublished": True}) is None)
    on.processes.stop(http)
    on.processes.stop(worker)
    found = Templates(*([_template(on, ticket) for ticket in group] for group in (planned, overdue)))
    for collection in ("tickets", "timers", "outbox"):
        database(on)[collection].delete_many({})
    return found


class Copies:
    """Writes copies of templates, each with an identity and a number of its own."""

    def __init__(self, db: Database[Document]) -> None:
        self._tickets, self._timers, self._outbox = (
            db.get_collection(name, write_concern=WriteConcern(1)) for name in ("tickets", "timers", "outbox")
        )

    def add(self, templates: Sequence[Template], moments: Sequence[datetime], *, events: bool = False) -> list[str]:
        """One ticket for each moment at which a timer shall be due. Returns their ids."""
        copies = (self._copy(templates[i % len(templates)], at, events) for i, at in enumerate(moments))
        return self._write(copies)

    def add_many(self, templates: Sequence[Template], total: int) -> None:
        """`total` tickets; a thousand at a time share a second."""
        copies = (
            self._twin(shifted)
            for group in range(-(-total // _BATCH))
            for shifted in [_shifted(templates[group % len(templates)], timedelta(seconds=-group))]
            for _ in range(min(_BATCH, total - group * _BATCH))
        )
        self._write(copies)

    def _copy(self, template: Template, due_at: datetime, events: bool) -> tuple[Document, Document, list[Document]]:
        shifted = _shifted(template, due_at - template.timer["due_at"])
        ticket, timer, _ = self._twin(shifted)
        return ticket, timer, [self._event(row, ticket["_id"]) for row in shifted.events] if events else []

    def _twin(self, template: Template) -> tuple[Document, Document, list[Document]]:
        ticket_id = new_id()
        ticket = {**template.ticket, "_id": ticket_id, "number": _number(next(_SERIALS))}
        timer = {**template.timer, "_id": f"ticket:{ticket_id}", "ref": {"ticket_id": ticket_id}}
        return ticket, timer, []

    def _event(self, row: Document, ticket_id: str) -> Document:
        about = subject(row["type"], ticket_id)
        position = 1_000_000 + next(_SERIALS)
        data = {**row["data"], "ticket": {**row["data"]["ticket"], "ticket_id": ticket_id}}
        return {**row, "_id": new_id(), "subject": about, "aggregate_id": ticket_id, "data": data,
                "partition": partition_of(about), "position": position}  # fmt: skip

    def _write(self, copies: Iterator[tuple[Document, Document, list[Document]]]) -> list[str]:
        written_ids: list[str] = []
        with ThreadPoolExecutor(_THREADS) as pool:
            waiting: list[Any] = []
            while batch := list(islice(copies, _BATCH)):
                written_ids += [ticket["_id"] for ticket, _, _ in batch]
                waiting.append(pool.submit(self._insert, batch))
                if len(waiting) > 2 * _THREADS:
                    waiting.pop(0).result()
            for one in waiting:
                one.result()
        return written_ids

    def _insert(self, batch: Sequence[tuple[Document, Document, list[Document]]]) -> None:
        self._tickets.insert_many([ticket for ticket, _, _ in batch], ordered=False)
        self._timers.insert_many([timer for _, timer, _ in batch], ordered=False)
        if events := [row for _, _, rows in batch for row in rows]:
            self._outbox.insert_many(events, ordered=False)


def _plan(on: Stage, http: ServiceProcess, grid: str) -> str:
    ticket_id = _file(on, http, grid)
    in_a_month = (MORNING + timedelta(days=30)).isoformat()
    for deed, body in (
        ("accept", {"summary": "a wall in the yard leans"}), ("assign", {}), ("arrive", {"severity": "special"}),
        ("plan", {"planned_for": in_a_month, "text": "to be built anew"}),
    ):  # fmt: skip
        _post(on, http, f"/api/v1/tickets/{ticket_id}/{deed}", body)
    return ticket_id


def _file(on: Stage, http: ServiceProcess, grid: str) -> str:
    body = {"kind": "request", "grid_id": grid, "description": "the wall leans over the path to the school"}
    return str(_post(on, http, "/api/v1/tickets", body)["id"])


def _post(on: Stage, http: ServiceProcess, path: str, body: Document) -> Document:
    headers = on.tokens.headers(*_DUTIES, person_id=_WORKER)
    answer = http.http.post(path, json=body, headers={**headers, "Idempotency-Key": new_id()})
    answer.raise_for_status()
    found: Document = answer.json()
    return found


def _all_fired(db: Database[Document], tickets: Sequence[str], now: datetime) -> bool:
    keys = [f"ticket:{ticket_id}" for ticket_id in tickets]
    return db["timers"].count_documents({"_id": {"$in": keys}, "due_at": {"$gt": now}}) == len(keys)


def _template(on: Stage, ticket_id: str) -> Template:
    db = database(on)
    ticket = next(db["tickets"].find({"_id": ticket_id}))
    timer = next(db["timers"].find({"_id": f"ticket:{ticket_id}"}))
    return Template(ticket, timer, tuple(db["outbox"].find({"aggregate_id": ticket_id}).sort("sequence")))


def _shifted(template: Template, by: timedelta) -> Template:
    events = tuple(_moved(row, by) for row in template.events)
    return Template(_moved(template.ticket, by), _moved(template.timer, by), events)


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, dict):
        return {name: _moved(inner, by) for name, inner in value.items()}
    return [_moved(inner, by) for inner in value] if isinstance(value, list) else value


def _number(serial: int) -> str:
    digits = f"{serial:012d}"
    return written(f"{digits}{check_digit(digits)}")


def database(on: Stage) -> Database[Document]:
    return on.namespace.mongo[f"{on.namespace.prefix}_tickets"]
