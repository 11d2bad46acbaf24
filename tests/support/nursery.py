"""Starts Python programs by forking, from a process that has imported them: `python -m tests.support.nursery …`.

Importing a service takes longer than most tests; a program that is forked is the same in all else: its environment,
folder, log, session and identity are its own, and the module runs as `python -m` would run it. `python -m` itself is
tried by the tests of the native installation and of the containers. Whoever asks keeps a connection: it is told the
identity of the process, later its status. Everything ends with the process that started the nursery.
"""

import ctypes
import gc
import json
import os
import posix
import runpy
import signal
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

PATCHED = "tests.support.patched_first"
"""Imported before all else where programs begin with eventlet's patch."""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Birth:
    """What a forked program is to be."""

    module: str
    arguments: Sequence[str]
    env: Mapping[str, str]
    folder: str
    stdout: str
    stderr: str


@dataclass
class Nursery:
    """The loop that forks, and reaps whom it has forked."""

    listener: Any
    modules: Any
    waiting: dict[int, Any] = field(default_factory=dict)
    """Who is to be told of the end of which process."""

    def run(self) -> Birth:
        """Returns in each child, with what it is to become; never in the nursery itself."""
        woken, wake = self.modules.socket.socketpair()
        for end in (woken, wake):
            end.setblocking(False)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        while True:
            ready, _, _ = self.modules.select.select([self.listener, woken], [], [])
            if woken in ready:
                woken.recv(4096)
                self._reap()
            if self.listener in ready and (birth := self._accept()):
                return birth

    def _accept(self) -> Birth | None:
        line, _ = self.listener.accept()
        with line.makefile("r", encoding="utf-8") as said:
            birth = Birth(**json.loads(said.readline()))
        pid = os.fork()
        if pid == 0:
            return birth
        self.waiting[pid] = line
        _tell(line, pid)
        return None

    def _reap(self) -> None:
        while self.waiting:
            pid, status = posix.waitpid(-1, os.WNOHANG)  # eventlet patches that of os
            if pid == 0:
                return
            line = self.waiting.pop(pid)
            _tell(line, os.waitstatus_to_exitcode(status))
            line.close()


def _tell(line: Any, number: int) -> None:
    try:
        line.sendall(f"{number}\n".encode())
    except OSError:
        return  # nobody asks any more


def _let_go(listener: Any) -> None:
    """In the child: close what it has of the nursery, by those who opened it. An object that closed its number later
    would close what bears that number by then."""
    listener.close()
    if PATCHED in sys.modules:
        import_module("eventlet.hubs").use_hub()  # what the nursery's own waited for is not ours
    gc.collect()


def _become(birth: Birth, nursery: int) -> None:
    """In the child: have nothing of the nursery's, and die with it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != nursery:
        os._exit(1)
    for number, path, how in (
        (0, os.devnull, os.O_RDONLY),
        (1, birth.stdout, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, birth.stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(path, how, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(birth.folder)
    os.environ.clear()
    os.environ.update(birth.env)
    sys.argv = [birth.module, *birth.arguments]


def main() -> None:
    address, *preloaded = sys.argv[1:]
    for module in preloaded:
        import_module(module)
    gc.freeze()  # what is imported is nobody's waste: no child looks through it again
    modules = _unpatched()
    listener = modules.socket.socket(modules.socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    own = os.getpid()
    birth = Nursery(listener, modules).run()
    _let_go(listener)
    _become(birth, own)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*found in sys.modules", category=RuntimeWarning)
        runpy.run_module(birth.module, run_name="__main__", alter_sys=True)


@dataclass(frozen=True)
class _Modules:
    socket: Any
    select: Any


def _unpatched() -> _Modules:
    """The system's own sockets: eventlet's would make a hub, which must not be shared with children."""
    if PATCHED in sys.modules:
        original = import_module("eventlet.patcher").original
        return _Modules(original("socket"), original("select"))
    return _Modules(import_module("socket"), import_module("select"))


if __name__ == "__main__":
    main()
