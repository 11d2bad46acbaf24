"""Do together what several callers of one process want at the same time, as databases do with commits."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import eventlet
from eventlet.event import Event

Item = TypeVar("Item")
Result = TypeVar("Result")


class Gatherer(Generic[Item, Result]):
    """Nobody waits for company: the first item goes at once, what comes while it is under way goes next, together.

    `work` gets up to `largest` items, in the order in which they came, and returns a result for each, or raises, and
    that is then what each of their callers gets. One call of it is under way at a time: with two, the batches were half
    as large and a ticket cost a sixth more. For greenlets only: no thread may come between two lines here.
    """

    def __init__(self, work: Callable[[list[Item]], Sequence[Result]], largest: int) -> None:
        self._work = work
        self._largest = largest
        self._waiting: deque[tuple[Item, Event]] = deque()
        self._running = False

    def do(self, item: Item) -> Result:
        """The item's result, once the call of `work` that it was part of is through."""
        done = Event()
        self._waiting.append((item, done))
        if not self._running:
            self._running = True
            eventlet.spawn_n(self._run)
        result: Result = done.wait()
        return result

    def _run(self) -> None:
        # A greenlet of its own: a caller that is killed takes only itself along.
        try:
            while self._waiting:
                self._next()
        finally:
            self._running = False

    def _next(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(self._largest, len(self._waiting)))]
        try:
            results = self._work([item for item, _ in batch])
        except Exception as error:
            for _, done in batch:
                done.send_exception(error)
            return
        for (_, done), result in zip(batch, results, strict=True):
            done.send(result)
