"""Whether a process can do its work now: what `/readyz` answers."""

import threading
import time
from collections.abc import Callable

from pymongo.errors import PyMongoError

from services.chassis import broker, topology
from services.chassis.context import Context
from services.chassis.migrations import SchemaMismatch, check

REMEMBERED_SECONDS = 3.0
"""Probes of several watchers at once cost one look."""
Check = Callable[[Context], str | None]


def database(context: Context) -> str | None:
    """The database answers and has the schema that this program needs."""
    try:
        check(context.db, context.service.migrations)
    except SchemaMismatch as error:
        return str(error)
    except PyMongoError as error:
        return type(error).__name__
    return None


def message_broker(context: Context) -> str | None:
    """The broker lets us in and has what we need. Commands do without it: their events wait in the outbox."""
    try:
        connection = broker.connect(context.settings.amqp_url, f"{context.settings.service} probe")
        try:
            topology.look(connection, topology.needed(context))
        finally:
            connection.close()
    except topology.Incomplete as reason:
        return str(reason)
    except Exception as error:
        return type(error).__name__
    return None


class Health:
    """The checks that a process's roles need; None is well, a text says what is wrong, without data."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._needed: dict[str, Check] = {"database": database}
        if context.runs("consumers") or context.runs("relay"):
            self._needed["broker"] = message_broker
        self._lock = threading.Lock()
        self._found: dict[str, str | None] = {}
        self._looked_at: float | None = None

    def checks(self) -> dict[str, str | None]:
        with self._lock:
            now = time.monotonic()
            if self._looked_at is None or now - self._looked_at > REMEMBERED_SECONDS:
                self._found = {name: look(self._context) for name, look in self._needed.items()}
                self._looked_at = time.monotonic()
            return dict(self._found)
