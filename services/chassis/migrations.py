"""Schema versions: each database knows its own, each service knows the one that it needs."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from services.chassis.clock import system_now
from services.chassis.seal import Sealer

Document = dict[str, Any]
log = logging.getLogger(__name__)


class SchemaMismatch(Exception):
    """The database is newer than this program, or older and not migrated."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a database's schema. `apply` may run again after a crash in the middle."""

    version: int
    name: str
    apply: Callable[[Database[Document]], None]
    unsealing: Callable[[Database[Document], Sealer], None] | None = None
    """Run after `apply`, for what follows from sealed data; it may run again as well."""


def current_version(db: Database[Document]) -> int:
    """The last migration that was applied whole; 0 for an empty database."""
    newest = db["migrations"].find_one(sort=[("_id", -1)])
    return int(newest["_id"]) if newest else 0


def needed_version(migrations: Sequence[Migration]) -> int:
    return max((migration.version for migration in migrations), default=0)


def check(db: Database[Document], migrations: Sequence[Migration]) -> None:
    """Raise SchemaMismatch unless the database is exactly at the version that this program needs."""
    found, needed = current_version(db), needed_version(migrations)
    if found > needed:
        raise SchemaMismatch(f"{db.name} is at schema {found}, newer than this program's {needed}: use a newer program")
    if found < needed:
        raise SchemaMismatch(f"{db.name} is at schema {found}, this program needs {needed}: run `doorstep prepare`")


def pending(db: Database[Document], migrations: Sequence[Migration]) -> list[Migration]:
    """What `migrate` would apply, in order. Raises SchemaMismatch for a database newer than the program."""
    found = current_version(db)
    if found > needed_version(migrations):
        check(db, migrations)
    return sorted((m for m in migrations if m.version > found), key=lambda m: m.version)


def migrate(db: Database[Document], migrations: Sequence[Migration], sealer: Sealer | None = None) -> list[Migration]:
    """Apply what is pending and record each step. Returns what was applied.

    Without a sealer, which does for an empty database, nothing is unsealed.
    """
    steps = pending(db, migrations)
    for step in steps:
        log.info("migrating", extra={"database": db.name, "schema": step.version, "step": step.name})
        step.apply(db)
        if step.unsealing is not None and sealer is not None:
            step.unsealing(db, sealer)
        db["migrations"].update_one(
            {"_id": step.version}, {"$set": {"name": step.name, "applied_at": system_now()}}, upsert=True
        )
    return steps
