"""`make bundle`: one file, carried to a machine with an engine and no network, where it loads and starts."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.compose.installation import wait_for
from tests.support.processes import ROOT

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def bundle(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    subprocess.run([ROOT / "deploy" / "bundle" / "build.sh", folder], check=True, timeout=600)
    found = list(folder.glob("doorstep-*.run"))
    assert len(found) == 1
    return found[0]


def _sh(*words: object) -> subprocess.CompletedProcess[str]:
    command = ["sh", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_file_that_was_cut_off_or_changed_says_so_and_unpacks_nothing(bundle: Path, tmp_path: Path) -> None:
    assert "is whole" in _sh(bundle, "--check").stdout
    cut, changed = tmp_path / "cut.run", tmp_path / "changed.run"
    size = bundle.stat().st_size
    subprocess.run(["cp", "--reflink=auto", bundle, cut], check=True)  # noqa: S607
    os.truncate(cut, size - 1_000_000)
    refused = _sh(cut, tmp_path / "here")
    assert refused.returncode == 1
    assert "cut off" in refused.stderr
    assert "copy it again" in refused.stderr
    cut.rename(changed)
    subprocess.run(["cp", "--reflink=auto", bundle, changed], check=True)  # noqa: S607
    with changed.open("r+b") as file:
        file.seek(size // 2)
        byte = file.read(1)
        file.seek(size // 2)
        file.write(bytes([byte[0] ^ 1]))
    assert "damaged" in _sh(changed, tmp_path / "here").stderr
    assert not (tmp_path / "here").exists()


def test_a_disk_that_is_too_full_is_told_before_anything_is_written(bundle: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], check=True)  # noqa: S607
    try:
        refused = _sh(bundle, small)
        assert refused.returncode == 1
        assert "MiB left" in refused.stderr
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)  # noqa: S607


class Island:
    """A machine without network, as far as a process can tell: a namespace with loopback and an engine of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"doorstep-{uuid4().hex[:8]}"
        self.socket = folder / "docker.sock"
        self.log = folder / "dockerd.log"

    @contextmanager
    def inhabited(self) -> Iterator[None]:
        self._ip("netns", "add", self.name)
        try:
            self._ip("-n", self.name, "link", "set", "lo", "up")
            with self.log.open("wb") as log:
                engine = subprocess.Popen(self._inside(
                    "dockerd", "--host", f"unix://{self.socket}", "--data-root", str(self.folder / "data"),
                    "--exec-root", str(self.folder / "exec"), "--pidfile", str(self.folder / "pid"),
                ), stdout=log, stderr=log)  # fmt: skip
            try:
                wait_for("the engine answers", lambda: self.run("docker", "version").returncode == 0)
                yield
            finally:
                self.run("sh", "-c", "docker ps -aq | xargs -r docker rm --force")
                engine.terminate()
                engine.wait(60)
        finally:
            self._ip("netns", "delete", self.name)

    def run(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Inside, with nothing of this machine's settings."""
        settings = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "DOCKER_HOST": f"unix://{self.socket}"}
        return subprocess.run(
            self._inside(*words), cwd=folder or self.folder, env=settings, text=True, timeout=600, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _inside(self, *words: str) -> list[str]:
        # Not `ip netns exec`: that hides the cgroups, without which an engine does not start on some machines.
        return ["nsenter", f"--net=/run/netns/{self.name}", *words]

    def _ip(self, *words: str) -> None:
        command = ["ip", *words]
        subprocess.run(command, check=True, timeout=30)


@pytest.fixture
def island() -> Iterator[Island]:
    """In a folder with a short name: that of an engine's socket has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="island-", ignore_cleanup_errors=True) as folder:
        yield Island(Path(folder))


def test_it_starts_on_a_machine_without_network(bundle: Path, island: Island, tmp_path: Path) -> None:
    assert _sh(bundle, tmp_path).returncode == 0
    folder = next(tmp_path.glob("doorstep-*"))
    with island.inhabited():
        assert island.run("docker", "image", "ls", "--quiet").stdout == ""
        for words in (("load",), ("preflight",), ("up",), ("status",)):
            done = island.run("./doorstep.sh", *words, folder=folder)
            assert done.returncode == 0, f"{words}: {done.stdout}"
        answer = island.run("curl", "--silent", "http://127.0.0.1:8080/healthz")
        assert answer.stdout == '{"status":"alive"}'
        created = island.run("./doorstep.sh", "events", "count", folder=folder)
        assert "tickets: 0 events" in created.stdout
        secrets = {file.name: file.read_bytes() for file in (folder / "secrets").iterdir()}
        assert _sh(bundle, tmp_path).returncode == 0, "unpacked once more, as for an upgrade"
        assert island.run("./doorstep.sh", "load", folder=folder).returncode == 0
        assert {file.name: file.read_bytes() for file in (folder / "secrets").iterdir()} == secrets
        assert island.run("./doorstep.sh", "compose", "down", "--volumes", folder=folder).returncode == 0
