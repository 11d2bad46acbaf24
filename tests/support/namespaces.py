"""A place of its own for a test on the shared broker and database."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from pymongo import MongoClient

from services.chassis.broker_rights import broker_rights_of, broker_setting_of
from services.chassis.directory import SERVICES
from services.chassis.rights import USERS, rights_of, role_of
from services.cli.database_users import MECHANISMS
from services.cli.native.mongo import MongoNode
from services.cli.native.rabbit import Login, RabbitNode


@dataclass(frozen=True)
class Namespace:
    """A fresh virtual host and a fresh prefix of databases; both vanish after the test."""

    amqp_url: str
    """The administrator's."""
    mongo_url: str
    """The administrator's."""
    vhost: str
    prefix: str
    """`DOORSTEP_DATABASE_PREFIX`: the database of a service is `{prefix}_{service}`. They hold no document; the
    collections and indexes that an earlier test left may be there, since making them is most of what `prepare` does."""
    mongo: MongoClient[dict[str, Any]]
    rabbit: RabbitNode
    user_urls: Mapping[str, str]
    """The connection string of each of the database's users: of a service, of prepare, of the operators' command."""

    amqp_urls: Mapping[str, str]
    """The connection string of the broker's user of each service."""

    def empty_broker(self, *, admitted: bool = True) -> None:
        """As if the broker had lost its data, and an operator had made the virtual host again; `admitted`: with the
        services' rights in it."""
        self.rabbit.remove_vhost(self.vhost)
        self.rabbit.add_vhost(self.vhost)
        if admitted:
            _admit_services(self.rabbit, self.vhost)

    def amqp_through(self, port: int) -> dict[str, str]:
        """Settings that lead everybody to the broker by another port of this machine."""
        own = {broker_setting_of(service): url for service, url in self.amqp_urls.items()}
        ours = f":{self.rabbit.ports.amqp}/"
        return {name: url.replace(ours, f":{port}/") for name, url in {"AMQP_URL": self.amqp_url, **own}.items()}


_RUN = "run"


def _define(rabbit: RabbitNode, **definitions: object) -> None:
    """All of it by one request."""
    answer = rabbit._request("POST", "definitions", definitions)
    assert not answer.is_error, answer.text


@cache
def _broker_logins(rabbit: RabbitNode) -> Mapping[str, Login]:
    """The services' users of this run. Every namespace has the same ones, who may do there what they do in it."""
    logins = {service: Login(role_of(service, _RUN), "for-tests-only") for service in SERVICES}
    _define(rabbit, users=[{"name": one.user, "password": one.password, "tags": ""} for one in logins.values()])
    return logins


def _admit_services(rabbit: RabbitNode, vhost: str) -> Mapping[str, str]:
    """Their connection strings."""
    logins = _broker_logins(rabbit)
    _define(rabbit, permissions=[
        {"user": login.user, "vhost": vhost, **broker_rights_of(service)} for service, login in logins.items()
    ])  # fmt: skip
    return {service: rabbit.url_of(login, vhost) for service, login in logins.items()}


@cache
def _users(mongo: MongoNode) -> Mapping[str, str]:
    """The users of this run and their connection strings. Making a user costs 40 ms, so that every namespace has the
    same ones; what they may do in it comes and goes with it."""
    urls = {}
    with MongoClient[dict[str, Any]](mongo.url) as client:
        for user in USERS:
            login = Login(role_of(user, _RUN), "for-tests-only")
            client.admin.command("createRole", login.user, privileges=[], roles=[])
            client.admin.command(
                "createUser", login.user, pwd=login.password, roles=[login.user], mechanisms=list(MECHANISMS)
            )
            urls[user] = mongo.url_of(login)
    return urls


def _give_rights(client: MongoClient[dict[str, Any]], prefix: str, command: str) -> None:
    for user in USERS:
        privileges = [right.privilege for right in rights_of(user, prefix)]
        client.admin.command(command, role_of(user, _RUN), privileges=privileges)


@contextmanager
def fresh_namespace(rabbit: RabbitNode, mongo: MongoNode, *, schema_may_be_there: bool = True) -> Iterator[Namespace]:
    """With `schema_may_be_there` for who calls `doorstep prepare` and brings whole documents; they save its time."""
    name = f"test_{uuid4().hex[:12]}"
    rabbit.add_vhost(name)
    with MongoClient[dict[str, Any]](mongo.url, tz_aware=True) as client:
        users, services, schemas = _users(mongo), _admit_services(rabbit, name), _schemas(mongo.url)
        prefix = (schemas.take(client) if schema_may_be_there else None) or name
        _give_rights(client, prefix, "grantPrivilegesToRole")
        try:
            yield Namespace(rabbit.url(name), mongo.url, name, prefix, client, rabbit, users, services)
        finally:
            _give_rights(client, prefix, "revokePrivilegesFromRole")
            rabbit.remove_vhost(name)  # and the homes of its outside consumers
            schemas.give_back(client, prefix)


_Catalogue = dict[str, tuple[Any, ...]]


class Schemas:
    """Databases with the whole schema that tests have left, to be emptied and used again; all others are dropped."""

    def __init__(self) -> None:
        self._whole: _Catalogue | None = None
        self._left = deque[str]()

    def learn(self, client: MongoClient[dict[str, Any]], prefix: str) -> None:
        """What the first `doorstep prepare` of this run made is the whole schema."""
        if self._whole is None:
            self._whole = _catalogue(client, prefix)

    def take(self, client: MongoClient[dict[str, Any]]) -> str | None:
        """A prefix whose databases have the whole schema and no document; None while there are too few. The one that
        was left longest ago: what the database still did for a killed process is over."""
        if len(self._left) < _LEFT_AT_LEAST:
            return None
        prefix = self._left.popleft()
        for database in _databases(client, prefix):
            for collection in client[database].list_collection_names():
                client[database][collection].delete_many({})
        return prefix

    def give_back(self, client: MongoClient[dict[str, Any]], prefix: str) -> None:
        databases = _databases(client, prefix)
        documents = sum(client[database].command("dbStats")["objects"] for database in databases)
        there = _catalogue(client, prefix)
        profiled = any(".system." in name for name in there)
        as_prepared = self._whole is not None and self._whole.items() <= there.items()
        if self._whole is None or profiled or not as_prepared or documents > _DOCUMENTS_AT_MOST:
            for database in databases:
                client.drop_database(database)
            return
        for name in there.keys() - self._whole.keys():
            database, _, collection = name.partition(".")
            client[f"{prefix}{database}"].drop_collection(collection)
        self._left.append(prefix)


_LEFT_AT_LEAST = 2
_DOCUMENTS_AT_MOST = 20_000
"""Of more, dropping is quicker than emptying."""


@cache
def _schemas(mongo_url: str) -> Schemas:
    return Schemas()


def learn_schema(namespace: Namespace) -> None:
    """Call after `doorstep prepare` and before anything else has changed the schema."""
    _schemas(namespace.mongo_url).learn(namespace.mongo, namespace.prefix)


def _databases(client: MongoClient[dict[str, Any]], prefix: str) -> list[str]:
    return [name for name in client.list_database_names() if name.startswith(f"{prefix}_")]


def _catalogue(client: MongoClient[dict[str, Any]], prefix: str) -> _Catalogue:
    """Each collection of the databases, with its options and indexes."""
    query: list[dict[str, Any]] = [{"$listCatalog": {}}, {"$match": {"db": {"$regex": f"^{prefix}_"}}}]
    return {
        row["ns"].removeprefix(prefix): (
            row["type"], row["md"]["options"] | {"uuid": None},
            sorted((str(index["spec"]), index["ready"]) for index in row["md"]["indexes"]),
        )
        for row in client.admin.aggregate(query)
    }  # fmt: skip
