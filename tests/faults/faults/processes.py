"""Processes that are killed, paused, or asked to end while they work."""

import random
import signal
import time
from dataclasses import dataclass

from services.chassis.directory import SERVICES
from services.chassis.timers import LEASES
from tests.faults.faults.fault import Faults
from tests.faults.system import Running, System
from tests.support.eventually import eventually

_ENDS_WITHIN = 60.0
"""After SIGTERM; what takes longer would be killed by the supervisor."""


@dataclass(frozen=True)
class KillEachProcess:
    """kill -9 of every process of one service, one after the other at random moments."""

    service: str

    def make(self, system: System, rng: random.Random) -> str:
        victims = system.processes(self.service)
        rng.shuffle(victims)
        for victim in victims:
            system.kill(victim)
            time.sleep(rng.uniform(0.2, 1.5))
        return f"killed {_names(victims)}"


class PauseTimerRunner:
    """A worker sleeps longer than its leases last, with timers and events in its hands, and then goes on."""

    def make(self, system: System, rng: random.Random) -> str:
        victim = rng.choice(system.processes("tickets", "worker"))
        lease = LEASES["timers"].total_seconds()
        seconds = lease + rng.uniform(2, 5)
        system.signal(victim, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            system.signal(victim, signal.SIGCONT)
        return f"{victim.name} slept for {seconds:.0f} s, the leases of its timers last {lease:.0f} s"


class AskToEnd:
    """SIGTERM to one process of each kind while requests, events and timers are in its hands."""

    def make(self, system: System, rng: random.Random) -> str:
        victims = [
            rng.choice(running)
            for service in SERVICES
            for role in ("http", "worker")
            if (running := system.processes(service, role))
        ]
        return f"asked {_names(victims)} to end; {ask_to_end(system, victims):.1f} s"


def ask_to_end(system: System, victims: list[Running]) -> float:
    """SIGTERM to all at once; returns the seconds until the last has ended. The oracle asks for their statuses."""
    begun = time.monotonic()
    for victim in victims:
        system.signal(victim, signal.SIGTERM)
    eventually(lambda: all(victim.process.has_ended() for victim in victims), _ENDS_WITHIN)
    return time.monotonic() - begun


def _names(victims: list[Running]) -> str:
    return ", ".join(victim.name for victim in victims)


FAULTS: Faults = {
    **{f"kill-{service}": KillEachProcess(service) for service in SERVICES},
    "pause-timer-runner": PauseTimerRunner(),
    "ask-to-end": AskToEnd(),
}
