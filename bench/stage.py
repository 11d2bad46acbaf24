"""Where a measurement plays: a broker, a database and a namespace of its own, and processes started in it."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from services.cli.native.mongo import MongoNode
from services.cli.native.ports import free_port
from services.cli.native.programs import Children
from services.cli.native.rabbit import Login, RabbitNode, RabbitPorts
from tests.support.namespaces import Namespace, fresh_namespace
from tests.support.processes import Processes, environment
from tests.support.tokens import Tokens

_START_SECONDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stage:
    namespace: Namespace
    processes: Processes
    tokens: Tokens
    children: Children
    """Other programs than our services; they end with the stage."""
    folder: Path
    mongod: int
    """Process id of the database."""


@contextmanager
def stage() -> Iterator[Stage]:
    """Everything is fresh, on free ports of loopback, and gone afterwards."""
    login = Login("doorstep", "for-measuring-only")
    with TemporaryDirectory(prefix="doorstep-bench-") as name, Children() as children:
        folder = Path(name)
        rabbit = RabbitNode(folder / "rabbit", RabbitPorts(*(free_port() for _ in range(5))), login)
        epmd, broker = rabbit.programs(folder / "log")
        mongo = MongoNode(folder / "mongo", free_port(), login)
        children.start(epmd)
        children.start(broker).wait_until(rabbit.is_ready, _START_SECONDS)
        mongod = children.start(mongo.program(folder / "log"))
        mongod.wait_until(mongo.is_ready, _START_SECONDS)
        with fresh_namespace(rabbit, mongo) as namespace:
            tokens = Tokens(folder)
            processes = Processes(namespace, environment(namespace, tokens.jwks_url), folder / "processes")
            try:
                yield Stage(namespace, processes, tokens, children, folder, mongod.pid)
            finally:
                processes.stop_all()


def resident_megabytes(pid: int) -> float:
    """What the process holds in memory now, shared pages included."""
    return _status_megabytes(pid, "VmRSS:")


def peak_megabytes(pid: int) -> float:
    """The most that the process ever held in memory, shared pages included."""
    return _status_megabytes(pid, "VmHWM:")


def _status_megabytes(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name))) / 1024


def processor_seconds(pid: int) -> float:
    """Processor time that the process has used so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS


class Shares:
    """How much of one processor each of some processes used between two moments; 1.0: busy throughout."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._begun = time.monotonic()
        self._before = {name: processor_seconds(pid) for name, pid in pids.items()}

    def until_now(self) -> dict[str, float]:
        spent = time.monotonic() - self._begun
        return {name: (processor_seconds(pid) - self._before[name]) / spent for name, pid in self._pids.items()}


def wait_for(what: str, check: Callable[[], bool], within: float = 90, every: float = 0.05) -> None:
    """Poll until `check` holds. Raises TimeoutError when it does not in time."""
    deadline = time.monotonic() + within
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within:g} s: {what}")
        time.sleep(every)


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure over all rounds."""
    return {name: round(statistics.median(one[name] for one in rounds), 3) for name in rounds[0]}
