"""Commands that wait at the same time share a transaction; see ADR 9.

A transaction costs the database and us nearly the same for one command as for twenty. What each caller is promised does
not change: a command whose group fails, for whatever reason, runs alone as if there had been no group.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pymongo.errors import PyMongoError

from services.chassis import correlation
from services.chassis.gather import Gatherer
from services.chassis.http.idempotency import Once, look_up
from services.chassis.mongo import is_down
from services.chassis.observability import error_name
from services.chassis.unit import Contended, Spoiled, Unit, Units

log = logging.getLogger(__name__)
T = TypeVar("T")
LARGEST = 100
"""As many as a process has workers: nobody waits for more than the group before theirs."""


@dataclass(frozen=True, slots=True)
class _Command(Generic[T]):
    work: Callable[[Unit], T]
    once: Once
    traceparent: str

    def run(self, unit: Unit) -> T:
        # What the command emits belongs to its own request's trace.
        correlation.follow(self.traceparent)
        return self.work(unit)


class Groups(Generic[T]):
    """The groups of one process."""

    def __init__(self, units: Units, retry_seconds: float) -> None:
        self._units = units
        self._retry_seconds = retry_seconds
        self._gatherer = Gatherer[_Command[T], T | None](self._settle, LARGEST)

    def run(self, work: Callable[[Unit], T], once: Once, traceparent: str) -> T | None:
        """The committed result; None: run it alone, its group kept nothing. Raises Unavailable as `Units.run` does."""
        return self._gatherer.do(_Command(work, once, traceparent))

    def _settle(self, commands: Sequence[_Command[T]]) -> Sequence[T | None]:
        """Results in order. A command that spoils its group is left out, once, and has its say alone: it may have seen
        what others of the group had written and that now was not."""
        try:
            return self._commit(commands)
        except Spoiled as spoiled:
            left_out = spoiled.index
        except (Contended, PyMongoError) as error:
            return _one_by_one(commands, error)
        others = [*commands[:left_out], *commands[left_out + 1 :]]
        results = self._without_the_spoiler(others) if others else []
        return [*results[:left_out], None, *results[left_out:]]

    def _without_the_spoiler(self, commands: Sequence[_Command[T]]) -> Sequence[T | None]:
        try:
            return self._commit(commands)
        except (Spoiled, Contended, PyMongoError) as error:
            return _one_by_one(commands, error)

    def _commit(self, commands: Sequence[_Command[T]]) -> Sequence[T]:
        def first(unit: Unit) -> T:
            look_up(unit, [command.once for command in commands])
            return commands[0].run(unit)

        return self._units.together([first, *(command.run for command in commands[1:])], self._retry_seconds)


def _one_by_one(commands: Sequence[object], error: Exception) -> Sequence[None]:
    """What to answer when a group failed. Raises the error when the database is down: to try again would not help."""
    if isinstance(error, PyMongoError) and is_down(error):
        raise error
    log.info("group runs one by one", extra={"commands": len(commands), "error": error_name(error)})
    return [None] * len(commands)
