"""Bringing a native installation up, stage by stage, and down again without leaving anything running."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.cli.native.addresses import refuse_taken
from services.cli.native.layout import ROOT, Layout
from services.cli.native.parts import BASE, SERVING, STAGES, WATCHING, Installation, Part
from services.cli.native.programs import NotReady, base_environment, last_lines
from services.cli.native.secret_files import write_secret
from services.cli.native.supervise import Control, configuration, start_supervisor

STAGE_SECONDS = {BASE: 90, SERVING: 120, WATCHING: 60}
_STOP_SECONDS = 90
Say = Callable[[str], None]


def bring_up(installation: Installation, say: Say) -> None:
    """Start what does not run. Returns when all is healthy; raises NotReady saying what is not, and why."""
    layout, control = installation.layout, Control(installation.layout.socket)
    parts = installation.parts()
    wanted = configuration(layout, parts)
    if not control.answers() or layout.supervisor_conf.read_text() != wanted:
        _check_settings(installation)
    if control.answers() and layout.supervisor_conf.read_text() != wanted:
        say("The installation has changed since it was started: restarting it.")
        take_down(layout, say)
    if not control.answers():
        refuse_taken({name: port for name, port in installation.ports.items() if name in _listening(installation)})
        write_secret(layout.supervisor_conf, wanted)
        installation.write_files()
        start_supervisor(layout)
    for stage in STAGES:
        _start_stage(control, [part for part in parts if part.stage == stage], stage, say)
        if stage == BASE:
            installation.rabbit.add_vhost(installation.mode.prefix)
            _prepare(control, installation, [part.name for part in parts if part.stage == SERVING])


def take_down(layout: Layout, say: Say) -> bool:
    """Stop everything, in the reverse order. False: nothing ran. Raises NotReady when something does not end."""
    control = Control(layout.socket)
    if not control.answers():
        return False
    priorities = _stages(layout.supervisor_conf)
    pids = [control.pid(), *(state.pid for state in control.states().values() if state.pid)]
    for stage in reversed(STAGES):
        # The broker still needs epmd to sign off, so that it ends alone.
        names = [name for name, own in priorities.items() if own == stage and name != "epmd"]
        control.stop(names, _STOP_SECONDS)
    control.stop(["epmd"], _STOP_SECONDS)
    control.shut_down()
    _wait_for_end(pids)
    return True


def _listening(installation: Installation) -> set[str]:
    """Names of ports that something will listen on: the mail sink's only where there is one."""
    return {name for name in installation.ports if name != "mail" or installation.mode.mail_sink}


def _start_stage(control: Control, parts: Sequence[Part], stage: int, say: Say) -> None:
    stopped = [part for part in parts if not control.states()[part.name].runs]
    if stopped:
        say(f"Starting {', '.join(part.name for part in stopped)} …")
    # epmd stands first in its stage: without it the broker would start one of its own that outlives it.
    control.start(part.name for part in stopped if part.name == "epmd")
    _wait_until_ready(control, [part for part in stopped if part.name == "epmd"], 10)
    control.start(part.name for part in stopped if part.name != "epmd")
    _wait_until_ready(control, parts, STAGE_SECONDS[stage])


def _wait_until_ready(control: Control, parts: Sequence[Part], within: float) -> None:
    deadline = time.monotonic() + within
    waiting = {part.name: part for part in parts}
    while waiting:
        states = control.states()
        for name, part in list(waiting.items()):
            if states[name].given_up:
                raise NotReady(f"{name} does not run ({states[name].fault}):\n{last_lines(part.program.log)}")
            if states[name].runs and part.ready():
                del waiting[name]
        if waiting and time.monotonic() > deadline:
            told = "\n".join(f"{name}:\n{last_lines(part.program.log)}" for name, part in waiting.items())
            raise NotReady(f"not ready after {within:.0f} s: {', '.join(waiting)}\n{told}")
        time.sleep(0.2)


def _prepare(control: Control, installation: Installation, services: Sequence[str]) -> None:
    """`doorstep prepare` before the first service starts: migrations, exchanges, queues."""
    if all(control.states()[name].runs for name in services):
        return
    log = installation.layout.logs / "prepare.log"
    done = _doorstep("prepare", installation.settings_to_prepare())
    log.write_text(done.stdout)
    if done.returncode != 0:
        raise NotReady(f"`doorstep prepare` failed with status {done.returncode}:\n{last_lines(log)}")


def _check_settings(installation: Installation) -> None:
    """Refuse a wrong setting while everything still runs, and before it is remembered."""
    done = _doorstep("settings", installation.settings_to_check())
    if done.returncode != 0:
        raise NotReady(f"nothing was changed, because a setting is wrong:\n{done.stdout.strip()}")


def _doorstep(command: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run an operators' command with these settings and no others."""
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", command],
        env={**base_environment(), **settings, "DOORSTEP_ENV_FILE": os.devnull},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def _stages(supervisor_conf: Path) -> Mapping[str, int]:
    """Stage of each program, as supervisord was told when it was started."""
    stages, name = {}, ""
    for line in supervisor_conf.read_text().splitlines():
        if line.startswith("[program:"):
            name = line.removeprefix("[program:").removesuffix("]")
        elif line.startswith("priority="):
            stages[name] = int(line.removeprefix("priority="))
    return stages


def _wait_for_end(pids: Sequence[int]) -> None:
    deadline = time.monotonic() + 30
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        if time.monotonic() > deadline:
            raise NotReady(f"these processes do not end: {', '.join(map(str, left))}")
        time.sleep(0.1)
