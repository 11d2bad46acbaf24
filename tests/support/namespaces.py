"""A place of its own for a test on the shared broker and database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pymongo import MongoClient

from services.cli.native.mongo import MongoNode
from services.cli.native.rabbit import RabbitNode


@dataclass(frozen=True)
class Namespace:
    """A fresh virtual host and a fresh prefix of databases; both vanish after the test."""

    amqp_url: str
    mongo_url: str
    vhost: str
    prefix: str
    """`DOORSTEP_DATABASE_PREFIX`: the database of a service is `{prefix}_{service}`."""
    mongo: MongoClient[dict[str, Any]]
    rabbit: RabbitNode


@contextmanager
def fresh_namespace(rabbit: RabbitNode, mongo: MongoNode) -> Iterator[Namespace]:
    name = f"test_{uuid4().hex[:12]}"
    rabbit.add_vhost(name)
    with MongoClient[dict[str, Any]](mongo.url, tz_aware=True) as client:
        try:
            yield Namespace(rabbit.url(name), mongo.url, name, name, client, rabbit)
        finally:
            rabbit.remove_vhost(name)  # and the homes of its outside consumers
            for database in client.list_database_names():
                if database.startswith(name):
                    client.drop_database(database)
