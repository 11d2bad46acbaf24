"""The line to the broker goes silent without anybody being told."""

import random
import time
from dataclasses import dataclass

from tests.faults.faults.fault import Faults
from tests.faults.line import Direction
from tests.faults.system import System


@dataclass(frozen=True)
class Silence:
    """No byte passes for longer than anybody waits for an answer.

    `forget`: what was connected stays silent for ever, as when a box on the way has lost its table: only heartbeats
    can tell. Else everything that was held back arrives late, after it has been given up and done again.
    """

    direction: Direction
    forget: bool = False

    def make(self, system: System, rng: random.Random) -> str:
        seconds = rng.uniform(13, 20)  # the relay waits 10 s for a confirm, everybody 10 s for an answer
        system.lines.go_silent(self.direction)
        try:
            time.sleep(seconds)
        finally:
            system.lines.heal(forget=self.forget)
        after = "old connections stay silent" if self.forget else "what was held back arrives late"
        return f"{self.direction} silent for {seconds:.0f} s; {after}"


FAULTS: Faults = {
    "silence": Silence("both", forget=True),
    "silence-to-broker": Silence("to-broker"),
    "silence-from-broker": Silence("from-broker"),
}
