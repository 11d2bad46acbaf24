"""Where the command finds the installation: the environment, or the file that `make up` leaves in its data folder."""

import os
from pathlib import Path

DEFAULT_FILE = Path(".doorstep/operator.env")


def load_environment_file() -> None:
    """Take settings that the environment lacks from `$DOORSTEP_ENV_FILE`, or from `.doorstep/operator.env`."""
    path = Path(os.environ.get("DOORSTEP_ENV_FILE", DEFAULT_FILE))
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())
