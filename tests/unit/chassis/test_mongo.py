"""What counts as the database being away, and what as the work being wrong."""

import pytest
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from services.chassis.mongo import is_down
from services.chassis.unit import database_down


@pytest.mark.parametrize(
    "error",
    [
        ServerSelectionTimeoutError("no primary"),
        AutoReconnect("connection closed"),
        ConfigurationError("Sessions are not supported by this MongoDB deployment"),
    ],
)
def test_a_member_that_is_away_starting_or_stepping_down_is_waited_for(error: PyMongoError) -> None:
    assert is_down(error)
    assert database_down(error)


@pytest.mark.parametrize("error", [DuplicateKeyError("taken"), OperationFailure("not so")])
def test_work_that_the_database_refuses_is_not_waited_for(error: PyMongoError) -> None:
    assert not is_down(error)
