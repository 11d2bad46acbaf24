"""The private broker and database do what the services build on."""

from pathlib import Path
from typing import Any

from kombu.connection import Connection
from pymongo import MongoClient

from services.cli.native.mongo import MongoNode
from services.cli.native.ports import free_port
from services.cli.native.programs import Children
from services.cli.native.rabbit import Login
from services.contracts.queues import POLICY
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace


def test_a_fresh_virtual_host_takes_a_quorum_queue_with_our_policy(namespace: Namespace) -> None:
    with Connection(namespace.amqp_url, connect_timeout=5) as connection:
        channel = connection.channel()
        channel.queue_declare("q", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        channel.close()
    assert eventually(lambda: namespace.rabbit.effective_policy(namespace.vhost, "q")) == POLICY


def test_the_database_has_transactions_that_roll_back(namespace: Namespace) -> None:
    things = namespace.mongo[f"{namespace.prefix}_tickets"]["things"]
    things.insert_one({"_id": "kept"})
    with namespace.mongo.start_session() as session, session.start_transaction():
        things.insert_one({"_id": "rolled back"}, session=session)
        session.abort_transaction()
    assert [thing["_id"] for thing in things.find()] == ["kept"]


def test_two_namespaces_do_not_meet(namespace: Namespace, module_namespace: Namespace) -> None:
    assert namespace.prefix != module_namespace.prefix
    assert namespace.amqp_url != module_namespace.amqp_url


def test_the_database_survives_a_restart_on_another_port(tmp_path: Path) -> None:
    login = Login("doorstep", "for-tests-only")
    for count in (1, 2):
        node = MongoNode(tmp_path / "mongo", free_port(), login)
        with Children() as children:
            children.start(node.program(tmp_path / "log")).wait_until(node.is_ready, 60)
            with MongoClient[dict[str, Any]](node.url, serverSelectionTimeoutMS=10_000) as client:
                client.tickets.things.insert_one({"_id": count})
                assert client.tickets.things.count_documents({}) == count
