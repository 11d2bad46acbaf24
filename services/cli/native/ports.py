"""Ports on the loopback interface: which are free, and which program holds a taken one."""

import fcntl
import os
import random
import socket
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOOPBACK = "127.0.0.1"

# Below the kernel's range for outgoing connections (32768 and up), so that none of those takes a port we chose.
_CHOICE = range(20_000, 32_000)
_LISTENING = "0A"
_given: set[int] = set()


@dataclass(frozen=True, slots=True)
class Holder:
    """The program that listens on a port; `pid` is None when its owner hides it from us."""

    port: int
    pid: int | None
    name: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})" if self.pid else self.name


def free_port() -> int:
    """A port that nobody listens on, and that no process of this user that still runs was given."""
    for _ in range(1000):
        port = random.choice(_CHOICE)  # noqa: S311 - any port will do
        if port not in _given and _claim(port) and is_free(port):
            _given.add(port)
            return port
    raise OSError("no free port between 20000 and 32000")


def _claim(port: int) -> bool:
    """Whether the port is ours until this process ends: others may choose it between our choice and our listening."""
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _claims() -> int:
    """The file of which each byte stands for a port. Never closed: its locks would go with it."""
    path = Path(tempfile.gettempdir(), f"doorstep-ports-{os.getuid()}")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def is_free(port: int) -> bool:
    """True when we could listen on the port of the loopback interface now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def accepts(port: int) -> bool:
    """True when something answers on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0


def holder_of(port: int) -> Holder:
    """Who listens on `port`, as far as /proc shows it to us."""
    inodes = _listening_inodes(port)
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds(process, inodes):
            name = (process / "comm").read_text().strip()
            return Holder(port, int(process.name), name)
    return Holder(port, None, "a program of another user")


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            local, state, inode = columns[1], columns[3], columns[9]
            if state == _LISTENING and int(local.rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{inode}]")
    return inodes


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(str(fd.readlink()) in inodes for fd in (process / "fd").iterdir())
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return False
