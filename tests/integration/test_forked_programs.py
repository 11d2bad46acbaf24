"""Programs that a nursery forks are as those that `python -m` starts: identity, environment, log, signals, status."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.native.programs import Program, base_environment
from tests.support.eventually import eventually
from tests.support.forked import ForkedChild, ForkedProcess, run_forked
from tests.support.processes import ROOT, python_path

ENV = {"PYTHONPATH": python_path(), "DOORSTEP_ENV_FILE": os.devnull}


def doorstep(*arguments: str, fork: bool) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.cli.main", *arguments]
    env = {**base_environment(), **ENV}
    if fork:
        return run_forked(command, env, ROOT, 60)
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "words", [("--help",), ("settings",), ("no-such-command",), ("places", "load", "no-such-file")]
)
def test_a_command_answers_the_same(words: tuple[str, ...]) -> None:
    real, forked = (doorstep(*words, fork=fork) for fork in (False, True))
    assert (forked.returncode, forked.stdout, forked.stderr) == (real.returncode, real.stdout, real.stderr)


def test_the_end_of_a_process_is_told(tmp_path: Path) -> None:
    argv = (sys.executable, "-m", "services.chassis.launch", "metrics", "http")
    child = ForkedChild(Program("metrics http", argv, tmp_path / "log", ENV))
    assert eventually(lambda: child.exit_status()) == 78, "settings are missing"
    assert "DOORSTEP_MONGO_URL" in (tmp_path / "log").read_text()


def test_a_process_is_one_of_its_own_and_says_which_signal_killed_it(tmp_path: Path) -> None:
    argv = (sys.executable, "-m", "tests.support.waiting")
    child = ForkedChild(Program("waiting", argv, tmp_path / "log", ENV))
    assert isinstance(child._popen, ForkedProcess)
    eventually(lambda: "waiting" in (tmp_path / "log").read_text())
    assert os.getsid(child.pid) == child.pid
    assert os.getpgid(child.pid) != os.getpgid(os.getpid())
    child.signal(signal.SIGSTOP)
    child.signal(signal.SIGCONT)
    assert child.exit_status() is None
    child.kill()
    assert child.exit_status() == -signal.SIGKILL
    assert not Path(f"/proc/{child.pid}").exists()
