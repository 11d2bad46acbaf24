"""What was measured, as a file for machines and a row for people; with the machine, without its name."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from bench.stage import Stage

FOLDER = Path(__file__).parent
_PACKAGES = ("nameko", "eventlet", "amqp", "pymongo", "marshmallow", "faststream", "aio-pika")
_MARKS = ("<!-- figures: written by make bench -->", "<!-- end of figures -->")


@dataclass(frozen=True)
class Aim:
    """One aim of ours: what was measured, beside what, and how far it reached."""

    what: str
    measured: float
    unit: str
    baseline: float | None
    """In the same unit, from the same run; None where there is nothing to compare with."""
    reached: float
    """What the aim is about: a ratio, or the figure itself."""
    aim: float | None
    """None: a figure that was asked for without a bound."""
    below: bool = False
    """Whether less is better."""

    @property
    def met(self) -> bool:
        if self.aim is None:
            return True
        return self.reached <= self.aim if self.below else self.reached >= self.aim


@dataclass(frozen=True)
class Result:
    name: str
    medians: Mapping[str, float]
    rounds: Sequence[Mapping[str, float]]
    aims: Sequence[Aim]
    machine: Mapping[str, object] = field(default_factory=dict)


def write(result: Result, machine: Mapping[str, object]) -> None:
    """Into `results/<name>.json`: aims, medians and every round."""
    aims = [{**asdict(aim), "met": aim.met} for aim in result.aims]
    rounds = [{name: round(value, 3) for name, value in one.items()} for one in result.rounds]
    body = {"machine": machine, "aims": aims, "medians": result.medians, "rounds": rounds}
    (FOLDER / "results" / f"{result.name}.json").write_text(json.dumps(body, indent=1) + "\n")


def read(names: Sequence[str]) -> list[Result]:
    """What was last found by each of these that has been measured."""
    files = [FOLDER / "results" / f"{name}.json" for name in names]
    return [_from_file(file) for file in files if file.exists()]


def _from_file(file: Path) -> Result:
    body = json.loads(file.read_text())
    aims = [Aim(**{name: value for name, value in aim.items() if name != "met"}) for aim in body["aims"]]
    return Result(file.stem, body["medians"], body["rounds"], aims, body["machine"])


def write_table(results: Sequence[Result]) -> None:
    """Into README.md, between the marks; what stands around them is for people to write."""
    readme = FOLDER / "README.md"
    before, _, rest = readme.read_text().partition(_MARKS[0])
    after = rest.partition(_MARKS[1])[2]
    readme.write_text(f"{before}{_MARKS[0]}\n{table(results)}\n{_MARKS[1]}{after}")


def table(results: Sequence[Result]) -> str:
    head = ["| what | measured | baseline | reached | aim | |", "|---|---|---|---|---|---|"]
    rows = [_row(aim) for result in results for aim in result.aims]
    return "\n".join([*head, *rows, "", *_processes({result.name: result for result in results}), *_machines(results)])


def _machines(results: Sequence[Result]) -> list[str]:
    """On what it was measured, once for those that share it."""
    shared: dict[str, list[str]] = {}
    for result in results:
        facts = ", ".join(f"{name} {value}" for name, value in result.machine.items())
        shared.setdefault(facts, []).append(result.name)
    if len(shared) == 1:
        return [f"Machine: {facts}." for facts in shared]
    return [f"Machine of {', '.join(names)}: {facts}." for facts, names in shared.items()]


def _processes(results: Mapping[str, Result]) -> list[str]:
    """What each process takes, when both of its measurements are there."""
    if not {"footprint", "lives"} <= results.keys():
        return []
    alone, loaded = results["footprint"].medians, results["lives"].medians
    names = [name.removesuffix("_peak_mb") for name in loaded if name.endswith("_peak_mb")]
    rows = [
        f"| {name.replace('_', ' ')} | {alone[f'{name}_ready_seconds']:.2f} s | {alone[f'{name}_resident_mb']:.0f} MB "
        f"| {loaded[f'{name}_peak_mb']:.0f} MB |"
        for name in names
    ]
    return ["| process | start to ready | resident then | at its peak under load |", "|---|---|---|---|", *rows, ""]


def _row(aim: Aim) -> str:
    baseline = f"{aim.baseline:,.4g}" if aim.baseline is not None and aim.baseline < 1000 else _whole(aim.baseline)
    reached = _number(aim.reached)
    if aim.aim is None:
        return f"| {aim.what} | {_number(aim.measured)} {aim.unit} | {baseline} | {reached} | | |"
    verdict = "met" if aim.met else f"**missed** by {abs(1 - aim.reached / aim.aim):.0%}"
    sign = "≤" if aim.below else "≥"
    return (f"| {aim.what} | {_number(aim.measured)} {aim.unit} | {baseline} | {reached} "
            f"| {sign} {aim.aim:,g} | {verdict} |")  # fmt: skip


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine(on: Stage) -> dict[str, object]:
    """Cores, memory and versions: what somebody needs who measures again."""
    return {
        "measured": date.today().isoformat(),  # noqa: DTZ011 - a date for people
        "cores": os.cpu_count() or 0,
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
        "mongod": str(on.namespace.mongo.server_info()["version"]),
        "rabbitmq": _rabbitmq(),
    }


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _rabbitmq() -> str:
    query = ["dpkg-query", "--show", "--showformat=${Version}", "rabbitmq-server"]
    return subprocess.run(query, capture_output=True, text=True, timeout=10, check=False).stdout or "unknown"
