"""The broker dies, comes back, comes back empty, or takes no more."""

import random
import re
import time
from datetime import timedelta

from services.chassis.clock import system_now
from tests.faults.faults.fault import Faults
from tests.faults.faults.processes import ask_to_end
from tests.faults.system import System
from tests.support.alarm import memory_alarm

_BEFORE_THE_LOSS = timedelta(hours=1)
"""An operator does not know the minute."""


class KillBroker:
    """kill -9 of the broker; it comes back with all that it had confirmed."""

    def make(self, system: System, rng: random.Random) -> str:
        system.kill_broker()
        away = rng.uniform(1, 5)
        time.sleep(away)
        system.start_broker()
        return f"away for {away:.0f} s and its start"


class EmptyBroker:
    """The broker comes back without its data: every event that was under way is gone, and an operator repairs."""

    def make(self, system: System, rng: random.Random) -> str:
        begun = system_now()
        system.kill_broker()
        system.start_broker(empty=True)
        since = (begun - _BEFORE_THE_LOSS).strftime("%Y-%m-%dT%H:%M:%S%z")
        said = system.processes_cli("events", "repair", "--since", since)
        sent = re.search(r"([0-9]+) events were sent again", said)
        assert sent is not None, said
        return f"came back empty; the repair sent {sent[1]} events again"


class MemoryAlarm:
    """The broker takes nothing from publishers for a while."""

    def make(self, system: System, rng: random.Random) -> str:
        seconds = rng.uniform(12, 16)  # longer than the relay waits for a confirm
        with memory_alarm(system.rabbit):
            time.sleep(seconds)
        return f"blocked for {seconds:.0f} s"


class AskToEndWithoutBroker:
    """SIGTERM while there is no broker to say good-bye to."""

    def make(self, system: System, rng: random.Random) -> str:
        system.kill_broker()
        try:
            time.sleep(rng.uniform(0.5, 3))
            replica = rng.choice((1, 2))
            victims = [one for one in system.processes(role="worker") if one.replica == replica]
            victims = victims or system.processes(role="worker")
            seconds = ask_to_end(system, victims)
        finally:
            system.start_broker()
        return f"{len(victims)} workers ended within {seconds:.1f} s without a broker"


FAULTS: Faults = {
    "kill-broker": KillBroker(),
    "empty-broker": EmptyBroker(),
    "memory-alarm": MemoryAlarm(),
    "ask-to-end-without-broker": AskToEndWithoutBroker(),
}
