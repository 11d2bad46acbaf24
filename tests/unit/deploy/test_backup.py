"""`./doorstep.sh backup`: whatever fails, what was stopped runs again; `restore` makes what a back-up lacks.

An engine that only writes down what is asked of it stands in for Docker; with a real one tests/compose backs up and
restores.
"""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ENGINE = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
*"$FAILS"*) [ -z "$FAILS" ] || { echo "the engine fails at $FAILS" >&2; exit 1; } ;;
esac
case "$*" in
*"$INTERRUPTED"*) [ -z "$INTERRUPTED" ] || kill -s INT "$PPID" ;;
esac
"""


@dataclass(frozen=True)
class Checkout:
    folder: Path

    @property
    def target(self) -> Path:
        return self.folder.parent / "backup"

    def backup(self, fails: str = "", interrupted: str = "") -> subprocess.CompletedProcess[str]:
        return self.run("backup", str(self.target), fails=fails, interrupted=interrupted)

    def run(self, *arguments: str, fails: str = "", interrupted: str = "") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "CALLS": str(self.folder / "calls"),
            "FAILS": fails, "INTERRUPTED": interrupted,
        }  # fmt: skip
        return subprocess.run(
            ["./doorstep.sh", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    def runs(self) -> bool:
        """Whether the last that was asked of the engine, of down and up, is up."""
        asked = [call.split()[1] for call in self.calls() if call.startswith(("compose up", "compose down"))]
        assert "down" in asked
        return asked[-1] == "up"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "checkout"
    (folder / "bin").mkdir(parents=True)
    for name in ("doorstep.sh", "docker-compose.yml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "mongodb_key").write_text("key")
    (folder / ".env").write_text("DOORSTEP_SECRETS=./secrets\n")
    engine = folder / "bin" / "docker"
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    return Checkout(folder)


def test_a_back_up_that_ends_well_runs_again_and_can_be_checked(checkout: Checkout) -> None:
    done = checkout.backup()
    assert done.returncode == 0, done.stderr
    assert checkout.runs()
    assert "mongodb_key" in (checkout.target / "SHA256SUMS").read_text()


def test_it_runs_again_when_secrets_cannot_be_copied(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / "secrets")
    done = checkout.backup()
    assert done.returncode == 1
    assert "secrets or .env cannot be copied" in done.stderr
    assert checkout.runs()
    assert not (checkout.target / "SHA256SUMS").exists(), "what is no back-up is not taken for one"


@pytest.mark.parametrize("volume", ["mongodb", "rabbitmq", "edge"])
def test_it_runs_again_when_a_volume_cannot_be_copied(checkout: Checkout, volume: str) -> None:
    done = checkout.backup(fails=f"/backup/{volume}.tgz")
    assert done.returncode == 1
    assert f"the back-up of {volume} failed" in done.stderr
    assert checkout.runs()
    assert not (checkout.target / "SHA256SUMS").exists()


def test_it_runs_again_when_it_was_only_half_stopped(checkout: Checkout) -> None:
    assert checkout.backup(fails="compose down").returncode == 1
    assert checkout.runs()


def test_it_runs_again_when_it_is_interrupted(checkout: Checkout) -> None:
    done = checkout.backup(interrupted="/backup/mongodb.tgz")
    assert done.returncode == 128 + signal.SIGINT
    assert checkout.runs()
    assert not (checkout.target / "SHA256SUMS").exists()


def test_a_restore_makes_the_secrets_that_an_earlier_version_had_not(checkout: Checkout) -> None:
    checkout.backup()
    done = checkout.run("restore", str(checkout.target), "--yes")
    assert done.returncode == 0, done.stderr
    secrets = checkout.folder / "secrets"
    assert (secrets / "mongodb_key").read_text() == "key"
    assert (secrets / "amqp_url_tickets").read_text().startswith("amqp://doorstep_tickets:")
    assert (secrets / "mongo_url_keeper").read_text().startswith("mongodb://doorstep_keeper:")
    assert checkout.calls()[-1].endswith("restored begin")
    assert "restored apply" in done.stdout


def test_in_a_bundle_a_restore_makes_them_inside_its_image(checkout: Checkout) -> None:
    checkout.backup()
    (checkout.folder / "images.tar.gz").write_text("")
    assert checkout.run("restore", str(checkout.target), "--yes").returncode == 0
    (made,) = [call for call in checkout.calls() if call.endswith("deploy/make-secrets.sh /secrets")]
    assert f"--volume {checkout.folder}/secrets:/secrets" in made
    assert "doorstep/services:" in made


@pytest.mark.parametrize("failing", ["compose up", "restored begin"])
def test_a_restore_that_does_not_end_says_what_is_still_to_do(checkout: Checkout, failing: str) -> None:
    checkout.backup()
    done = checkout.run("restore", str(checkout.target), "--yes", fails=failing)
    assert done.returncode == 1
    for command in ("restored begin", "restored apply", "metrics recount", "points audit"):
        assert f"./doorstep.sh {command}" in done.stderr
    assert ("./doorstep.sh up;" in done.stderr) == (failing == "compose up")


@pytest.mark.parametrize(
    ("command", "container"),
    [("prepare --dry-run", "prepare"), ("broker keep --once", "keeper"), ("events count", "doorstep")],
)
def test_a_command_runs_in_the_container_that_is_given_what_it_needs(
    checkout: Checkout, command: str, container: str
) -> None:
    checkout.run(*command.split())
    entry = "" if container == "doorstep" else "--entrypoint doorstep "
    assert checkout.calls()[-1] == f"compose run --rm -T {entry}{container} {command}"
