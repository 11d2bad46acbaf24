"""`python -m bench [NAME…]`: measure all, or what is named, and write down what was found."""

import argparse
import os
import time
from collections.abc import Callable, Mapping

from bench import clocks, consuming, filing, footprint, lives, notices, outsiders, relay, results, search
from bench.stage import Stage, stage

MEASUREMENTS: Mapping[str, Callable[[Stage], results.Result]] = {
    "filing": filing.measure,
    "relay": relay.measure,
    "outsiders": outsiders.measure,
    "consuming": consuming.measure,
    "clocks": clocks.measure,
    "notices": notices.measure,
    "lives": lives.measure,
    "footprint": footprint.measure,
    "search": search.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    chosen = parser.parse_args().names or list(MEASUREMENTS)
    if unknown := set(chosen) - set(MEASUREMENTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    busy = os.getloadavg()[0]
    print(f"load before: {busy:.2f}" + (" - something else runs: the figures will be too low" if busy > 1.5 else ""))
    for name in chosen:
        begun = time.monotonic()
        with stage() as on:  # each on an empty broker and database
            facts = results.machine(on)
            results.write(MEASUREMENTS[name](on), facts)
        print(f"{name}: {time.monotonic() - begun:.0f} s")
    print(results.table(results.read(chosen)))
    results.write_table(results.read(list(MEASUREMENTS)))


if __name__ == "__main__":
    main()
