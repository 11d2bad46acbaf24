"""The unit of work: one MongoDB transaction that holds state, events, timers and inbox rows together.

Only this module opens transactions. The function that runs in a unit may be called twice: all that it does must go
through the unit.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError
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
_DUPLICATE = 11000


class Unavailable(Exception):
    """The database did not answer in time. Whether the last attempt was committed may be unknown: try again with the
    same idempotency key."""


class Contended(Unavailable):
    """The database answered all the time, but others, or the work itself, kept this transaction from its commit."""


class Spoiled(Exception):
    """One of several functions that ran together raised; nothing of any of them was kept."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class Unit:
    """What one function may do: read and write with `session=unit.session`, emit, set timers."""

    def __init__(
        self, db: Database[Document], session: ClientSession | None, source: str, now: datetime, system: datetime,
        shared: dict[str, Any] | None = None, remembered: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.db = db
        self.session = session
        self.shared: dict[str, Any] = {} if shared is None else shared
        """What was read in this transaction, for all functions that run in it: they see one snapshot."""
        self.remembered: dict[str, Any] = {} if remembered is None else remembered
        """What this process keeps from unit to unit; who puts something here says how it knows that it still holds."""
        self.now = now
        """Business time, the same throughout the unit."""
        self.system_now = system
        self.scratch: dict[str, Any] = {}
        """For what is gathered over the unit and written once by a `before_commit` function."""
        self._source = source
        self.rows: list[Document] = []
        self.inserts: dict[str, list[Document]] = {}
        self._before_commit: list[Callable[[Unit], None]] = []
        self._after_commit: list[Callable[[], None]] = []

    @cached_property
    def timers(self) -> TimerRows:
        return TimerRows(self.db, self.session)

    def emit(self, *events: NewEvent) -> None:
        """Publish these facts if, and only if, the unit commits."""
        if self.session is None:
            raise RuntimeError("only a command emits events")
        self.rows.extend(outbox.row(event, self._source, self.now) for event in events)

    def insert(self, collection: str, document: Document) -> None:
        """Insert a new document when the unit ends, in one request with all others of the collection.

        Reads in the same transaction do not see it. A key that is taken fails the unit with DuplicateKeyError.
        """
        self.inserts.setdefault(collection, []).append(document)

    def before_commit(self, function: "Callable[[Unit], None]") -> None:
        self._before_commit.append(function)

    def after_commit(self, function: Callable[[], None]) -> None:
        """Call `function` once the commit is certain; it may be lost with the process."""
        self._after_commit.append(function)

    def complete(self) -> None:
        """Have those who gathered over the unit write it down."""
        for function in self._before_commit:
            function(self)

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
        self._remembered: dict[str, Any] = {}
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
        return self._committed([function], time.monotonic() + retry_seconds, alone=True)[0]

    def together(self, functions: Sequence[Callable[[Unit], T]], retry_seconds: float = RETRY_SECONDS) -> list[T]:
        """Run all in one transaction, one after the other, and return their results once that is committed.

        All or nothing: Spoiled names the first that raised, Contended says that one of them is fought over (then there
        is no second try: its neighbours shall not wait for it), DuplicateKeyError that one inserted what was there.
        None of them has then taken effect and each may run alone. Unavailable is as with `run`.
        """
        return self._committed(functions, time.monotonic() + retry_seconds, alone=False)

    def _committed(self, functions: Sequence[Callable[[Unit], T]], deadline: float, *, alone: bool) -> list[T]:
        attempt = 0
        with self._client.start_session() as session:
            while True:
                try:
                    results, units = self._attempt(session, functions, deadline, alone=alone)
                except PyMongoError as error:
                    if not error.has_error_label("TransientTransactionError"):
                        raise
                    lost = isinstance(error, ConnectionFailure)
                    if time.monotonic() >= deadline or not (alone or lost):
                        raise (Unavailable if lost else Contended) from error
                    attempt += 1
                    time.sleep(random.uniform(0, min(0.005 * 2**attempt, 0.5)))  # noqa: S311
                    continue
                for unit in units:
                    unit.committed()
                return results

    def _attempt(
        self, session: ClientSession, functions: Sequence[Callable[[Unit], T]], deadline: float, *, alone: bool
    ) -> tuple[list[T], list[Unit]]:
        session.start_transaction(
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern("majority", wtimeout=10_000),
            read_preference=ReadPreference.PRIMARY,
            max_commit_time_ms=10_000,
        )
        shared: dict[str, Any] = {}
        results, units = [], []
        try:
            for index, function in enumerate(functions):
                now, system = self.clock.now(), system_now()
                units.append(Unit(self.db, session, self._source, now, system, shared, self._remembered))
                try:
                    results.append(function(units[-1]))
                except PyMongoError:
                    raise
                except Exception as error:
                    if alone:
                        raise
                    raise Spoiled(index) from error
            _finish(self.db, session, units)
            _commit(session, deadline)
        except BaseException:
            if session.in_transaction:
                session.abort_transaction()
            raise
        return results, units


def _finish(db: Database[Document], session: ClientSession, units: Sequence[Unit]) -> None:
    """Write what the units gathered, a collection at a time; the last step before the commit."""
    inserts: dict[str, list[Document]] = {}
    for unit in units:
        unit.complete()
        for collection, documents in unit.inserts.items():
            inserts.setdefault(collection, []).extend(documents)
    for collection, documents in inserts.items():
        _insert(db, session, collection, documents)
    outbox.write(db, session, [row for unit in units for row in unit.rows])


def _insert(db: Database[Document], session: ClientSession, collection: str, documents: Sequence[Document]) -> None:
    try:
        if len(documents) == 1:
            db[collection].insert_one(documents[0], session=session)
        else:
            db[collection].insert_many(documents, session=session)
    except BulkWriteError as error:
        faults = error.details["writeErrors"]
        if not faults or any(fault["code"] != _DUPLICATE for fault in faults):
            raise
        # The transaction is lost either way; this is the name by which its caller knows why.
        raise DuplicateKeyError("a key is taken", _DUPLICATE) from error


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
