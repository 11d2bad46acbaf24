"""The unit of work: one MongoDB transaction that holds state, events, timers and inbox rows together.

Only this module opens transactions. The function that runs in a unit may be called twice: all that it does must go
through the unit.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from services.chassis import outbox
from services.chassis.clock import BusinessClock, system_now
from services.chassis.mongo import is_down
from services.chassis.timer_rows import TimerRows
from services.contracts.types import NewEvent

Document = dict[str, Any]
T = TypeVar("T")
RETRY_SECONDS = 18.0
"""How long a transaction is tried again after conflicts and lost connections before the caller is told. The open
transaction of a killed process keeps others from what it wrote until mongod ends it, which takes up to one and a half
times its transactionLifetimeLimitSeconds; we set that to 10 (ADR 3)."""


class Unavailable(Exception):
    """The database did not answer in time. Whether the last attempt was committed may be unknown: try again with the
    same idempotency key."""


class Contended(Unavailable):
    """The database answered all the time, but others, or the work itself, kept this transaction from its commit."""


class Unit:
    """What one function may do: read and write with `session=unit.session`, emit, set timers."""

    def __init__(
        self, db: Database[Document], session: ClientSession | None, source: str, now: datetime, system: datetime
    ) -> None:
        self.db = db
        self.session = session
        self.now = now
        """Business time, the same throughout the unit."""
        self.system_now = system
        self.scratch: dict[str, Any] = {}
        """For what is gathered over the unit and written once by a `before_commit` function."""
        self.timers = TimerRows(db, session)
        self._source = source
        self._rows: list[Document] = []
        self._before_commit: list[Callable[[Unit], None]] = []
        self._after_commit: list[Callable[[], None]] = []

    def emit(self, *events: NewEvent) -> None:
        """Publish these facts if, and only if, the unit commits."""
        self._rows.extend(outbox.row(event, self._source, self.now) for event in events)

    def before_commit(self, function: "Callable[[Unit], None]") -> None:
        self._before_commit.append(function)

    def after_commit(self, function: Callable[[], None]) -> None:
        """Call `function` once the commit is certain; it may be lost with the process."""
        self._after_commit.append(function)

    def finish(self) -> None:
        """Write what was gathered; the last step before the commit."""
        for function in self._before_commit:
            function(self)
        if self._rows:
            if self.session is None:
                raise RuntimeError("only a command emits events")
            outbox.write(self.db, self.session, self._rows)

    def committed(self) -> None:
        for function in self._after_commit:
            function()


class Units:
    """Makes units of work on one service's database."""

    def __init__(
        self, client: MongoClient[Document], db: Database[Document], source: str, clock: BusinessClock
    ) -> None:
        self._client = client
        self._source = source
        self.db = db
        self.clock = clock

    def read(self) -> Unit:
        """A unit that only reads, without a transaction."""
        return Unit(self.db, None, self._source, self.clock.now(), system_now())

    def run(self, function: Callable[[Unit], T], retry_seconds: float = RETRY_SECONDS) -> T:
        """Run `function` in a transaction and return its result once that is committed by a majority.

        Conflicts with other transactions are tried again. Raises Unavailable when the database does not answer,
        Contended when they do not end; any other exception of `function` leaves nothing behind and is passed on.
        """
        deadline = time.monotonic() + retry_seconds
        attempt = 0
        with self._client.start_session() as session:
            while True:
                try:
                    result, unit = self._attempt(session, function, deadline)
                except PyMongoError as error:
                    if not error.has_error_label("TransientTransactionError"):
                        raise
                    if time.monotonic() >= deadline:
                        raise (Unavailable if isinstance(error, ConnectionFailure) else Contended) from error
                    attempt += 1
                    time.sleep(random.uniform(0, min(0.005 * 2**attempt, 0.5)))  # noqa: S311
                    continue
                unit.committed()
                return result

    def _attempt(self, session: ClientSession, function: Callable[[Unit], T], deadline: float) -> tuple[T, Unit]:
        session.start_transaction(
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern("majority", wtimeout=10_000),
            read_preference=ReadPreference.PRIMARY,
            max_commit_time_ms=10_000,
        )
        try:
            unit = Unit(self.db, session, self._source, self.clock.now(), system_now())
            result = function(unit)
            unit.finish()
            _commit(session, deadline)
        except BaseException:
            if session.in_transaction:
                session.abort_transaction()
            raise
        return result, unit


def _commit(session: ClientSession, deadline: float) -> None:
    """Commit; an unknown result is asked again, since a commit may be repeated without harm."""
    while True:
        try:
            session.commit_transaction()
            return
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            timed_out = isinstance(error, OperationFailure) and error.code == 50
            if timed_out or time.monotonic() >= deadline:
                raise Unavailable from error
            time.sleep(0.05)


def database_down(error: BaseException) -> bool:
    """Whether the work failed because the database cannot be reached, and not because of the work.

    A transaction that never gets through is for its own work to suffer: to wait for it as for a database that is away
    would hold up everything behind it, for ever if it writes so much that mongod ends it each time.
    """
    if isinstance(error, Contended):
        return False
    return isinstance(error, Unavailable) or is_down(error)
