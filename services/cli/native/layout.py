"""Where a native installation keeps what belongs to it: one folder of the checkout, or $DOORSTEP_DATA."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.cli.native.programs import NotReady

ROOT = Path(__file__).resolve().parents[3]
_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108 with the closing zero, supervisord adds a suffix


@dataclass(frozen=True, slots=True)
class Layout:
    """Folders and files beneath the data folder."""

    data: Path

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def run(self) -> Path:
        """Generated configuration and sockets; may be thrown away while nothing runs."""
        return self.data / "run"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def journal(self) -> Path:
        """Beside the data folder, not in it: a back-up of the data, put back, must not take it along."""
        return self.data.with_name(f"{self.data.name}-journal")

    @property
    def ports_file(self) -> Path:
        return self.data / "ports.json"

    @property
    def settings_file(self) -> Path:
        return self.data / "settings.json"

    @property
    def mode_file(self) -> Path:
        return self.data / "mode"

    @property
    def operator_env(self) -> Path:
        """Settings for the operators' `doorstep` command."""
        return self.data / "operator.env"

    @property
    def socket(self) -> Path:
        return self.run / "supervisor.sock"

    @property
    def supervisor_conf(self) -> Path:
        return self.run / "supervisord.conf"

    def create(self) -> None:
        """Make the folders, readable by their owner only. Raises NotReady when a socket could not lie in them."""
        if len(str(self.socket)) > _LONGEST_SOCKET_PATH:
            raise NotReady(
                f"the path of the data folder is too long for a socket: {self.data}\n"
                "choose a shorter one: DOORSTEP_DATA=/some/shorter/folder make up"
            )
        for folder in (self.data, self.logs, self.run, self.secrets, self.journal):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One `up` or `down` at a time. Raises NotReady when another one is at work."""
        self.create()
        with (self.data / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise NotReady("another `make up` or `make down` is at work on this data folder") from None
            yield


def find_layout() -> Layout:
    chosen = os.environ.get("DOORSTEP_DATA")
    return Layout(Path(chosen).resolve() if chosen else ROOT / ".doorstep")
