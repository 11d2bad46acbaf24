"""What a service is to its processes, and what every part of a process shares: settings, clock, database, seal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.auth.principal import Principal
from services.chassis.clock import BusinessClock
from services.chassis.config import CLI, Settings
from services.chassis.migrations import Migration
from services.chassis.retention import Kept
from services.chassis.seal import Sealer
from services.chassis.unit import Unit, Units

Document = dict[str, Any]
CONFIG_KEY = "doorstep"
"""Where the context stands in nameko's own config."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its nameko class per kind of process, its schema, its problem types."""

    name: str
    api: type
    worker: type
    migrations: Sequence[Migration]
    collections: Sequence[str]
    """Every collection that it uses besides the chassis' own. `doorstep prepare` creates them: a transaction does not
    isolate writers of a collection that comes into being meanwhile."""
    problems: Sequence[Any] = field(default_factory=tuple)
    timer_kinds: Sequence[str] = field(default_factory=tuple)
    """Kinds of the timers that it sets; their counters begin at 0."""
    kept: Sequence[Kept] = field(default_factory=tuple)
    """What housekeeping removes by its age, besides the rows of the chassis."""
    prepare: Callable[["Context"], None] | None = None
    """Run by `doorstep prepare` after the migrations; may be run again."""
    check: Callable[[Settings], None] | None = None
    """Run before a process starts; raises SettingsError for settings that only this service has."""
    admits: Callable[[Unit, Principal], None] | None = None
    """Run with each call that has a token, in the transaction of a command; raises for whom it is known here to stand
    no more (`chassis.standing`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """One for the process, known by its identity: comparing it would compare all settings, at every request."""

    settings: Settings
    service: Service
    client: MongoClient[Document]
    db: Database[Document]
    clock: BusinessClock
    units: Units
    sealer: Sealer

    def runs(self, role: str) -> bool:
        """Whether this process has the role."""
        return role in self.settings.roles


def make_context(settings: Settings, service: Service) -> Context:
    """Connect what a process of `service` needs. The connections open on first use."""
    patience = mongo.OPERATORS_SECONDS if settings.roles == (CLI,) else mongo.SELECTION_SECONDS
    client = mongo.connect(settings.mongo_url, f"doorstep-{settings.service}", patience)
    db = mongo.own_database(client, settings)
    clock = BusinessClock(mongo.shared_database(client, settings.database_prefix)["clock"])
    return Context(
        settings, service, client, db, clock, Units(client, db, settings.service, clock), Sealer.of(settings)
    )
