"""Part of `make lint`: the tests have the same names whenever and under whichever hash seed they are collected.

Two workers that collect different names refuse to run. One collection is on another date, in another second, than the
other.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.dates.shifting import shifted

ROOT = Path(__file__).parents[2]
_AHEAD_SECONDS = 401 * 86_400 + 3_601


def main() -> int:
    collections = [_collect("1", {}), _collect("77", dict(shifted(_AHEAD_SECONDS)))]
    one, other = (_names(*collection.communicate(), collection.returncode) for collection in collections)
    if differing := sorted(one ^ other):
        print("These tests are collected under other names the next time, so that two workers refuse to run:")
        print("\n".join(differing[:20]))
        return 1
    return 0


def _collect(seed: str, more: dict[str, str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pytest", "tests", "--collect-only", "-q", "-p", "no:cacheprovider"]
    env = {**os.environ, "PYTHONHASHSEED": seed, **more}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _names(output: str, _: object, status: int) -> frozenset[str]:
    if status != 0:
        sys.exit(f"the tests cannot be collected:\n{output}")
    return frozenset(line for line in output.splitlines() if "::" in line)


if __name__ == "__main__":
    sys.exit(main())
