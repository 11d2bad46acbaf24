"""Wakes the relay after a commit, through a change stream. Only a hint: the relay polls all the same."""

import contextlib
from typing import Any

import eventlet
from eventlet.event import Event as Signal
from pymongo.database import Database

from services.chassis.background import Loop
from services.chassis.outbox import COLLECTION

Document = dict[str, Any]
AWAIT_MILLISECONDS = 1_000
PAUSED_SECONDS = 0.05


class OutboxWake:
    """One waiter, any number of commits."""

    def __init__(self, db: Database[Document]) -> None:
        self._db = db
        self._signal = Signal()
        self._stream: Any = None
        self._paused = False
        self._loop = Loop("outbox wake", self._step, PAUSED_SECONDS)

    def start(self, container: Any) -> None:
        self._loop.start(container)

    def stop(self) -> None:
        self.set()
        self._loop.stop()
        self._close()

    def set(self) -> None:
        if not self._signal.ready():
            self._signal.send()

    def clear(self) -> None:
        """Forget what has woken before; to be called before looking, so that nothing new is missed."""
        if self._signal.ready():
            self._signal = Signal()

    def pause(self) -> None:
        """Do without the stream until somebody waits again: who works off a backlog needs no waking, and the database
        would look through all that is marked meanwhile for what is new."""
        self._paused = True

    def wait(self, seconds: float) -> None:
        self._paused = False
        with eventlet.Timeout(seconds, False):
            self._signal.wait()

    def _step(self) -> bool:
        if self._paused:
            self._close()
            return False
        try:
            if self._stream is None:
                self._stream = self._db[COLLECTION].watch(
                    [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}],
                    max_await_time_ms=AWAIT_MILLISECONDS,
                )
            if self._stream.try_next() is not None:
                self.set()
        except Exception:
            self._close()
            raise
        return True

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(Exception):
                stream.close()
