"""What a fault is."""

import random
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from tests.faults.system import System


class Fault(Protocol):
    def make(self, system: System, rng: random.Random) -> str:
        """Do it; returns when it is over, saying what was done. What it broke is for the system to mend."""
        ...


@runtime_checkable
class Lasting(Fault, Protocol):
    """A fault that goes on beside the others after `make`."""

    def finish(self, system: System) -> str:
        """Wait for its end and say what it showed. Raises AssertionError when that is wrong."""
        ...


Faults = Mapping[str, Fault]
"""By the name under which one is chosen."""
