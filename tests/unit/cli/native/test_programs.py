"""Programs that we start end with us, and say what went wrong."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.native.programs import Child, Children, NotReady, Program
from tests.support.eventually import eventually


def _python(tmp_path: Path, code: str, stop_seconds: int = 20) -> Program:
    return Program("a program", (sys.executable, "-c", code), tmp_path / "log", stop_seconds=stop_seconds)


def test_a_program_that_ends_before_it_is_ready_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child(_python(tmp_path, "import sys; print('no space left'); sys.exit(3)"))
    with pytest.raises(NotReady, match=r"a program ended with status 3:\nno space left"):
        child.wait_until(lambda: False, within=20)


def test_a_program_that_is_never_ready_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    with Children() as children:
        child = children.start(_python(tmp_path, "import time; time.sleep(60)"))
        with pytest.raises(NotReady, match="was not ready after 0 s"):
            child.wait_until(lambda: False, within=0.2)
    assert child.exit_status() == -signal.SIGTERM


def test_a_program_that_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    program = _python(tmp_path, code, stop_seconds=1)
    child = Child(program)
    child.wait_until(lambda: "up" in program.log.read_text(), within=20)
    assert child.stop() == -signal.SIGKILL


def test_a_program_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    starter_code = (
        "import sys, time, pathlib; from services.cli.native.programs import Child, Program\n"
        f"child = Child(Program('grandchild', (sys.executable, '-c', 'import time; time.sleep(60)'), "
        f"pathlib.Path({str(log)!r})))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", starter_code], stdout=subprocess.PIPE, text=True)
    with starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        starter.kill()
    assert eventually(lambda: not _runs(pid), within=10)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
