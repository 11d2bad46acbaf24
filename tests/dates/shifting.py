"""The environment that shifts the date of a Python process and of every program that it starts."""

import os
from collections.abc import Mapping
from pathlib import Path

from services.cli.native.programs import PASSED_ON

SHIFT = "DOORSTEP_TEST_SHIFT_SECONDS"
FOLDER = Path(__file__).parent
OWN_SHIFT = int(os.environ.get(SHIFT, "0"))
"""By how many seconds the date of this process is shifted; 0 where it is the machine's."""
_NAMES = (SHIFT, "PYTHONPATH")


def shifted(seconds: int) -> Mapping[str, str]:
    """Variables for a process whose date is to be so many seconds ahead. It passes them on to whatever it starts."""
    return {SHIFT: str(seconds), "PYTHONPATH": str(FOLDER), PASSED_ON: ",".join(_NAMES)}
