"""Programs that a nursery forks, used as those of `subprocess`."""

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from services.chassis.directory import SERVICES
from services.cli.main import COMMANDS
from services.cli.native.programs import Child, Process, Program, base_environment
from tests.dates.shifting import OWN_SHIFT, SHIFT
from tests.support import nursery

ROOT = Path(__file__).parents[2]
_OURS = tuple(f"services.{name}.service" for name in SERVICES)
_CONNECTING = ("httpcore", "kombu.message", "kombu.transport.pyamqp", "pymongo.saslprep", "pymongo.synchronous.auth")
"""What the libraries import with the first connection."""
_SERVICES = (nursery.PATCHED, "services.chassis.launch", *_OURS, *_CONNECTING)
_COMMANDS = ("services.cli.main", *sorted({module for module, _ in COMMANDS.values()}), *_OURS, *_CONNECTING)


class ForkedProcess:
    """A process that a nursery forked: what `subprocess.Popen` has and our tests use."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._heard = b""
        self._status: int | None = None
        self.pid = int(self._next_line(30) or "0")
        if not self.pid:
            raise ChildProcessError("the nursery did not fork")

    def __del__(self) -> None:
        self._line.close()  # of a process whose end nobody asked for

    def poll(self) -> int | None:
        """The exit status, negative for the signal that ended it; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, within: float | None) -> int | None:
        if self._status is None and (line := self._next_line(within)):
            self._status = int(line)
            self._line.close()
        return self._status

    def _next_line(self, within: float | None) -> str:
        """What the nursery says next; nothing when it says nothing `within` so many seconds."""
        deadline = None if within is None else time.monotonic() + within
        while b"\n" not in self._heard:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._line], [], [], left)[0]:
                return ""
            heard = self._line.recv(100)
            if not heard:
                raise ChildProcessError("the nursery is gone")
            self._heard += heard
        line, self._heard = self._heard.split(b"\n", 1)
        return line.decode()


class ForkedChild(Child):
    """A child of ours that a nursery forks, where the program is one that a nursery can be."""

    def _spawn(self, program: Program, env: Mapping[str, str]) -> Process:
        if not _may_be_forked(program.argv, env):
            return super()._spawn(program, env)
        return fork(program.argv, env, Path.cwd(), program.log, program.log)


def run_forked(
    argv: Sequence[str], env: Mapping[str, str], folder: Path, seconds: float
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` with captured text. Raises subprocess.TimeoutExpired; the process is killed then."""
    if not _may_be_forked(argv, env):
        return subprocess.run(
            argv, env=dict(env), cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
        )
    with TemporaryDirectory(prefix="doorstep-") as own:
        stdout, stderr = Path(own) / "stdout", Path(own) / "stderr"
        process = fork(argv, env, folder, stdout, stderr)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(argv, status, stdout.read_text(), stderr.read_text())


def fork(argv: Sequence[str], env: Mapping[str, str], folder: Path, stdout: Path, stderr: Path) -> ForkedProcess:
    """Have the nursery of its kind fork a `python -m MODULE …`; the nursery is started when it is first needed."""
    module, arguments = argv[2], list(argv[3:])
    birth = nursery.Birth(module, arguments, dict(env), str(folder), str(stdout), str(stderr))
    for path in (stdout, stderr):
        path.touch()
    line = socket.socket(socket.AF_UNIX)
    line.connect(_nursery(_COMMANDS if module in _COMMANDS else _SERVICES))
    line.sendall(json.dumps(asdict(birth)).encode() + b"\n")
    return ForkedProcess(line)


def _may_be_forked(argv: Sequence[str], env: Mapping[str, str]) -> bool:
    """Only what begins as our own programs begin, on the date of this process."""
    ours = tuple(argv[:2]) == (sys.executable, "-m") and argv[2].startswith(("services.", "tests."))
    return ours and env.get(SHIFT, "0") == str(OWN_SHIFT)


@cache
def _nursery(preloaded: tuple[str, ...]) -> str:
    """The address of a nursery that has imported these; it ends with this process."""
    folder = Path(mkdtemp(prefix="doorstep-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    address = str(folder / "nursery")
    argv = (sys.executable, "-m", nursery.__name__, address, *preloaded)
    child = Child(Program("nursery", argv, folder / "log", {"PYTHONPATH": os.pathsep.join(_python_path())}))
    atexit.register(child.stop)
    child.wait_until(lambda: Path(address).exists(), 60)
    return address


def _python_path() -> list[str]:
    return [str(ROOT), *filter(None, [base_environment().get("PYTHONPATH")])]
