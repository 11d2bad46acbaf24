"""One run: start everything, let traffic flow, make each fault in turn, come to rest, ask the oracle."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.chassis.clock import system_now
from tests.faults import traffic
from tests.faults.evidence import Evidence, Finding
from tests.faults.faults.fault import Fault, Lasting
from tests.faults.journal import Journal
from tests.faults.keeping import keep
from tests.faults.oracle import ask
from tests.faults.rest import come_to_rest, take_evidence
from tests.faults.system import System, running_system
from tests.faults.telling import rng_of
from tests.faults.traffic import Traffic

_ZONE = ZoneInfo("Asia/Shanghai")
_MORNING = 7
LAST_STORIES = timedelta(minutes=4)
"""Longer than a caller's patience: what was begun comes to an end by then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does. `seconds` of traffic; business time runs `rate` times as fast."""

    seed: int
    tickets: int
    seconds: float
    replicas: int
    grids: int
    rate: float
    faults: Sequence[str]
    brief: float = 0.0
    """Share of the tickets whose story is over within minutes."""


@dataclass(frozen=True, slots=True)
class Made:
    """A fault that was made: seconds after the traffic began, how long it took, what it did."""

    name: str
    after: float
    took: float
    what: str


@dataclass(slots=True)
class Outcome:
    plan: Plan
    made: list[Made] = field(default_factory=list)
    failed: list[Finding] = field(default_factory=list)
    """Faults that could not be made, or that showed something wrong by themselves."""
    settled_seconds: float = 0.0
    left: Mapping[str, int] = field(default_factory=dict)
    """What was still under way when the time to settle was over."""
    evidence: Evidence | None = None
    answers: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    broken_off: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long each part of the run took."""

    @property
    def findings(self) -> list[tuple[str, Finding]]:
        asked = [(question, finding) for question, found in self.answers.items() for finding in found]
        return [*(("faults", finding) for finding in self.failed), *asked]


def play(plan: Plan, faults: Mapping[str, Fault], folder: Path, say: Callable[[str], None]) -> Outcome:
    """Raises NotReady, AssertionError when the system cannot even be started, or the traffic does not end."""
    outcome = Outcome(plan)
    start = start_of(plan)
    begun = time.monotonic()
    with running_system(folder, say, start, replicas=plan.replicas) as system:
        say(f"{len(system.processes())} processes run")
        county = traffic.few_grids(traffic.COUNTY, plan.grids)
        cast = traffic.settle_county(system, county)
        say(f"{cast.size} people have accounts")
        outcome.seconds = {"start": time.monotonic() - begun}
        flow = Traffic.of(
            system, county, cast, plan.seed, plan.tickets, start, plan.seconds, plan.rate, plan.brief
        )  # fmt: skip
        flow.start()
        try:
            _make_faults(outcome, faults, system, flow, say)
        finally:
            flow.wait(LAST_STORIES + timedelta(seconds=plan.seconds))
        outcome.seconds = {**outcome.seconds, "traffic": time.monotonic() - begun - outcome.seconds["start"]}
        outcome.broken_off = dict(flow.broken_off)
        now, outcome.settled_seconds, outcome.left = come_to_rest(system)
        say(f"at rest after {outcome.settled_seconds:.0f} s{f', but for {outcome.left}' if outcome.left else ''}")
        _ask(outcome, system, take_evidence(system, cast, flow.journal, now))
    outcome.seconds = {**outcome.seconds, "all": time.monotonic() - begun}
    return outcome


def _ask(outcome: Outcome, system: System, evidence: Evidence) -> None:
    begun = time.monotonic()
    outcome.evidence = evidence
    outcome.answers = ask(evidence)
    if outcome.findings:
        keep(evidence, [finding for _, finding in outcome.findings], system.folder)
    outcome.seconds = {**outcome.seconds, "rest": outcome.settled_seconds, "oracle": time.monotonic() - begun}


def _make_faults(
    outcome: Outcome, faults: Mapping[str, Fault], system: System, flow: Traffic, say: Callable[[str], None]
) -> None:
    """Each fault in its share of the time, at a moment of it drawn from the seed; one that lasts begins first."""
    plan, begun = outcome.plan, time.monotonic()
    rng = rng_of(plan.seed)
    share = plan.seconds * 0.94 / max(1, len(plan.faults))
    lasting = [name for name in plan.faults if isinstance(faults[name], Lasting)]
    for number, name in enumerate(sorted(plan.faults, key=lambda name: name not in lasting)):
        latest = begun + plan.seconds * 0.02 + share * number + rng.uniform(0, share * 0.5)
        while time.monotonic() < latest and flow.going:
            time.sleep(0.1)
        _try(outcome, name, begun, partial(faults[name].make, system, rng), say)
    for name in lasting:
        _try(outcome, f"{name}, its end", begun, partial(_finish, faults[name], system), say)


def _finish(fault: Fault, system: System) -> str:
    return fault.finish(system) if isinstance(fault, Lasting) else ""


def _try(outcome: Outcome, name: str, begun: float, step: Callable[[], str], say: Callable[[str], None]) -> None:
    """Note what the fault says. One that fails is a finding, and the run goes on."""
    after = time.monotonic() - begun
    try:
        what = step()
    except Exception as error:
        what = f"FAILED: {type(error).__name__}: {error}"
        outcome.failed.append(Finding(f"{name}: {what}", ()))
    made = Made(name, round(after, 1), round(time.monotonic() - begun - after, 1), what)
    outcome.made.append(made)
    say(f"{made.after:6.1f} s  {name} ({made.took:.1f} s): {what}")


def start_of(plan: Plan) -> datetime:
    """A morning so long ago that business time does not meet real time."""
    days = 2 + int(plan.seconds * plan.rate / 86_400) + 1
    day = system_now().astimezone(_ZONE) - timedelta(days=days)
    return day.replace(hour=_MORNING, minute=0, second=0, microsecond=0)


def figures(outcome: Outcome) -> dict[str, Any]:
    """Counts for the report."""
    evidence = outcome.evidence
    assert evidence is not None
    journal: Journal = evidence.journal
    taken = sum(len(events) for events in evidence.taken_at.values())
    return {
        "tickets": len(evidence.tickets),
        **journal.figures(),
        "refusals": dict(journal.refusals.most_common()),
        "events": len(evidence.events),
        "effects": taken,
        "notices": len(evidence.notices),
        "mails": len(evidence.mails),
        "poison": len(evidence.poison),
        "processes_ended": len(evidence.ends),
    }
