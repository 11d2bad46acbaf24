"""Waiting without sleeping: poll with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def steadily(check: Callable[[], bool], during: float) -> None:
    """Call `check` for `during` seconds; each time it must answer something true."""
    deadline = time.monotonic() + during
    while time.monotonic() < deadline:
        assert check(), f"no longer so {deadline - time.monotonic():.1f} s before the end"
        time.sleep(0.1)


def eventually(check: Callable[[], T], within: float = 15.0) -> T:
    """Call `check` until it answers something true and return that. AssertionError counts as "not yet".

    Raises AssertionError with the last answer when `within` seconds are over.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            answer = check()
            if answer:
                return answer
            why = f"the last answer was {answer!r}"
        except AssertionError as error:
            why = str(error)
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {why}")
        time.sleep(0.05)
