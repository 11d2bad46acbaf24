"""`make test-dates`: the tests on the dates on which programs of this kind break.

Tests marked `real_date` compare with a program that keeps the machine's date; they are named and left out.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.dates.shifting import shifted

ROOT = Path(__file__).parents[2]
LOCAL = ZoneInfo("Asia/Shanghai")
"""Whose days count, unless `DOORSTEP_TIMEZONE` says otherwise."""
DATES = ("2026-12-31T23:50", "2027-02-28T12:00", "2028-02-29T09:00", "2031-07-01T09:00")
"""The year turns while the tests run; the days before and on a leap day; years that no official calendar knows."""
_SUITE = ("tests", "--ignore=tests/compose", "-m", "not real_date")


@dataclass(frozen=True)
class Run:
    date: str
    status: int
    minutes: float


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    if chosen.list:
        return _pytest(["tests", "--ignore=tests/compose", "-m", "real_date", "--collect-only", "-q"], {})
    runs = [_run(date, chosen.side_by_side, chosen.keyword) for date in chosen.at or DATES]
    for run in runs:
        print(f"{run.date}: {'passed' if run.status == 0 else 'FAILED'} in {run.minutes:.1f} min")
    return max(run.status for run in runs)


def seconds_until(date: str, now: datetime) -> int:
    """From `now` until a local date and time. Raises ValueError for what is none."""
    return round((datetime.fromisoformat(date).replace(tzinfo=LOCAL) - now).total_seconds())


def _run(date: str, side_by_side: int, keyword: str | None) -> Run:
    print(f"\n== the suite at {date} ({LOCAL.key})", flush=True)
    began = time.monotonic()
    choice = [*_SUITE, "-n", str(side_by_side), "--dist", "loadfile", "--no-loadscope-reorder"]
    status = _pytest([*choice, *(["-k", keyword] if keyword else [])], shifted(seconds_until(date, datetime.now(UTC))))
    return Run(date, status, (time.monotonic() - began) / 60)


def _pytest(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make test-dates", description=__doc__)
    parser.add_argument("--at", action="append", metavar="DATE", help=f"local, such as {DATES[0]}; may be repeated")
    parser.add_argument("-k", dest="keyword", help="only these tests, as pytest's -k")
    parser.add_argument("-n", dest="side_by_side", type=int, default=3, help="how many side by side (3)")
    parser.add_argument("--list", action="store_true", help="name the tests that are left out, and end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
