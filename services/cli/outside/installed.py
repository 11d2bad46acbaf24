"""Outside consumers as they are registered, and their place in the broker, which can be made anew from that."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from services.chassis import mongo
from services.chassis.clock import system_now
from services.chassis.context import Context
from services.chassis.rights import OUTSIDE_CONSUMERS
from services.cli.management import Management, ManagementError
from services.cli.outside.remembered import HomeQueue, from_text, restore, to_text
from services.cli.outside.rights import MOST_QUEUES, QUORUM, Outsider
from services.cli.unsettled import remove_unsettled

Document = dict[str, Any]
_CHANNELS_OF_A_CONNECTION = 16


class AlreadyThere(Exception):
    """There is a consumer of this name."""


class Register:
    """Who is registered, in the database that all services share. Passwords are kept as the broker's own hashes, so
    that an emptied broker gets back the same users; and which queues each had when that was last looked at."""

    def __init__(self, context: Context) -> None:
        shared = mongo.shared_database(context.client, context.settings.database_prefix)
        self._rows: Collection[Document] = shared[OUTSIDE_CONSUMERS]

    def find(self, name: str) -> Outsider | None:
        """Also one that is being revoked: that may have to be repeated."""
        row = self._rows.find_one({"_id": name})
        return _outsider(row) if row else None

    def password_hash(self, name: str) -> str | None:
        """None: it may not sign in, or no more."""
        row = self._rows.find_one({"_id": name, "revoking": {"$ne": True}})
        return row["password_hash"] if row else None

    def all(self) -> Iterator[tuple[Outsider, str, datetime]]:
        """Each with the hash of its password and since when it is there."""
        for row in self._rows.find({"revoking": {"$ne": True}}).sort("_id", 1):
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

    def queues(self, name: str) -> list[HomeQueue]:
        row = self._rows.find_one({"_id": name})
        return from_text(row["queues"]) if row and "queues" in row else []

    def remember(self, name: str, queues: Sequence[HomeQueue]) -> None:
        self._rows.update_one({"_id": name}, {"$set": {"queues": to_text(queues)}})

    def begin_revoking(self, name: str) -> None:
        """From now on nobody makes it again what is about to be taken away."""
        self._rows.update_one({"_id": name}, {"$set": {"revoking": True}})

    def remove(self, name: str) -> None:
        self._rows.delete_one({"_id": name})


def home_of(management: Management, outsider: Outsider) -> Management:
    return management.at(outsider.home(management.vhost))


def admit(
    management: Management,
    outsider: Outsider,
    password_hash: str,
    settling_seconds: float,
    queues: Sequence[HomeQueue] = (),
) -> list[str]:
    """Make its home with these queues, its buffer and the way between, its user and its rights, or mend what is missing
    of them. Repeatable. Returns the names of queues that the broker refuses."""
    refused = _furnish(home_of(management, outsider), outsider, queues)
    _connect(management, outsider, settling_seconds)
    # The user comes last: whoever can sign in finds everything, and a home that knows its user is whole.
    home, user = home_of(management, outsider), outsider.user(management.vhost)
    management.put_user(user, password_hash)
    management.limit(user, "max-connections", outsider.connections)
    management.limit(user, "max-channels", outsider.connections * _CHANNELS_OF_A_CONNECTION)
    home.permit(user, outsider.permissions, outsider.topic_permissions)
    return refused


def _furnish(home: Management, outsider: Outsider, queues: Sequence[HomeQueue]) -> list[str]:
    home.put_vhost()
    home.limit_vhost("max-queues", outsider.max_queues)
    for name, policy in outsider.policies.items():
        home.put_policy(name, policy)
    home.put_exchange(outsider.exchange, "topic")
    return restore(home, outsider, queues)


def _connect(management: Management, outsider: Outsider, settling_seconds: float) -> None:
    """From the publishers through gate and buffer to the home; the bound before what it bounds."""
    management.put_policy(outsider.source, outsider.buffer_policy)
    while _put_buffer(management, outsider):
        time.sleep(settling_seconds)  # and then it is looked again, since the broker may have been killed meanwhile
    management.put_shovel(outsider.source, outsider.shovel(management.vhost))
    management.put_exchange(outsider.gate, "headers")
    management.bind_queue(outsider.gate, outsider.buffer, "", outsider.passes)
    for exchange, event_type in outsider.bindings():
        management.bind(exchange, outsider.gate, event_type)


def _put_buffer(management: Management, outsider: Outsider) -> bool:
    """Returns whether it was not there."""
    remove_unsettled(management, [outsider.buffer])
    try:
        return management.put_queue(outsider.buffer, QUORUM)
    except ManagementError:  # one of another kind stands there, which is none of ours
        management.delete_queue(outsider.buffer)
        return management.put_queue(outsider.buffer, QUORUM)


def is_home_whole(management: Management, outsider: Outsider) -> bool:
    home = home_of(management, outsider)
    return (
        home.admits(outsider.user(management.vhost))
        and home.has_exchange(outsider.exchange, "topic")
        and home.policies() >= set(outsider.policies)
    )


def is_connected(management: Management, outsider: Outsider) -> bool:
    """Whether its events come as far as its buffer: whoever was connecting them may have been killed on the way."""
    if not management.has_exchange(outsider.gate, "headers") or not management.has_queue(outsider.buffer):
        return False
    before = {(row["source"], row["routing_key"]) for row in management.bindings_to(outsider.gate)}
    behind = {row["destination"] for row in management.bindings_from(outsider.gate)}
    return before >= set(outsider.bindings()) and outsider.buffer in behind


def rekey(management: Management, outsider: Outsider, password_hash: str) -> int:
    """Let only the new password in. Returns how many connections were closed."""
    user = outsider.user(management.vhost)
    management.put_user(user, password_hash)
    return management.close_connections(user)


def expel(management: Management, outsider: Outsider) -> None:
    """Take everything away, the user first, with what waits in its queues."""
    user = outsider.user(management.vhost)
    management.delete_user(user)
    management.close_connections(user)
    management.delete_exchange(outsider.gate)
    management.delete_shovel(outsider.source)
    management.delete_queue(outsider.buffer)
    management.delete_policy(outsider.source)
    home_of(management, outsider).delete_vhost()


def queues_of(management: Management, outsider: Outsider) -> list[Document]:
    """Its buffer and the queues of its home."""
    buffer = [row for row in management.queues() if row["name"] == outsider.buffer]
    return [*buffer, *home_of(management, outsider).queues()]


def _outsider(row: Mapping[str, Any]) -> Outsider:
    most = row.get("max_queues", MOST_QUEUES)
    return Outsider(row["_id"], tuple(row["types"]), row["area"], row["max_bytes"], row["connections"], most)
