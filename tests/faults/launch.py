"""Start a process as in operation, but able to end itself at a named point.

`python -m tests.faults.launch SERVICE ROLE`. `--program` names another module than the launcher whose `main` is to be
run, with the same two arguments.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

LAUNCHER = "services.chassis.launch"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.faults.launch")
    parser.add_argument("--program", default=LAUNCHER)
    parser.add_argument("service")
    parser.add_argument("role")
    chosen = parser.parse_args()
    program = importlib.import_module(chosen.program)  # patches eventlet, before anything that opens a socket
    from tests.faults import points

    points.install(Path(os.environ[points.FOLDER]), chosen.service, chosen.role)
    sys.argv = [chosen.program, chosen.service, chosen.role]
    status: int = program.main()
    return status


if __name__ == "__main__":
    sys.exit(main())
