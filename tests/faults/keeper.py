"""Keeps processes running as the supervisor does in operation: one that ends is started again, with no other help."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.support.processes import ServiceProcess

_LOOK_SECONDS = 0.05
_STARTED_SECONDS = 1.0
"""As `startsecs` and `startretries` in services/cli/native/supervise.py: who ends sooner is given up after so many."""
_RETRIES = 3


@dataclass(frozen=True, slots=True)
class End:
    """A process that ended: its name, its exit status (negative: the signal), seconds since the keeper began."""

    name: str
    status: int
    after: float
    asked: bool
    """Somebody sent it SIGTERM."""


@dataclass(slots=True)
class Slot:
    """One place in the system that always has a process."""

    service: str
    role: str
    replica: int
    start: Callable[[], ServiceProcess]
    process: ServiceProcess
    started_at: float = field(default_factory=time.monotonic)
    failures: int = 0
    asked_to_end: bool = False
    given_up: bool = False

    @property
    def name(self) -> str:
        return f"{self.service} {self.role} {self.replica}"


class Keeper:
    """Watches slots from a thread of its own, which also starts what is started again, and therefore lasts."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self.slots = list(slots)
        self.ends: list[End] = []
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._paused = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="keeper", daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """From now on nothing is started again."""
        self._paused.set()

    def close(self) -> None:
        """Only once all processes have ended: the kernel ends those that this thread started together with it."""
        self._over.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            for slot in self.slots:
                if not self._paused.is_set() and not slot.given_up and slot.process.has_ended():
                    self._start_again(slot)

    def _start_again(self, slot: Slot) -> None:
        status = slot.process.exit_status() or 0
        now = time.monotonic()
        self.ends.append(End(slot.name, status, now - self._begun, slot.asked_to_end))
        too_soon = now - slot.started_at < _STARTED_SECONDS
        slot.failures = slot.failures + 1 if too_soon else 0
        if slot.failures > _RETRIES:
            slot.given_up = True
            return
        self._over.wait(float(slot.failures))
        slot.process.http.close()
        slot.asked_to_end, slot.started_at = False, time.monotonic()
        slot.process = slot.start()
