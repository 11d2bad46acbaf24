"""Whoever goes through the bookings of a closed station is killed in the middle: each is told once all the same."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.chassis.context import Context
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.cli.installation import context_of
from services.cli.native.programs import base_environment
from services.tickets.domain.appointments import Appointable, Booking, slots_on
from services.tickets.domain.places_tree import read_places
from services.tickets.domain.policy import Text
from services.tickets.handlers.place_changes import put, remove
from services.tickets.handlers.places import plan
from services.tickets.handlers.stations import move_station
from services.tickets.house import house_of
from services.tickets.looking_through import look_through
from services.tickets.storage import Tickets
from services.tickets.storage.appointments import AppointmentRows
from tests.integration.tickets.villages import town
from tests.support.eventually import eventually
from tests.support.processes import ROOT, Processes

DAYS = 120
LOOK = "from services.cli.installation import context_of; from services.tickets.looking_through import look_through; "
LOOK += "look_through(context_of('tickets'), 'st1')"


@pytest.fixture
def context(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    for name, value in processes.env.items():
        monkeypatch.setenv(name, value)
    processes.prepare()
    made = context_of("tickets")
    made.units.run(lambda unit: put(Tickets(unit), plan(read_places(town("m1")), {}).changes))
    yield made
    made.client.close()


def booked(context: Context, days: int = DAYS) -> list[str]:
    """Twelve on each of these days."""
    week = (((0, 180),),) * 7
    service = Appointable("st1", "clinic", Text("义诊", "Clinic"), 60, 4, week, ahead_days=60, cancel_minutes=0)
    zone, ids = house_of(context).zone, []

    def work(unit: Unit) -> None:
        rows, station = AppointmentRows(unit), Tickets(unit).place("st1")
        assert station is not None
        rows.put_service(service)
        for number in range(1, days + 1):
            day = (unit.now.astimezone(zone) + timedelta(days=number)).date()
            for slot in slots_on(service, station, day, zone):
                for _ in range(4):
                    ids.append(new_id())
                    rows.add(Booking(ids[-1], slot, new_id(), "clerk", unit.now, None))

    context.units.run(work)
    return ids


def test_of_a_station_that_is_no_more_who_was_to_come_is_told_its_name(context: Context, processes: Processes) -> None:
    ids = booked(context)

    def gone(unit: Unit) -> None:
        place = Tickets(unit).place("st1")
        assert place is not None
        remove(Tickets(unit), [place])

    context.units.run(gone)
    processes.start("tickets", "worker")
    eventually(lambda: told(context) == Counter(ids), 60)
    (first, *_) = context.db["outbox"].find({"type": "booking.affected"})
    assert (first["data"]["station"], first["data"]["cause"]) == ("St1", "station_not_open")


def close(unit: Unit) -> None:
    store = Tickets(unit)
    place, sequence = store.places_with_sequence(["st1"])["st1"]
    move_station(store, place, sequence, "closed")


def test_who_booked_while_it_closed_is_told_by_the_second_look(context: Context) -> None:
    """A transaction that began before the station closed and ends after it sees the station as it was. It lives ten
    seconds: what is looked through meanwhile is little, or on a loaded machine it begins again, and sees it closed."""
    (first, *_) = booked(context, days=2)
    late = new_id()

    def books(unit: Unit) -> None:
        rows, station = AppointmentRows(unit), Tickets(unit).place("st1")
        assert station is not None
        beside = rows.booking(first)
        assert beside is not None
        if not closed:
            closed.append(True)
            context.units.run(close)
            look_through(context, "st1")
        assert station.state in ("open", None), "else it sees the station as it is"
        rows.add(replace(beside, id=late, affected_by=None, told_of=(), sequence=0))

    closed: list[bool] = []
    context.units.run(books)
    assert late not in told(context)
    assert context.db["timers"].count_documents({"kind": "looking-through", "ref.look_at": "st1"}) == 2
    assert look_through(context, "st1") == 1
    assert told(context)[late] == 1


def told(context: Context) -> Counter[str]:
    return Counter(row["aggregate_id"] for row in context.db["outbox"].find({"type": "booking.affected"}))


def test_each_is_told_once(context: Context, processes: Processes) -> None:
    ids = booked(context)

    context.units.run(close)
    command = subprocess.Popen(
        [sys.executable, "-c", LOOK], env={**base_environment(), **processes.env}, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    eventually(lambda: told(context) or command.poll() is not None, 90)
    os.kill(command.pid, signal.SIGKILL)
    command.communicate()
    assert 0 < sum(told(context).values()) < len(ids), "it was killed in the middle"
    processes.start("tickets", "worker")
    eventually(lambda: told(context) == Counter(ids), 60)
    due = {"kind": "looking-through"}
    context.db["timers"].update_many(due, {"$set": {"due_at": context.clock.now() - timedelta(hours=1)}})
    eventually(lambda: context.db["timers"].count_documents(due) == 0, 30)
    assert told(context) == Counter(ids), "the second look finds nothing more"
