"""Outside consumers as they are registered, and their place in the broker, which can be made anew from that."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from services.chassis import mongo, wire
from services.chassis.clock import system_now
from services.chassis.context import Context
from services.cli.management import Management
from services.cli.outside.rights import Outsider

Document = dict[str, Any]
COLLECTION = "outside_consumers"
_CHANNELS_OF_A_CONNECTION = 16


class AlreadyThere(Exception):
    """There is a consumer of this name."""


class Register:
    """Who is registered, in the database that all services share. Passwords are kept as the broker's own hashes, so
    that an emptied broker gets back the same users."""

    def __init__(self, context: Context) -> None:
        shared = mongo.shared_database(context.client, context.settings.database_prefix)
        self._rows: Collection[Document] = shared[COLLECTION]

    def find(self, name: str) -> Outsider | None:
        row = self._rows.find_one({"_id": name})
        return _outsider(row) if row else None

    def all(self) -> Iterator[tuple[Outsider, str, datetime]]:
        """Each with the hash of its password and since when it is there."""
        for row in self._rows.find().sort("_id", 1):
            yield _outsider(row), row["password_hash"], row["added_at"]

    def add(self, outsider: Outsider, password_hash: str) -> None:
        """Raises AlreadyThere."""
        row = {**asdict(outsider), "types": list(outsider.types)}
        name = row.pop("name")
        try:
            self._rows.insert_one({"_id": name, **row, "password_hash": password_hash, "added_at": system_now()})
        except DuplicateKeyError:
            raise AlreadyThere(name) from None

    def change_password(self, name: str, password_hash: str) -> None:
        self._rows.update_one({"_id": name}, {"$set": {"password_hash": password_hash, "rotated_at": system_now()}})

    def remove(self, name: str) -> None:
        self._rows.delete_one({"_id": name})


def admit(management: Management, outsider: Outsider, password_hash: str) -> None:
    """Make its user, rights, limits, exchanges and bindings, or mend what is missing of them. Repeatable."""
    management.put_exchange(outsider.exchange, "topic")
    if outsider.gate is not None:
        management.put_exchange(outsider.gate, "headers")
        passes = {"x-match": "all", wire.area_header(outsider.area or ""): True}
        management.bind(outsider.gate, outsider.exchange, "", passes)
    for exchange, event_type in outsider.bindings():
        management.bind(exchange, outsider.entrance, event_type)
    management.put_policy(outsider.user, outsider.policy)
    # The user comes last: whoever can sign in finds everything.
    management.put_user(outsider.user, password_hash)
    management.permit(outsider.user, outsider.permissions, outsider.topic_permissions)
    management.limit(outsider.user, "max-connections", outsider.connections)
    management.limit(outsider.user, "max-channels", outsider.connections * _CHANNELS_OF_A_CONNECTION)


def rekey(management: Management, outsider: Outsider, password_hash: str) -> int:
    """Let only the new password in. Returns how many connections were closed."""
    management.put_user(outsider.user, password_hash)
    return management.close_connections(outsider.user)


def expel(management: Management, outsider: Outsider) -> list[str]:
    """Take everything away, the user first. Returns the queues that are gone, with what was in them."""
    management.delete_user(outsider.user)
    management.close_connections(outsider.user)
    queues = [row["name"] for row in queues_of(management, outsider)]
    for name in queues:
        management.delete_queue(name)
    for exchange in (outsider.gate, outsider.exchange):
        if exchange is not None:
            management.delete_exchange(exchange)
    management.delete_policy(outsider.user)
    return queues


def queues_of(management: Management, outsider: Outsider) -> list[Document]:
    return [row for row in management.queues() if outsider.owns(row["name"])]


def readmit_all(context: Context, management: Callable[[], Management]) -> list[str]:
    """After the broker was emptied: everybody who is registered, with the passwords that they have. Returns names."""
    registered = list(Register(context).all())
    if not registered:
        return []
    broker = management()
    for outsider, password_hash, _ in registered:
        admit(broker, outsider, password_hash)
    return [outsider.name for outsider, _, _ in registered]


def _outsider(row: Mapping[str, Any]) -> Outsider:
    return Outsider(row["_id"], tuple(row["types"]), row["area"], row["max_bytes"], row["connections"])
