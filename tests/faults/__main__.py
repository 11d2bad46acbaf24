"""`make faults`: break every part while tickets flow, then ask whether anything was lost, doubled or dated wrong.

Ends with status 1 when the oracle finds something; then the logs, the callers' journal and the rows in question are
kept in a folder that is named at the end.
"""

import argparse
import json
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.faults import report
from tests.faults.faults import FAULTS
from tests.faults.run import Plan, play
from tests.faults.telling import rng_of

_OVERHEAD_SECONDS = 330.0
"""Of the whole time: to start, to come to rest, to ask."""
_BUSINESS_HOURS = 5.0
"""What the run plays: promises of minutes are kept and broken. At its end time leaps, and those of hours come due."""
_FASTEST = 280.0
"""Times real time; faster, promises pass while requests are on their way."""


def main() -> int:
    chosen = _arguments()
    seed = chosen.seed if chosen.seed is not None else secrets.randbelow(10**9)
    seconds = max(30.0, chosen.minutes * 60 - _OVERHEAD_SECONDS)
    faults = chosen.only or list(FAULTS)
    rng_of(seed).shuffle(faults)
    plan = Plan(
        seed,
        chosen.tickets,
        seconds,
        chosen.replicas,
        chosen.grids,
        min(_BUSINESS_HOURS * 3600 / seconds, _FASTEST),
        faults,
        chosen.brief,
    )
    print(f"seed {seed}: {plan.tickets} tickets, {len(faults)} faults in {seconds / 60:.1f} minutes", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="doorstep-faults-"))
    begun = time.monotonic()
    try:
        outcome = play(
            plan, FAULTS, folder, lambda text: print(f"[{time.monotonic() - begun:5.0f} s] {text}", flush=True)
        )
    except BaseException:
        print(f"The run broke off. Logs: {folder}", flush=True)
        raise
    print("\n".join(report.table(outcome)))
    result = report.result(outcome)
    print(json.dumps(result["figures"], indent=1))
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    if not outcome.findings:
        shutil.rmtree(folder)
        print(f"Nothing was lost, nothing done twice (seed {seed}).")
        return 0
    print(f"{len(outcome.findings)} findings (seed {seed}). Logs and rows: {folder}")
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat a run: the same stories, the same faults in the same order")
    parser.add_argument("--minutes", type=float, default=14.5, help="how long the whole may take (default %(default)s)")
    parser.add_argument("--tickets", type=int, default=5000)
    parser.add_argument(
        "--brief", type=float, default=0.7, metavar="SHARE", help="of the tickets that are over within minutes"
        " (default %(default)s: more long stories than these hands can tell on two cores)",
    )  # fmt: skip
    parser.add_argument("--replicas", type=int, default=2, help="of each process")
    parser.add_argument("--grids", type=int, default=16, help="how many grids play, each with its people")
    parser.add_argument("--only", nargs="+", choices=sorted(FAULTS), metavar="FAULT", help=", ".join(FAULTS))
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
