"""Which ports are free, and who holds a taken one."""

import os
import socket
import subprocess
import sys

import pytest

from services.cli.native import ports
from services.cli.native.ports import LOOPBACK, free_port, holder_of, is_free


def test_a_port_that_somebody_listens_on_is_taken_and_its_holder_is_named() -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not is_free(port)
        assert holder_of(port).pid == os.getpid()


def test_free_ports_are_free_and_handed_out_once() -> None:
    given = [free_port() for _ in range(20)]
    assert len(set(given)) == 20
    assert all(is_free(port) for port in given)


_THREE = """
import sys
from services.cli.native import ports
first = int(sys.argv[1])
ports._CHOICE = range(first, first + 5)
ports.is_free = lambda port: True
print(*(ports.free_port() for _ in range(3)), flush=True)
sys.stdin.read()
"""


def test_a_port_that_another_process_was_given_is_given_again_when_that_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = 100_000 + 10 * os.getpid()  # no real ports: nobody else claims them meanwhile
    monkeypatch.setattr(ports, "_CHOICE", range(first, first + 5))
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    command = [sys.executable, "-c", _THREE, str(first)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = set(map(int, other.stdout.readline().split()))
        assert len(theirs) == 3
        assert not {free_port(), free_port()} & theirs
        with pytest.raises(OSError, match="no free port"):
            free_port()
        other.communicate()
    assert {free_port() for _ in range(3)} == theirs
