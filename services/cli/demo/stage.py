"""Plays many stories at once in business time: each goes on when its moment has come."""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import Lock

from services.chassis.clock import BusinessClock
from services.cli.demo.edge import Refused

Tale = Iterator[timedelta]
"""A story as it is told: it does something, then says how long it pauses, and so on."""
_HANDS = 12
_TICK_SECONDS = 0.2


@dataclass(slots=True)
class Tally:
    """What the players saw with their own eyes, for the table at the end."""

    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    """Refusals that belong to the play, by slug."""
    surprises: list[str] = field(default_factory=list)
    """What should not have happened."""
    _lock: Lock = field(default_factory=Lock)

    def count(self, what: str) -> int:
        """Count one more; how many there are now."""
        with self._lock:
            self.counts[what] += 1
            return self.counts[what]

    def refused(self, slug: str) -> None:
        with self._lock:
            self.refusals[slug] += 1

    def surprise(self, text: str) -> None:
        with self._lock:
            self.surprises.append(text)


class Stage:
    """Runs tales until `end`; what would come later does not happen any more."""

    def __init__(self, clock: BusinessClock, end: datetime, tally: Tally, hands: int = _HANDS) -> None:
        self._clock = clock
        self._end = end
        self._tally = tally
        self._hands = hands
        self._order = count()
        self._waiting: list[tuple[datetime, int, Tale]] = []
        self._busy: dict[Future[datetime | None], Tale] = {}

    def play(self, tales: Iterable[tuple[datetime, Tale]], shown: Callable[[datetime], None]) -> None:
        """Returns when business time has reached the end and all is done. Raises ServiceDown."""
        for moment, tale in tales:
            self._later(moment, tale)
        with ThreadPoolExecutor(self._hands) as hands:
            while (now := self._clock.now()) < self._end or self._busy:
                shown(min(now, self._end))
                self._begin(hands, now)
                self._collect()
        shown(self._end)

    def _begin(self, hands: ThreadPoolExecutor, now: datetime) -> None:
        while self._waiting and self._waiting[0][0] <= now and len(self._busy) < self._hands:
            _, _, tale = heapq.heappop(self._waiting)
            self._busy[hands.submit(self._go_on, tale)] = tale

    def _collect(self) -> None:
        """Put what has paused back in line."""
        if not self._busy:
            time.sleep(_TICK_SECONDS / 2)
            return
        done, _ = wait(self._busy, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            tale = self._busy.pop(future)
            moment = future.result()
            if moment is not None:
                self._later(moment, tale)

    def _later(self, moment: datetime, tale: Tale) -> None:
        if moment < self._end:
            heapq.heappush(self._waiting, (moment, next(self._order), tale))

    def _go_on(self, tale: Tale) -> datetime | None:
        """The moment until which it pauses; None when it is over."""
        try:
            pause = next(tale, None)
        except Refused as refused:
            self._tally.surprise(str(refused))
            return None
        return None if pause is None else self._clock.now() + pause
