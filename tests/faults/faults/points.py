"""Processes that die exactly between two steps, in every service that takes these steps."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.faults.fault import Faults
from tests.faults.points import POINTS, arm
from tests.faults.system import System

_PASSED_WITHIN = 15.0
"""Until traffic has brought each service there; rarer steps than that are not waited for."""
_PUBLISHERS = ("tickets", "volunteers", "notifications")
_CONSUMERS = ("tickets", "volunteers", "notifications", "metrics")
_BUSY: dict[str, Sequence[str]] = {
    "relay": _PUBLISHERS,
    "consumer": _CONSUMERS,
    "timers": ("tickets", "volunteers"),
    "effects": ("notifications",),
    "http": ("tickets", "volunteers"),
}
"""Which services take the steps of a kind all the time."""


@dataclass(frozen=True)
class DieAt:
    """One process of each busy service dies at the point, as soon as one gets there."""

    point: str

    def make(self, system: System, rng: random.Random) -> str:
        armed = {service: arm(system.points, self.point, service) for service in _BUSY[self.point.split("-")[0]]}
        deadline = time.monotonic() + _PASSED_WITHIN
        while any(file.exists() for file in armed.values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        spared = [service for service, file in armed.items() if _disarm(file)]
        died = [service for service in armed if service not in spared]
        not_there = f"; nobody got there in {', '.join(spared)}" if spared else ""
        return f"{POINTS[self.point]}: died in {', '.join(died) or 'no service'}{not_there}"


def _disarm(file: Path) -> bool:
    """Returns whether nobody had passed there yet."""
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    return True


FAULTS: Faults = {point: DieAt(point) for point in POINTS}
