"""A database that is told to end may take a write and say that its write concern will not be kept: try again later."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from services.chassis import mongo
from services.chassis.http.call import Call
from services.chassis.http.limits import Limits
from services.chassis.http.routes import Limit
from services.chassis.seal import Sealer
from services.cli.native.mongo import MongoNode
from services.cli.native.ports import free_port
from services.cli.native.programs import Children
from services.cli.native.rabbit import Login

SHUTTING_DOWN = {"code": 91, "codeName": "ShutdownInProgress", "errmsg": "Replication is being shut down"}
Client = MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of its own that can be told to answer so."""
    folder = tmp_path_factory.mktemp("mongo")
    node = MongoNode(folder, free_port(), Login("doorstep", "for-tests-only"))
    program = node.program(folder)
    program = replace(program, argv=(*program.argv, "--setParameter", "enableTestCommands=1"))
    with Children() as children:
        children.start(program).wait_until(node.is_ready, 60)
        yield node.url


@pytest.fixture
def shutting_down(failing: str) -> Iterator[Client]:
    """Every write of this client is taken and answered with the error, until the end of the test."""
    data = {
        "failCommands": ["update", "insert", "delete"], "appName": "test", "writeConcernError": SHUTTING_DOWN,
    }  # fmt: skip
    with mongo.connect(failing, "ours") as ours, mongo.connect(failing, "test") as client:
        ours.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=data)
        yield client
        ours.admin.command("configureFailPoint", "failCommand", mode="off")


def test_counting_calls_says_that_the_database_is_away(shutting_down: Client) -> None:
    limits = Limits(mongo.database(shutting_down, "limits"), Sealer((Fernet.generate_key().decode(),), "x" * 32))
    with pytest.raises(PyMongoError) as refused:
        limits.count(Limit("filing", 30, timedelta(hours=1)), Call(None, "zh-CN", None, None, client="somebody"))
    assert mongo.is_down(refused.value)


@pytest.mark.parametrize("write", ["insert_one", "delete_one"])
def test_a_single_write_says_so_too(shutting_down: Client, write: str) -> None:
    rows = mongo.database(shutting_down, "rows")["rows"]
    with pytest.raises(PyMongoError) as refused:
        getattr(rows, write)({"_id": uuid4().hex})
    assert mongo.is_down(refused.value)
