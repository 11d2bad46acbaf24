"""Work that takes long in a process whose greenlets share one thread: how it lets the others go on meanwhile."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from eventlet import patcher, tpool

T = TypeVar("T")
_AT_A_TIME = 50
"""Items between two turns of the others; of a hundred microseconds each they wait for five milliseconds. *(ours)*"""


def aside(work: Callable[[], T]) -> T:
    """Run in an operating system's thread where greenlets would otherwise all wait for it.

    For what computes: it must touch no connection, no lock and nothing else that greenlets share.
    """
    if not patcher.is_monkey_patched("socket"):
        return work()
    result: T = tpool.execute(work)
    return result


def in_turns(items: Iterable[T]) -> Iterator[T]:
    """The same items; every few of them the other greenlets have their turn."""
    for number, item in enumerate(items, 1):
        yield item
        if number % _AT_A_TIME == 0:
            time.sleep(0)
