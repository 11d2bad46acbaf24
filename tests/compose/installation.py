"""An installation in containers, in a folder of its own, as an operator has it."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.cli.native.ports import free_port
from tests.support.processes import ROOT

Facts = dict[str, Any]
ONE_SHOT = {"prepare", "edge-folder", "journal-folder", "mail-folder", "demo"}
"""What runs once and ends."""
_PARTS = ("docker-compose.yml", "doorstep.sh", ".env.example", "deploy", "docs/openapi.json", "docs/asyncapi.json")


def copy_checkout(folder: Path) -> None:
    """What an operator needs of the checkout, and nothing that somebody left in it."""
    for name in _PARTS:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for path in (folder, *folder.rglob("*")):  # whatever the umask is here
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


@dataclass
class Installation:
    """`settings` go into .env."""

    folder: Path
    settings: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    """For calls only, as by a shell."""

    @property
    def project(self) -> str:
        return self.environment.get("COMPOSE_PROJECT_NAME", self.settings["COMPOSE_PROJECT_NAME"])

    @property
    def edge(self) -> str:
        return f"http://127.0.0.1:{self.settings['DOORSTEP_EDGE_PORT']}"

    def write_settings(self, **changed: str) -> None:
        """Put these into .env in place of what it says of them."""
        self.settings |= changed
        file = self.folder / ".env"
        kept = [line for line in file.read_text().splitlines() if line.partition("=")[0] not in self.settings]
        file.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in self.settings.items())]) + "\n")

    def sh(self, *words: str, check: bool = True, seconds: float = 300, given: str | None = None) -> str:
        """`./doorstep.sh …`: what it says. Raises CalledProcessError."""
        return self.run(["./doorstep.sh", *words], check=check, seconds=seconds, given=given).stdout

    def compose(self, *words: str, check: bool = True, seconds: float = 300) -> str:
        return self.run(["./doorstep.sh", "compose", *words], check=check, seconds=seconds).stdout

    def run(
        self, command: Sequence[str], *, check: bool = True, seconds: float = 300, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Both streams together, as they are seen."""
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **self.environment}, text=True, timeout=seconds, check=False,
            input=given, stdin=None if given is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return done

    def containers(self) -> dict[str, Facts]:
        """What the engine knows of each container, by its name in docker-compose.yml; also of ended ones."""
        ids = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.project}").split()
        facts = json.loads(docker("inspect", *ids)) if ids else []
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in facts}

    def container(self, name: str) -> str:
        return str(self.containers()[name]["Id"])

    def unhealthy(self) -> Mapping[str, str]:
        """Which of those that stay are not healthy, and what they are."""
        states = {name: one["State"] for name, one in self.containers().items() if name not in ONE_SHOT}
        found = {name: state.get("Health", {}).get("Status", state["Status"]) for name, state in states.items()}
        return {name: state for name, state in found.items() if state not in ("healthy", "running")}

    def destroy(self) -> None:
        self.compose("down", "--volumes", "--timeout", "5", check=False)


def docker(*words: str, seconds: float = 120) -> str:
    command = ["docker", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout


def make_installation(folder: Path, images: Mapping[str, str], project: str) -> Installation:
    """A folder with secrets and .env on free ports; nothing is started."""
    copy_checkout(folder)
    ports = {name: str(free_port()) for name in ("DOORSTEP_EDGE_PORT", "DOORSTEP_EDGE_TLS_PORT", "DOORSTEP_AMQPS_PORT")}
    # Few people file here as much as a county does.
    bounds = {"DOORSTEP_FILINGS_OF_RESIDENT": "3000"}
    settings = {"COMPOSE_PROJECT_NAME": project, "COMPOSE_PROFILES": "monitoring", **bounds, **images, **ports}
    made = Installation(folder, settings)
    made.run(["deploy/make-secrets.sh"])
    made.write_settings()
    return made


def wait_for(what: str, reached: Callable[[], object], within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not reached():
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        time.sleep(0.5)
