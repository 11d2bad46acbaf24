"""An outside consumer stays away while a million small events pass its queue, and then comes back."""

import json
import random
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

import httpx
from pymongo.errors import PyMongoError

from services.chassis.clock import system_now
from services.cli.native.programs import Child, Program, last_lines
from tests.faults.faults.fault import Faults
from tests.faults.faults.outside import BODY_BYTES, MEGABYTE, NAME, Outside
from tests.faults.system import System
from tests.support.eventually import eventually
from tests.support.processes import python_path

_EVENTS = 1_000_000
_MEGABYTES = 5
_MAX_BYTES = _MEGABYTES * MEGABYTE
_DISK_BYTES = 1_000_000_000
"""What the broker may hold on disk at any time: far less than the events would take if they were kept."""
_ENDS_WITHIN = 180.0
_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """How things stood at one moment of the flood."""

    queue_bytes: int
    disk_bytes: int
    disk_alarm: bool
    waiting_seconds: float
    """Since when the oldest event of tickets waits to be published: the others' latency."""


class AbsentConsumer:
    """The queue keeps to its bound, the broker raises no alarm, the others' events pass, and whoever comes back finds
    the newest events in order, with a gap before them that the sequence shows."""

    def __init__(self, events: int = _EVENTS) -> None:
        self._events = events
        self._flood: Child | None = None

    def make(self, system: System, rng: random.Random) -> str:
        self._outside = Outside.admitted(system.processes_cli, system.namespace, _MEGABYTES, self._events)
        system.processes_cli("broker", "keep", "--once")  # its queue is remembered, as it is within seconds anyway
        log = system.folder / "parts" / "flood.log"
        env = {**self._outside.setting(), "PYTHONPATH": python_path()}
        self._flood = Child(Program("flood", (sys.executable, "-m", "tests.faults.faults.outside"), log, env))
        self._looks: list[Look] = []
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look_on, args=(system,), daemon=True)
        self._watch.start()
        return f"{self._events:,} events begin to pass a queue of {_MAX_BYTES:,} bytes that nobody reads"

    def finish(self, system: System) -> str:
        assert self._flood is not None, "it has not begun"
        flood, log = self._flood, self._flood.program.log
        flood.signal(signal.SIGUSR1)  # no other fault comes any more: now the end of the flood
        eventually(lambda: flood.exit_status() is not None, _ENDS_WITHIN)
        self._over.set()
        self._watch.join(30)
        assert flood.exit_status() == 0, last_lines(log)
        result = json.loads(log.read_text().splitlines()[-1])
        assert result["confirmed"] == self._events
        found = self._outside.come_back()
        system.processes_cli("consumer", "revoke", NAME, "--yes")
        return (
            f"{self._events:,} events passed in {result['seconds']:.0f} s ({result['broken']} breaks); "
            f"{self._what_was_seen()}; {_in_order(found, self._events)}"
        )

    def _look_on(self, system: System) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            try:
                self._looks.append(self._look(system))
            except (httpx.HTTPError, PyMongoError):  # another fault has the broker or the database in hand
                continue

    def _look(self, system: System) -> Look:
        state, now = self._outside.state(), system_now()
        oldest = system.databases["tickets"]["outbox"].find_one({"unpublished": True}, sort=[("_id", 1)])
        return Look(
            int(state.get("message_bytes", 0)),
            _size(system.rabbit.folder),
            "disk" in self._outside.alarms(),
            _age(oldest["_id"], now) if oldest else 0.0,
        )

    def _what_was_seen(self) -> str:
        looks = self._looks
        assert looks, "nobody could look on"
        assert max(look.queue_bytes for look in looks) <= _MAX_BYTES, "the queue outgrew its bound"
        assert max(look.disk_bytes for look in looks) <= _DISK_BYTES, "the broker filled the disk"
        assert not any(look.disk_alarm for look in looks), "the broker raised an alarm"
        waited = [look.waiting_seconds for look in looks]
        return (
            f"at most {max(look.queue_bytes for look in looks):,} bytes in the queue and "
            f"{max(look.disk_bytes for look in looks) / 1e6:.0f} MB of the broker's disk; the oldest event of tickets "
            f"waited {median(waited):.1f} s in the median, {max(waited):.1f} s at most"
        )


def _in_order(found: Sequence[int], events: int) -> str:
    """The newest are there without a gap among them, up to the last. What a break had sent twice is there twice."""
    assert found, "nothing was left for the consumer"
    assert found[-1] == events, f"the last is {found[-1]}"
    jumps = [(one, other) for one, other in pairwise(found) if other > one + 1]
    assert not jumps, f"there are gaps among what was kept: {jumps[:5]}"
    assert len(set(found)) <= _MAX_BYTES // BODY_BYTES + 1
    return f"the consumer came back to {len(set(found)):,} events, {min(found):,} to {events:,}, in order"


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # the broker tidies up meanwhile
            continue
    return total


def _age(identity: str, now: datetime) -> float:
    """Seconds since an identity (UUID version 7) was made."""
    made = int(identity.replace("-", "")[:12], 16) / 1000
    return max(0.0, now.timestamp() - made)


FAULTS: Faults = {"absent-consumer": AbsentConsumer()}
