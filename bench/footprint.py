"""What a process costs before it does anything: its start until it is ready, and its memory then."""

import time

from bench.results import Aim, Result
from bench.stage import Stage, medians, resident_megabytes
from services.chassis.directory import SERVICES

ROUNDS = 3
ROLES = ("http", "worker")


def measure(on: Stage) -> Result:
    """One process at a time, so that none waits for another's start."""
    on.processes.prepare()
    rounds = []
    for _ in range(ROUNDS):
        found: dict[str, float] = {}
        for service in SERVICES:
            for role in ROLES:
                begun = time.monotonic()
                process = on.processes.start(service, role)
                found[f"{service}_{role}_ready_seconds"] = time.monotonic() - begun
                found[f"{service}_{role}_resident_mb"] = resident_megabytes(process.pid)
                on.processes.stop(process)
        rounds.append(found)
    typical = medians(rounds)
    slowest = max(value for name, value in typical.items() if name.endswith("ready_seconds"))
    largest = max(value for name, value in typical.items() if name.endswith("resident_mb"))
    return Result("footprint", typical, rounds, [
        Aim("start to ready, slowest of ten processes", slowest, "s", None, slowest, 5, below=True),
        Aim("resident when ready, largest of ten processes", largest, "MB", None, largest, 120, below=True),
    ])  # fmt: skip
