"""`make up`, `status` and `down`, for real, in a data folder and on ports of their own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.cli.native.addresses import DEFAULTS, setting_of
from services.cli.native.layout import ROOT, Layout
from services.cli.native.ports import LOOPBACK, free_port, is_free
from services.cli.native.programs import base_environment
from services.cli.native.supervise import Control
from tests.support.eventually import eventually

pytestmark = pytest.mark.timeout(420)


class Machine:
    """A checkout whose data folder and ports are its own."""

    def __init__(self, data: Path) -> None:
        self.layout = Layout(data)
        self.ports = {name: free_port() for name in DEFAULTS}

    def doorstep(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        chosen = {setting_of(name): str(port) for name, port in self.ports.items()}
        return subprocess.run(
            [sys.executable, "-m", "services.cli.main", "native", *arguments],
            env={**base_environment(), **chosen, "DOORSTEP_DATA": str(self.layout.data), **settings},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def pids(self) -> dict[str, int]:
        return {state.name: state.pid for state in Control(self.layout.socket).states().values()}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    own = Machine(tmp_path / "d")
    yield own
    own.doorstep("down")


def test_a_taken_port_is_named_with_its_holder_and_nothing_is_started(machine: Machine) -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, machine.ports["edge"]))
        listener.listen()
        refused = machine.doorstep("up")
    assert refused.returncode == 1
    assert f"port {machine.ports['edge']} (for edge) is held by" in refused.stderr
    assert f"(pid {os.getpid()})" in refused.stderr
    assert machine.doorstep("status").returncode == 1
    assert "was not running" in machine.doorstep("down").stdout


def test_the_whole_system_comes_up_heals_and_goes_down_without_a_trace(machine: Machine) -> None:
    _a_wrong_setting_is_said(machine)
    first = machine.doorstep("up")
    assert first.returncode == 0, first.stdout + first.stderr
    pids = machine.pids()
    assert machine.doorstep("up").returncode == 0
    assert machine.pids() == pids, "a second `up` leaves alone what runs"
    _a_wrong_setting_is_said(machine)
    assert machine.pids() == pids, "nothing is stopped for a setting that is refused"
    assert httpx.get(f"http://{LOOPBACK}:{machine.ports['edge']}/healthz", trust_env=False).status_code == 200

    os.kill(pids["tickets-http"], signal.SIGKILL)
    assert eventually(lambda: machine.pids()["tickets-http"] not in (0, pids["tickets-http"]), within=30)
    assert eventually(lambda: machine.doorstep("status").returncode == 0, within=60)

    left = machine.pids().values()
    assert machine.doorstep("down").returncode == 0
    assert not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    assert [name for name, port in machine.ports.items() if not is_free(port)] == []


def _a_wrong_setting_is_said(machine: Machine) -> None:
    refused = machine.doorstep("up", DOORSTEP_TIMEZONE="Asia/Nowhere")
    assert refused.returncode == 1
    assert "is not a known time zone" in refused.stderr
