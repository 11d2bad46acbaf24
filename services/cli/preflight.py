"""`doorstep preflight`: whether this machine can carry the containers.

The questions are plain `sh`, since a machine that takes Doorstep from a USB stick has no Python; this is the same under
the name by which one looks for it.
"""

import subprocess
import sys
from pathlib import Path

import click

from services.cli.refusals import refuse

QUESTIONS = Path(__file__).resolve().parents[2] / "deploy" / "preflight.sh"


@click.command()
def preflight() -> None:
    """Look whether this machine can carry Doorstep in containers; changes nothing, status 1 when something fails."""
    if not QUESTIONS.exists():
        refuse("this looks at the machine, not into a container: ./doorstep.sh preflight")
    command = ["sh", str(QUESTIONS)]
    sys.exit(subprocess.run(command, check=False).returncode)
