"""What a process lets in, judged before anything of a request is read: by address, and by how much it works on already.

In the memory of the process: a flood must not cost a write each time. With n processes an address has n times as much;
what must hold across processes and restarts is a `Limit`, which counts in the database.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eventlet.semaphore import Semaphore

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


class Door:
    """Lets so many requests for heavy work in at once, and of one address no more than its share. For greenlets."""

    def __init__(self, service: str, at_once: AtOnce) -> None:
        self._service = service
        self._rule = at_once
        self._all = Semaphore(at_once.most)
        self._of_address: dict[str, tuple[Semaphore, int]] = {}

    @contextmanager
    def passed(self, address: str) -> Iterator[None]:
        """Inside. Raises Problem 429 `busy` who found no room in time."""
        deadline = time.monotonic() + self._rule.patience_seconds
        with self._share(address) as share, self._taken(share, deadline), self._taken(self._all, deadline):
            yield

    @contextmanager
    def _share(self, address: str) -> Iterator[Semaphore]:
        """The address's own semaphore, kept as long as anybody of it is inside or waits."""
        share, users = self._of_address.get(address, (Semaphore(self._rule.by_address), 0))
        self._of_address[address] = share, users + 1
        try:
            yield share
        finally:
            share, users = self._of_address.pop(address)
            if users > 1:
                self._of_address[address] = share, users - 1

    @contextmanager
    def _taken(self, room: Semaphore, deadline: float) -> Iterator[None]:
        if not room.acquire(timeout=max(0.001, deadline - time.monotonic())):
            telemetry.limited(self._service, self._rule.name)
            raise Problem(BUSY, {"Retry-After": str(_RETRY_SECONDS)}, retry_after_seconds=_RETRY_SECONDS)
        try:
            yield
        finally:
            room.release()
