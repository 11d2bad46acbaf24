"""A program to run, and a child process that never outlives whoever started it."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
PASSED_ON = "DOORSTEP_PASSED_ON"
"""A variable that names others, with commas between: programs get these too. Tests shift the date by it."""


class NotReady(Exception):
    """A part did not become ready in time, or ended; the message names it and quotes the end of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command line with its whole environment: nothing of the caller's is inherited but PATH and the locale."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 20
    """How long it may take to end after SIGTERM before it is killed."""


def base_environment() -> dict[str, str]:
    """What every program gets, so that it runs the same whoever starts it."""
    passed_on = [PASSED_ON, *os.environ[PASSED_ON].split(",")] if PASSED_ON in os.environ else []
    more = {name: os.environ[name] for name in passed_on if name in os.environ}
    return {**more, "PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for a message to the person who has to find out what went wrong."""
    if not log.exists():
        return "(no log)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-count:]) or "(empty log)"


class Process(Protocol):
    """What a child needs of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Child:
    """A running program of ours. It is asked to end when we die, even by SIGKILL, and is always reaped.

    The kernel takes the end of the thread that started it for our death: start it from one that lasts.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        self._popen = self._spawn(program, {**base_environment(), **program.env})

    def _spawn(self, program: Program, env: Mapping[str, str]) -> Process:
        parent = os.getpid()
        with program.log.open("ab") as log:
            return subprocess.Popen(
                list(program.argv),
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours: we end the children in order
                preexec_fn=lambda: _die_with(parent),
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._popen.poll()

    def signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def stop(self) -> int:
        """Ask it to end, wait, kill it when it does not; its exit status (negative: the signal that ended it)."""
        if self._popen.poll() is None:
            self._popen.terminate()
        try:
            return self._popen.wait(self.program.stop_seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait(10)

    def kill(self) -> None:
        """End it at once, as a power cut would, and reap it."""
        self._popen.kill()
        self._popen.wait(10)

    def wait_until(self, ready: Callable[[], bool], within: float) -> None:
        """Poll `ready` until it holds. Raises NotReady when the child ends or `within` seconds pass."""
        deadline = time.monotonic() + within
        while not ready():
            status = self.exit_status()
            if status is not None:
                raise NotReady(f"{self.program.name} ended with status {status}:\n{last_lines(self.program.log)}")
            if time.monotonic() > deadline:
                name, log = self.program.name, last_lines(self.program.log)
                raise NotReady(f"{name} was not ready after {within:.0f} s:\n{log}")
            time.sleep(0.1)


class Children:
    """Programs started one after another, ended in reverse order, whatever happens in between."""

    def __init__(self) -> None:
        self._running: list[Child] = []

    def start(self, program: Program) -> Child:
        child = Child(program)
        self._running.append(child)
        return child

    def stop(self) -> None:
        while self._running:
            self._running.pop().stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _die_with(parent: int) -> None:
    """In the child, before exec: get SIGTERM when the parent dies; end at once if it is already dead."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
