"""A long scan that overwrites newer state, and everybody at once, on the real database.

No service process runs: the handlers that fire timers and do deeds are called by threads, so that a test can hold one
of them between what it read and what it writes.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from pymongo import ASCENDING

from services.chassis import mongo
from services.chassis.clock import BusinessClock
from services.chassis.migrations import migrate
from services.chassis.prepare import create_chassis_indexes, create_collections
from services.chassis.unit import Unit, Units
from services.tickets.domain import actions
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules, fired, next_moment
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.firing import settle_all
from services.tickets.handlers.life import do
from services.tickets.handlers.places import load_places
from services.tickets.handlers.placing import placing
from services.tickets.places import demonstration_county
from services.tickets.service import SERVICE
from services.tickets.storage import Tickets
from services.tickets.storage.batches import TicketBatch
from tests.integration.tickets.conftest import START
from tests.support.namespaces import Namespace
from tests.unit.tickets.shelf import house

HELD_SECONDS = 20
ANYBODY = Actor("person-worker", STAFF | {"assignee"})
Deed = Callable[[Course, Rules], None]
BREACHED = START + timedelta(minutes=10, seconds=1)


@dataclass
class Desk:
    """Tickets in the database, and the handlers on them."""

    units: Units

    def __post_init__(self) -> None:
        self.house = house()

    def file(self, now: datetime = START) -> str:
        """Somebody's urgent request: its clocks run day and night."""

        def filing(unit: Unit) -> str:
            store, said = Tickets(unit), {"kind": "request", "urgent": True}
            where = placing(store, "grid-001", None, None)
            return file_ticket(store, self.house, Filer("clerk", True), where, said, now).ticket.id

        return self.units.run(filing)

    def do(self, ticket_id: str, deed: Deed, now: datetime) -> None:
        def doing(unit: Unit) -> None:
            store = Tickets(unit)
            ticket = store.ticket(ticket_id)
            assert ticket is not None
            do(store, self.house, ticket, now, deed)

        self.units.run(doing)

    def scan(self, ticket_ids: Sequence[str], now: datetime, held: "Held | None" = None) -> None:
        """What a timer runner does with what is due."""

        def scanning(unit: Unit) -> None:
            batch = TicketBatch(unit) if held is None else HeldBatch(unit, held)
            settle_all(batch, self.house, ticket_ids, now)

        self.units.run(scanning)

    def ticket(self, ticket_id: str) -> Ticket:
        found = Tickets(self.units.read()).ticket(ticket_id)
        assert found is not None
        return found

    def told(self, ticket_id: str) -> list[dict[str, Any]]:
        return list(self.units.db["outbox"].find({"aggregate_id": ticket_id}).sort("sequence", ASCENDING))

    def timer(self, ticket_id: str) -> datetime | None:
        row = self.units.db["timers"].find_one({"_id": f"ticket:{ticket_id}"})
        return row["due_at"] if row else None


class Held:
    """Stops a scan after it has read, until it may go on; only the first time, since it may run again."""

    def __init__(self) -> None:
        self.has_read, self.may_write, self.times = Event(), Event(), 0

    def wait(self) -> None:
        self.times += 1
        self.has_read.set()
        assert self.may_write.wait(HELD_SECONDS)


class HeldBatch(TicketBatch):
    """The real store, with a stop after reading."""

    def __init__(self, unit: Unit, held: Held) -> None:
        super().__init__(unit)
        self._held = held

    def tickets(self, ticket_ids: Sequence[str]) -> list[Ticket]:
        found = super().tickets(ticket_ids)
        self._held.wait()
        return found


@pytest.fixture(scope="module")
def desk(module_namespace: Namespace) -> Desk:
    client, prefix = module_namespace.mongo, module_namespace.prefix
    db = mongo.database(client, f"{prefix}_tickets")
    create_chassis_indexes(db)
    create_collections(db, SERVICE.collections)
    migrate(db, SERVICE.migrations)
    desk = Desk(Units(client, db, "tickets", BusinessClock(client[f"{prefix}_shared"]["clock"])))
    desk.units.run(lambda unit: load_places(Tickets(unit), demonstration_county()))
    return desk


def accept(course: Course, rules: Rules) -> None:
    actions.accept(course, ANYBODY)


def assign(course: Course, rules: Rules) -> None:
    actions.assign(course, ANYBODY, "person-worker")


def arrive(course: Course, rules: Rules) -> None:
    actions.arrive(course, ANYBODY, "ordinary")


def resolve(course: Course, rules: Rules) -> None:
    actions.resolve(course, ANYBODY, None)


def lift(course: Course, rules: Rules) -> None:
    actions.escalate(course, ANYBODY, rules, "sealed")


DEEDS: tuple[Deed, ...] = (accept, assign, arrive, resolve, lift)


def lifted_to(desk: Desk, ticket_id: str) -> list[str]:
    return [step.detail["to_level"] for step in desk.ticket(ticket_id).history if step.kind == "lifted"]


def is_whole(desk: Desk, ticket_id: str, now: datetime) -> None:
    """Steps, events, sequence and timer say the same; each threshold and each level came once."""
    ticket, told = desk.ticket(ticket_id), desk.told(ticket_id)
    assert [row["sequence"] for row in told] == list(range(1, ticket.sequence + 1))
    assert [step.kind for step in ticket.history if step.kind == "passed"] == []
    assert len(told) == len(ticket.history)
    marks = Counter((r["data"]["clock"], r["data"]["round"], r["data"]["threshold"]) for r in told
                    if r["type"].startswith("ticket.clock_"))  # fmt: skip
    assert marks == Counter(fired(ticket))
    assert lifted_to(desk, ticket_id) == ["community", "street", "district"][: len(lifted_to(desk, ticket_id))]
    rules = desk.house.rules(Tickets(desk.units.read()), ticket.policy)
    assert desk.timer(ticket_id) == next_moment(ticket, rules, now)


def test_a_long_scan_does_not_overwrite_what_somebody_did_meanwhile(desk: Desk) -> None:
    ids, held = [desk.file() for _ in range(5)], Held()
    with ThreadPoolExecutor(1) as pool:
        scan = pool.submit(desk.scan, ids, BREACHED, held)
        assert held.has_read.wait(HELD_SECONDS)
        for deed in (accept, assign, arrive, resolve):
            desk.do(ids[2], deed, START + timedelta(minutes=9))
        held.may_write.set()
        scan.result(HELD_SECONDS)
    assert held.times == 2, "it read again what had changed under it"
    assert [desk.ticket(one).state for one in ids] == ["filed", "filed", "resolved", "filed", "filed"]
    assert [desk.ticket(one).level for one in ids] == ["community", "community", "grid", "community", "community"]
    assert not any(step.kind == "breached" for step in desk.ticket(ids[2]).history), "it was there in time"
    for ticket_id in ids:
        is_whole(desk, ticket_id, BREACHED)


def test_two_long_scans_over_the_same_tickets_say_everything_once(desk: Desk) -> None:
    ids, slow, slower = [desk.file() for _ in range(5)], Held(), Held()
    with ThreadPoolExecutor(2) as pool:
        scans = [pool.submit(desk.scan, ids, BREACHED, slow), pool.submit(desk.scan, ids[::-1], BREACHED, slower)]
        assert slow.has_read.wait(HELD_SECONDS)
        assert slower.has_read.wait(HELD_SECONDS)
        slow.may_write.set()
        slower.may_write.set()
        for scan in scans:
            scan.result(HELD_SECONDS)
    for ticket_id in ids:
        is_whole(desk, ticket_id, BREACHED)
        assert lifted_to(desk, ticket_id) == ["community"]


def test_what_a_scan_finds_done_already_it_leaves_as_it_is(desk: Desk) -> None:
    ticket_id = desk.file()
    desk.scan([ticket_id], BREACHED)
    before, told = desk.ticket(ticket_id), desk.told(ticket_id)
    for _ in range(3):
        desk.scan([ticket_id], BREACHED)
    assert (desk.ticket(ticket_id), desk.told(ticket_id)) == (before, told)


@pytest.mark.parametrize("seed", [1341, 2002])
def test_people_and_scans_at_once_leave_each_ticket_whole(desk: Desk, seed: int) -> None:
    """Four scan all tickets again and again while four act on them, each at times of its own."""
    ids, draw = [desk.file() for _ in range(8)], random.Random(seed)
    plans = [
        [(draw.choice(ids), draw.choice(DEEDS), START + timedelta(minutes=draw.randrange(120))) for _ in range(25)]
        for _ in range(4)
    ]
    times = [[START + timedelta(minutes=draw.randrange(120)) for _ in range(10)] for _ in range(4)]

    def act(plan: list[tuple[str, Deed, datetime]]) -> int:
        return sum(succeeds(desk, *each) for each in plan)

    def scan(moments: list[datetime]) -> int:
        for now in moments:
            desk.scan(ids, now)
        return 0

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(act, plan) for plan in plans] + [pool.submit(scan, moments) for moments in times]
        done = sum(each.result(60) for each in running)
    people = [step for one in ids for step in desk.ticket(one).history if step.by == ANYBODY.person_id]
    assert len(people) == done, "every deed that was not refused is in a history, and no other"
    last = START + timedelta(days=1)
    desk.scan(ids, last)
    for ticket_id in ids:
        is_whole(desk, ticket_id, last)


def succeeds(desk: Desk, ticket_id: str, deed: Deed, now: datetime) -> bool:
    try:
        desk.do(ticket_id, deed, now)
    except Refused:
        return False
    return True
