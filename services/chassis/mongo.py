"""The connection to MongoDB: majority writes, bounded waits, aware UTC times."""

from typing import Any

from pymongo import MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.errors import AutoReconnect, ConfigurationError, ConnectionFailure, ExecutionTimeout, PyMongoError
from pymongo.read_concern import ReadConcern

from services.chassis.config import Settings

Document = dict[str, Any]
SELECTION_SECONDS = 4.0
"""A request waits no longer for a server."""
OPERATORS_SECONDS = 15.0
"""An operator rather waits on a loaded machine than begins again."""
SOCKET_SECONDS = 20.0
_PASSING = ("TransientTransactionError", "RetryableWriteError")
"""Labels of errors that pass by themselves, such as those of a member that shuts down or steps down."""


def connect(url: str, application: str, selection_seconds: float = SELECTION_SECONDS) -> MongoClient[Document]:
    """A client whose every operation ends within a bounded time: `selection_seconds` until a server is found."""
    milliseconds = int(selection_seconds * 1000)
    return MongoClient(
        url,
        appname=application,
        tz_aware=True,
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=int(SOCKET_SECONDS * 1000),
        waitQueueTimeoutMS=milliseconds,
        retryWrites=True,
    )


def beneath(path: str) -> Document:
    """A condition on area paths: this one, which ends in "/", and every one beneath it, as a range of an index."""
    return {"$gte": path, "$lt": f"{path[:-1]}0"}  # "0" follows "/"


def database(client: MongoClient[Document], name: str) -> Database[Document]:
    """A database in which a write that was answered cannot be lost."""
    return client.get_database(
        name, write_concern=WriteConcern("majority", wtimeout=10_000), read_concern=ReadConcern("majority")
    )


def own_database(client: MongoClient[Document], settings: Settings) -> Database[Document]:
    return database(client, settings.database)


def shared_database(client: MongoClient[Document], prefix: str) -> Database[Document]:
    """The one database that every service reads: the clock."""
    return database(client, f"{prefix}_shared")


def is_down(error: BaseException) -> bool:
    """Whether `error` says that MongoDB cannot be reached just now, rather than that the work is wrong."""
    # While a member starts or steps down, its greeting may not offer sessions, and the driver takes that for good.
    if isinstance(error, (ConnectionFailure, AutoReconnect, ExecutionTimeout, ConfigurationError)):
        return True
    return isinstance(error, PyMongoError) and any(map(error.has_error_label, _PASSING))
