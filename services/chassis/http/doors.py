"""What a process lets in: so much of each address, before anything is read, and so much at a time of each caller.

In the memory of the process: a flood must not cost a write each time. With n processes an address has n times as much;
what must hold across processes and restarts is a `Limit`, which counts in the database.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eventlet.semaphore import Semaphore

from services.chassis.auth import Principal
from services.chassis.http import telemetry
from services.chassis.http.problems import BUSY, Problem
from services.chassis.http.routes import AtOnce

WINDOW_SECONDS = 60.0
_MOST_KNOWN = 100_000
_OTHERS = "others"
"""Beyond so many addresses in one window new ones count together, so that the memory stays bounded."""
ADDRESS = "address"
"""Name of the limit by address, in metrics."""
_RETRY_SECONDS = 5
IN_WORK = "in-work"
"""Name of the limit of what one caller has in work, in metrics."""
MOST_IN_WORK = 6
"""Requests of one caller in work at a time in a process *(ours)*: his seventh waits for his own, not others for him."""
MOST_TOGETHER = 48
"""The same for commands that share a transaction: they gain by being many, and leave half of the workers."""
_PATIENCE_SECONDS = 10.0


class Addresses:
    """At most `most` requests of one address a minute, of whatever kind and with whatever token; 0: no limit."""

    def __init__(self, most: int, now: Callable[[], float] = time.monotonic, most_known: int = _MOST_KNOWN) -> None:
        self._most = most
        self._most_known = most_known
        self._now = now
        self._counts: Counter[str] = Counter()
        self._ends = 0.0

    def count(self, address: str) -> int | None:
        """Count one request. None: it may come in; else after how many seconds to try again."""
        now = self._now()
        if now >= self._ends:
            self._counts.clear()
            self._ends = now + WINDOW_SECONDS
        if address not in self._counts and len(self._counts) >= self._most_known:
            address = _OTHERS
        self._counts[address] += 1
        if not self._most or self._counts[address] <= self._most:
            return None
        return max(1, round(self._ends - now))


class Shares:
    """At most `each` at a time of whoever is named. For greenlets.

    A name is kept as long as somebody of it is inside or waits.
    """

    def __init__(self, each: int, refused: Callable[[], Problem]) -> None:
        self._each = each
        self._refused = refused
        self._known: dict[str, tuple[Semaphore, int]] = {}

    def __len__(self) -> int:
        return len(self._known)

    @contextmanager
    def taken(self, name: str, deadline: float) -> Iterator[None]:
        """Inside. Raises what `refused` makes when no room came by the deadline, in seconds of the monotonic clock."""
        room, users = self._known.get(name, (Semaphore(self._each), 0))
        self._known[name] = room, users + 1
        try:
            if not room.acquire(timeout=max(0.001, deadline - time.monotonic())):
                raise self._refused()
            try:
                yield
            finally:
                room.release()
        finally:
            room, users = self._known.pop(name)
            if users > 1:
                self._known[name] = room, users - 1


class Door:
    """Lets so many requests for heavy work in at once, and of one address no more than its share."""

    def __init__(self, service: str, at_once: AtOnce) -> None:
        def refused() -> Problem:
            return _busy(service, at_once.name)

        self._patience_seconds = at_once.patience_seconds
        self._all = Shares(at_once.most, refused)
        self._by_address = Shares(at_once.by_address, refused)

    @contextmanager
    def passed(self, address: str) -> Iterator[None]:
        """Inside. Raises Problem 429 `busy` who found no room in time."""
        deadline = time.monotonic() + self._patience_seconds
        with self._by_address.taken(address, deadline), self._all.taken("", deadline):
            yield


class Turns:
    """Whoever asks for much at a time waits for himself, at the door and without a worker; nobody waits for him.

    By person, since many share the address of a station; who is not signed in counts by address.
    """

    def __init__(self, service: str, most: int = MOST_IN_WORK, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._shares = Shares(most, lambda: _busy(service, IN_WORK))

    @contextmanager
    def passed(self, caller: Principal | None, address: str) -> Iterator[None]:
        """Inside. Raises Problem 429 `busy` who had no turn in time."""
        name = f"person {caller.person_id}" if caller else f"address {address}"
        with self._shares.taken(name, time.monotonic() + self._patience_seconds):
            yield


def _busy(service: str, limit: str) -> Problem:
    telemetry.limited(service, limit)
    return Problem(BUSY, {"Retry-After": str(_RETRY_SECONDS)}, retry_after_seconds=_RETRY_SECONDS)
