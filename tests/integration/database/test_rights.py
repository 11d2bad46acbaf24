"""Every user of the database tries everything: what it needs is open, all else is closed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from services.chassis.config import KEEPER
from services.chassis.directory import SERVICES, find_service
from services.chassis.rights import OPERATOR, OUTSIDE_CONSUMERS, PREPARE, USERS
from services.contracts.registry import PUBLISHERS
from tests.support.namespaces import Namespace
from tests.support.processes import Processes

Client = MongoClient[dict[str, Any]]
_UNAUTHORIZED = 13


@dataclass(frozen=True)
class House:
    """A prepared installation, and a client for each of its users."""

    namespace: Namespace
    clients: Mapping[str, Client]

    def database(self, user: str, service: str) -> Any:
        return self.clients[user][f"{self.namespace.prefix}_{service}"]

    def collections(self) -> Mapping[str, list[str]]:
        """Every collection by database, as the administrator sees them."""
        names = (*SERVICES, "shared")
        return {name: self.namespace.mongo[f"{self.namespace.prefix}_{name}"].list_collection_names() for name in names}


@pytest.fixture(scope="module")
def house(module_namespace: Namespace, module_processes: Processes) -> Iterator[House]:
    module_processes.prepare()
    module_namespace.mongo[f"{module_namespace.prefix}_shared"]["clock"].insert_one({"_id": "of-the-test"})
    module_namespace.mongo[f"{module_namespace.prefix}_shared"]["outside_consumers"].insert_one({"_id": "of-the-test"})
    clients = {user: Client(url) for user, url in module_namespace.user_urls.items()}
    yield House(module_namespace, clients)
    for client in clients.values():
        client.close()


def allowed(attempt: Callable[[], object]) -> bool:
    """Whether the server lets it be done; what else it may say to an attempt is no matter of rights."""
    try:
        attempt()
    except OperationFailure as error:
        return error.code != _UNAUTHORIZED
    return True


def may_read(collection: Any) -> bool:
    return allowed(lambda: collection.find_one({"_id": "nobody"}))


def may_write(collection: Any) -> bool:
    """Whether anything at all can be written: inserted, changed or removed."""
    attempts = (
        lambda: collection.insert_one({"_id": "of-the-test-of-rights"}),
        lambda: collection.update_one({"_id": "nobody"}, {"$set": {"x": 1}}),
        lambda: collection.delete_one({"_id": "of-the-test-of-rights"}),
    )
    opened = [allowed(attempt) for attempt in attempts]
    assert len(set(opened)) == 1, f"{collection.full_name}: only some of inserting, changing, removing is open"
    return opened[0]


def reads(user: str, database: str, collection: str) -> bool:
    if user in (PREPARE, OPERATOR, database):
        return True
    if user == KEEPER:
        return False  # but for what the next test tries
    if database == "shared":
        return collection == "clock"
    return user == "metrics" and database in PUBLISHERS and collection in ("outbox", "relay_partitions")


@pytest.mark.parametrize("user", USERS)
def test_a_user_reads_and_writes_its_own_and_nothing_of_others(house: House, user: str) -> None:
    wrong = []
    for database, names in house.collections().items():
        for name in names:
            if (user, name) == (KEEPER, OUTSIDE_CONSUMERS):
                continue
            collection = house.database(user, database)[name]
            found = may_read(collection), may_write(collection)
            expected = reads(user, database, name), user in (PREPARE, OPERATOR, database)
            if found != expected:
                wrong.append(f"{database}.{name}: (reads, writes) are {found}, should be {expected}")
    assert wrong == []


def test_the_keeper_sees_who_is_registered_and_notes_their_queues_and_no_more(house: House) -> None:
    consumers = house.database(KEEPER, "shared")[OUTSIDE_CONSUMERS]
    assert may_read(consumers)
    assert allowed(lambda: consumers.update_one({"_id": "nobody"}, {"$set": {"queues": ""}}))
    assert not allowed(lambda: consumers.insert_one({"_id": "of-the-keeper"}))
    assert not allowed(lambda: consumers.delete_one({"_id": "nobody"}))


def test_all_collections_that_a_service_names_are_among_those_tried(house: House) -> None:
    there = house.collections()
    for service in SERVICES:
        assert {*find_service(service).collections, "outbox", "timers", "deferred"} <= set(there[service]), service
    assert len(there["shared"]) >= 2


@pytest.mark.parametrize("user", [*SERVICES, KEEPER, OPERATOR])
def test_only_prepare_makes_indexes_and_drops_or_changes_collections(house: House, user: str) -> None:
    for database in SERVICES:
        opened = _changes_of_schema(house.database(user, database), "of_" + user)
        assert opened == [], f"{user} in {database}"


def _changes_of_schema(db: Any, name: str) -> list[str]:
    """Those that are open. Who may insert may also make a plain collection: that is how MongoDB is."""
    attempts: Mapping[str, Callable[[], object]] = {
        "a view": lambda: db.create_collection(name, viewOn="outbox", pipeline=[]),
        "a capped collection": lambda: db.create_collection(name, capped=True, size=4096),
        "an index": lambda: db["outbox"].create_index("type", name=name),
        "no index": lambda: db["outbox"].drop_index(name),
        "another time kept": lambda: db.command("collMod", "outbox", index={"name": "kept", "expireAfterSeconds": 1}),
        "another name": lambda: db["outbox"].rename("outbox_of_" + name),
        "no collection": lambda: db.drop_collection("migrations"),
        "no database": lambda: db.client.drop_database(db.name),
    }
    return [what for what, attempt in attempts.items() if allowed(attempt)]


def test_prepare_makes_collections_and_indexes_and_drops_them_but_no_database(house: House) -> None:
    db = house.database(PREPARE, "tickets")
    db.create_collection("of_prepare")
    db["of_prepare"].create_index("type", name="of_prepare")
    db["of_prepare"].drop_index("of_prepare")
    db.drop_collection("of_prepare")
    assert not allowed(lambda: house.clients[PREPARE].drop_database(db.name))


@pytest.mark.parametrize("user", USERS)
def test_nobody_of_them_administers_the_server(house: House, user: str) -> None:
    client, own = house.clients[user], house.namespace.prefix
    attempts: Mapping[str, Callable[[], object]] = {
        "list users": lambda: client.admin.command("usersInfo", {"forAllDBs": True}),
        "read users": lambda: client.admin["system.users"].find_one(),
        "make a user": lambda: client.admin.command("createUser", own, pwd="x", roles=["root"]),
        "take a password": lambda: client.admin.command("updateUser", "doorstep", pwd="x"),
        "take its own rights": lambda: client.admin.command("grantRolesToUser", f"run_{user}", roles=["root"]),
        "make a role": lambda: client.admin.command("createRole", own, privileges=[], roles=["root"]),
        "shut down": lambda: client.admin.command("shutdown", force=True),
        "profile": lambda: client[f"{own}_tickets"].command("profile", 1),
        "set a parameter": lambda: client.admin.command("setParameter", 1, logLevel=1),
        "configure the set": lambda: client.admin.command("replSetGetConfig"),
        "step down": lambda: client.admin.command("replSetStepDown", 1),
        "read the oplog": lambda: client["local"]["oplog.rs"].find_one(),
        "watch everything": lambda: client.watch(max_await_time_ms=1).try_next(),
        "see others' operations": lambda: list(client.admin.aggregate([{"$currentOp": {"allUsers": True}}])),
        "end others' operations": lambda: client.admin.command("killAllSessions", []),
        "write elsewhere": lambda: client["elsewhere"]["anything"].insert_one({}),
        "read another installation": lambda: client["doorstep_tickets"]["tickets"].find_one(),
    }
    assert [what for what, attempt in attempts.items() if allowed(attempt)] == []
    assert set(client.list_database_names()) <= {f"{own}_{name}" for name in (*SERVICES, "shared")}


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "metrics"])
def test_a_join_or_a_write_by_an_aggregation_does_not_get_around_it(house: House, service: str) -> None:
    own = house.database(service, service)
    there = {"db": f"{house.namespace.prefix}_metrics", "coll": "totals"}
    union = {"$unionWith": {"coll": "clock"}}
    assert allowed(lambda: list(own["outbox"].aggregate([union])))
    for stage in ({"$out": there}, {"$merge": {"into": there}}):
        assert not allowed(lambda stage=stage: list(own["outbox"].aggregate([stage])))  # type: ignore[misc]


@pytest.mark.parametrize("user", USERS)
def test_a_change_stream_shows_only_what_one_may_read(house: House, user: str) -> None:
    if user in SERVICES:
        house.database(user, user)["outbox"].watch(max_await_time_ms=1).close()
        other = next(name for name in SERVICES if name != user)
        assert not allowed(lambda: house.database(user, other)["outbox"].watch(max_await_time_ms=1).close())
