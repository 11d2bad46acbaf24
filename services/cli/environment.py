"""Where the command finds the installation: the environment, or the file that `make up` leaves in its data folder."""

import os
from pathlib import Path

DEFAULT_FOLDER = Path(".doorstep")


def load_environment_file() -> None:
    """Take settings that the environment lacks from `$DOORSTEP_ENV_FILE`, or from the data folder of `make up`."""
    folder = Path(os.environ.get("DOORSTEP_DATA", DEFAULT_FOLDER))
    path = Path(os.environ.get("DOORSTEP_ENV_FILE", folder / "operator.env"))
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())
