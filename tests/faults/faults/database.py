"""The database dies, or gives up being the primary in the middle of commits."""

import random
import time
from contextlib import suppress

from pymongo.errors import PyMongoError

from tests.faults.faults.fault import Faults
from tests.faults.system import System
from tests.support.eventually import eventually


class KillDatabase:
    """kill -9 of mongod; it comes back from its journal."""

    def make(self, system: System, rng: random.Random) -> str:
        system.kill_database()
        away = rng.uniform(0.5, 4)
        time.sleep(away)
        system.start_database()
        return f"away for {away:.1f} s and its start"


class StepDown:
    """The primary steps down under traffic, again and again, and is elected anew after a while.

    Commits that were under way end with an unknown result; what was written and not yet acknowledged stays, since
    there is only this one member.
    """

    def make(self, system: System, rng: random.Random) -> str:
        times = rng.randint(2, 4)
        for _ in range(times):
            seconds = rng.randint(1, 4)
            with suppress(PyMongoError):  # the connection may end with the answer
                system.mongo.admin.command({"replSetStepDown": seconds, "force": True, "secondaryCatchUpPeriodSecs": 0})
            eventually(lambda: _is_primary(system), within=30)
            time.sleep(rng.uniform(0.5, 3))
        return f"stepped down {times} times"


def _is_primary(system: System) -> bool:
    try:
        return bool(system.mongo.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


FAULTS: Faults = {"kill-database": KillDatabase(), "step-down": StepDown()}
