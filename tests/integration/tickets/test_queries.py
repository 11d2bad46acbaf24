"""Every query of the stores that no other test explains: an index finds what it asks for, whatever else is there.

The stores are asked as the handlers ask them; what reaches the database is written down and explained by it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from services.chassis import mongo
from services.chassis.acts import Acts
from services.chassis.auth.principal import Principal
from services.chassis.clock import BusinessClock
from services.chassis.migrations import migrate
from services.chassis.prepare import create_chassis_indexes, create_collections
from services.chassis.unit import Unit, Units
from services.tickets.domain.acts import Act
from services.tickets.domain.attachments import Photo
from services.tickets.domain.departments import Department
from services.tickets.domain.places import Position
from services.tickets.domain.six_parties import Register
from services.tickets.domain.ticket import OPEN_STATES, Ticket
from services.tickets.files.places import load_places_file
from services.tickets.handlers.ports import Wanted
from services.tickets.service import SERVICE
from services.tickets.storage import MIGRATIONS, Tickets
from services.tickets.storage.accesses import Accesses
from services.tickets.storage.attachments import Photos
from services.tickets.storage.batches import TicketBatch
from services.tickets.storage.documents import Document, ticket_entity
from services.tickets.storage.erasing import Erasing
from tests.integration.tickets.conftest import COUNTY
from tests.support.many_tickets import NOW, many_tickets
from tests.support.namespaces import Namespace

COUNT, OTHERS = 4_000, 500
STREET, COMMUNITY = "/hequ/qingxi/", "/hequ/qingxi/qingyuan/"
GRID = f"{COMMUNITY}grid-006/"
ASKS = ("find", "aggregate", "update", "delete", "findAndModify")
PLAIN = ("lsid", "txnNumber", "$clusterTime", "$db", "$readPreference", "ordered", "writeConcern", "readConcern")
"""What a command says besides; explaining does not take it."""
MANY = 100
"""A collection with fewer rows has too few to tell by what was read."""


class Heard(CommandListener):
    """What is asked of the database."""

    def __init__(self) -> None:
        self.commands: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name in ASKS:
            self.commands.append({name: value for name, value in event.command.items() if name not in PLAIN})

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


@dataclass
class Archive:
    db: Database[Document]
    heard: Heard
    ticket: Ticket
    """An open one."""

    @property
    def unit(self) -> Unit:
        return Unit(self.db, None, "tickets", NOW, NOW)

    @property
    def store(self) -> Tickets:
        return Tickets(self.unit)

    @property
    def photos(self) -> Photos:
        return Photos(self.unit)

    @property
    def erasing(self) -> Erasing:
        return Erasing(self.unit)


@pytest.fixture(scope="module")
def archive(module_namespace: Namespace) -> Iterator[Archive]:
    """A county with its places and tickets, and what others have."""
    heard = Heard()
    with MongoClient[Document](module_namespace.mongo_url, tz_aware=True, event_listeners=[heard]) as client:
        db = mongo.database(client, f"{module_namespace.prefix}_tickets")
        create_collections(db, SERVICE.collections)
        create_chassis_indexes(db)
        migrate(db, MIGRATIONS)
        clock = BusinessClock(client[f"{module_namespace.prefix}_shared"]["clock"])
        load_places_file(Units(client, db, "tickets", clock), COUNTY.read_bytes())
        db["tickets"].insert_many(many_tickets(COUNT))
        row = db["tickets"].find_one({"lists": COMMUNITY, "state": {"$in": sorted(OPEN_STATES)}})
        assert row is not None
        archive = Archive(db, heard, ticket_entity(row))
        _others(archive)
        yield archive


def _others(archive: Archive) -> None:
    """Departments of other counties, registers and photos that are not asked for."""
    store = archive.store
    for number in range(OTHERS):
        name, path = f"{number:04d}", f"/county-{number:04d}/"
        store.put_department(Department(f"office-{name}", "x", "other", path.strip("/"), path), 1)
        store.put_register(Register(f"compound-of-{name}", {}, 1, NOW, "x"))
        archive.photos.expect(Photo(f"photo-{name}", 1, 1, 1, "x"), None)
        Accesses(archive.unit).count("export", Principal(name, ()), "x", (path,))
        Acts(archive.unit).record(name, [Act("post-held", name, (path,))])
    for name in ("of-street-0", "of-street-1"):
        store.put_department(Department(name, "x", "other", "qingxi", STREET, ("parking",)), 1)


FORTNIGHT, SEASON = NOW - timedelta(days=14), NOW - timedelta(days=90)
QUERIES: Mapping[str, Callable[[Archive], object]] = {
    "departments around a grid": lambda a: a.store.find_departments([GRID], None, 51),
    "departments for a matter": lambda a: a.store.find_departments([STREET], None, 51, "parking"),
    "departments, next page": lambda a: a.store.find_departments([STREET], "of-street-0", 51),
    "departments of a place": lambda a: a.store.hold_departments(STREET, 51),
    "categories that departments bring": lambda a: a.store.categories_of_departments(GRID),
    "a category that a department brings": lambda a: a.store.is_of_departments(GRID, "parking"),
    "accesses over an area": lambda a: Accesses(a.unit).page([STREET], None, None, 51),
    "acts over an area": lambda a: Acts(a.unit).page([STREET], None, 51),
    "a department": lambda a: a.store.department("of-street-1"),
    "a department goes": lambda a: a.store.remove_department("office-0001"),
    "how many fill the parties of compounds": lambda a: a.store.overviews(["compound-of-0001", "compound-of-0002"]),
    "six parties of compounds": lambda a: a.store.registers(["compound-of-0001", "compound-of-0002"]),
    "six parties change": lambda a: a.store.put_register(Register("compound-of-0003", {}, 2, NOW, "x")),
    "areas": lambda a: a.store.find_places(("county", "street", "community"), None, None, 51),
    "areas beneath": lambda a: a.store.find_places(("grid",), COMMUNITY, None, 51),
    "areas beneath, next page": lambda a: a.store.find_places(("compound",), COMMUNITY, "compound-002", 51),
    "stations": lambda a: a.store.find_places(("station",), None, None, 51),
    "stations of a type beneath": lambda a: a.store.find_places(("station",), STREET, None, 51, {"type": "friendly"}),
    "stations of a community": lambda a: a.store.places_beneath(COMMUNITY, "station"),
    "stations near": lambda a: a.store.open_stations_near(Position(39.39, 111.14), 5),
    "the station that serves a compound": lambda a: a.store.station_serving("compound-002"),
    "the station of a grid": lambda a: a.store.station_of_grid("grid-006"),
    "whatever lies beneath": lambda a: a.store.ids_beneath(COMMUNITY),
    "places by their ids": lambda a: a.store.places_with_sequence(["grid-001", "grid-002"]),
    "places that are no more": lambda a: a.store.removed_places(["grid-001"]),
    "roles move with a place": lambda a: a.store.move_staff(COMMUNITY, "/hequ/x/qingyuan/"),
    "what holds in an area moves with it": lambda a: a.store.move_activations(COMMUNITY, "/hequ/x/qingyuan/"),
    "words": lambda a: a.store.find(Wanted(beneath=[STREET], text="3号楼路灯不亮"), None, 51, by_due=False),
    "like": lambda a: a.store.like(a.ticket, FORTNIGHT),
    "unended beneath": lambda a: a.store.unended_beneath(COMMUNITY, None, 100),
    "unended beneath, further": lambda a: a.store.unended_beneath(COMMUNITY, a.ticket.id, 100),
    "how many are unended": lambda a: a.store.unended_at(GRID),
    "filed between": lambda a: list(a.store.filed_between("wish", COMMUNITY, SEASON, NOW)),
    "free numbers": lambda a: a.store.free_number(date(2026, 3, 2), lambda: "20260302-0001-1"),
    "a batch that fires": lambda a: TicketBatch(a.unit).tickets([a.ticket.id]),
    "who calls": lambda a: a.store.person_of("digest", "somebody"),
    "a photo has arrived": lambda a: a.photos.arrived("photo-0001"),
    "a photo is taken": lambda a: a.photos.take("photo-0001", "a ticket", None),
    "whose photo it is": lambda a: a.photos.ticket_of("photo-0001"),
    "a photo is looked at": lambda a: a.photos.content("photo-0001"),
    "a photo is given up": lambda a: a.photos.give_up(["photo-0001"]),
    "the sweep condemns": lambda a: a.photos.condemn("photo-0002"),
    "the sweep removes the content": lambda a: a.photos.remove_content("photo-0002"),
    "the sweep forgets": lambda a: a.photos.forget("photo-0002"),
    "a person is forgotten": lambda a: a.erasing.forget_person("somebody"),
    "reasons of reveals go": lambda a: a.erasing.blank_reveals(["a ticket"]),
}


@pytest.mark.parametrize("asked", QUERIES)
def test_an_index_finds_what_is_asked_for(archive: Archive, asked: str) -> None:
    archive.heard.commands.clear()
    QUERIES[asked](archive)
    commands = list(archive.heard.commands)
    assert commands, "nothing was asked"
    for command in commands:
        explained = archive.db.command("explain", command, verbosity="executionStats")
        assert "COLLSCAN" not in str(explained["queryPlanner" if "queryPlanner" in explained else "stages"]), command
        stored = archive.db[next(iter(command.values()))].estimated_document_count()
        assert stored < MANY or read(explained) < stored / 2, (command, read(explained), stored)


def read(explained: Any) -> int:
    """How many rows or entries of an index were read, whatever shape the explanation has."""
    if isinstance(explained, list):
        return max(map(read, explained), default=0)
    if not isinstance(explained, dict):
        return 0
    here = [int(explained.get(name, 0)) for name in ("totalKeysExamined", "totalDocsExamined")]
    return max(*here, *map(read, explained.values()))
