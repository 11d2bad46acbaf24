"""A place of its own for a test on the shared broker and database."""

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
from tests.support.schemas import schemas_of
from tests.support.vhosts import vhosts_of


@dataclass(frozen=True)
class Namespace:
    """A virtual host without messages and a prefix of databases without documents, of one test alone."""

    amqp_url: str
    """The administrator's."""
    mongo_url: str
    """The administrator's."""
    vhost: str
    prefix: str
    """`DOORSTEP_DATABASE_PREFIX`: the database of a service is `{prefix}_{service}`."""
    mongo: MongoClient[dict[str, Any]]
    rabbit: RabbitNode
    user_urls: Mapping[str, str]
    """The connection string of each of the database's users: of a service, of prepare, of the operators' command."""

    amqp_urls: Mapping[str, str]
    """The connection string of the broker's user of each service."""

    prepared_as: str | None = None
    """How its tests prepare it: what earlier ones have left of the same may be there, collections and indexes, queues
    and bindings, as where an operator prepares again. None: nothing is there."""

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


PREPARED = "doorstep prepare"
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
def fresh_namespace(rabbit: RabbitNode, mongo: MongoNode, prepared_as: str | None = None) -> Iterator[Namespace]:
    """With `prepared_as` for who always prepares in that way and says so by `learn`: what that makes may be there."""
    schemas, vhosts = schemas_of(mongo.url), vhosts_of(rabbit)
    name = f"test_{uuid4().hex[:12]}"
    vhost = (vhosts.take() if prepared_as else None) or name
    if vhost == name:
        rabbit.add_vhost(vhost)
    with MongoClient[dict[str, Any]](mongo.url, tz_aware=True) as client:
        users, services = _users(mongo), _admit_services(rabbit, vhost)
        prefix = (schemas.take(client, prepared_as) if prepared_as else None) or name
        _give_rights(client, prefix, "grantPrivilegesToRole")
        try:
            yield Namespace(rabbit.url(vhost), mongo.url, vhost, prefix, client, rabbit, users, services, prepared_as)
        finally:
            _give_rights(client, prefix, "revokePrivilegesFromRole")
            vhosts.give_back(vhost, to_be_used_again=prepared_as is not None)
            schemas.give_back(client, prefix, prepared_as)


def learn(namespace: Namespace) -> None:
    """Call after preparing and before anything else has changed what that made."""
    if namespace.prepared_as is not None:
        schemas_of(namespace.mongo_url).learn(namespace.mongo, namespace.prefix, namespace.prepared_as)
        vhosts_of(namespace.rabbit).learn(namespace.vhost)
