"""Who may do what in the database: a user for each service, one for `doorstep prepare`, one for the broker's keeper,
one for operators' commands.

A service reads and writes its own database and reads the shared clock; nobody but `prepare` makes or drops
collections and indexes, and none of them knows a user, a role or a setting of the server. Why so: ADR 21.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.config import KEEPER
from services.chassis.directory import SERVICES
from services.contracts.registry import PUBLISHERS

PREPARE, OPERATOR = "prepare", "operator"
USERS = (*SERVICES, PREPARE, KEEPER, OPERATOR)
SHARED = "shared"
"""The database of the clock, and of what outside programs were admitted."""
OUTSIDE_CONSUMERS = "outside_consumers"
"""The collection of those, of which the keeper reads who is there and notes which queues they have."""

_READ = ("find", "listCollections", "listIndexes")
_WORK = (*_READ, "insert", "update", "remove", "changeStream")
_SCHEMA = (
    *_WORK, "createCollection", "dropCollection", "collMod", "createIndex", "dropIndex",
)  # fmt: skip
EVENT_LOG = ("outbox", "relay_partitions")
"""What the feed over all logs reads of each publisher: the published language, no state (ADR 12)."""


@dataclass(frozen=True, slots=True)
class Right:
    """Actions on one collection; on all of a database when `collection` is empty."""

    database: str
    collection: str
    actions: tuple[str, ...]

    @property
    def privilege(self) -> dict[str, object]:
        """As MongoDB's commands take it."""
        return {"resource": {"db": self.database, "collection": self.collection}, "actions": list(self.actions)}


def rights_of(user: str, prefix: str) -> Sequence[Right]:
    """What `user`, one of USERS, may do in the installation whose databases begin with `prefix`."""
    if user in (PREPARE, OPERATOR):
        actions = _SCHEMA if user == PREPARE else _WORK
        return [Right(f"{prefix}_{name}", "", actions) for name in (*SERVICES, SHARED)]
    if user == KEEPER:
        return [Right(f"{prefix}_{SHARED}", OUTSIDE_CONSUMERS, ("find", "update"))]
    own = [Right(f"{prefix}_{user}", "", _WORK), Right(f"{prefix}_{SHARED}", "clock", ("find",))]
    return [*own, *(_logs(prefix) if user == "metrics" else ())]


def role_of(user: str, prefix: str) -> str:
    return f"{prefix}_{user}"


def setting_of(user: str) -> str:
    """Where a process of `user` finds its connection string; the operators' is the plain one."""
    return "MONGO_URL" if user == OPERATOR else f"MONGO_URL_{user.upper()}"


def _logs(prefix: str) -> Sequence[Right]:
    return [Right(f"{prefix}_{name}", log, ("find",)) for name in PUBLISHERS for log in EVENT_LOG]
