"""The short form of `make faults`: a few hundred tickets, a handful of faults, the same oracle."""

import secrets
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.faults import FAULTS
from tests.faults.run import Plan, figures, play
from tests.faults.telling import rng_of

ALWAYS = ("relay-before-mark", "consumer-before-ack", "http-before-answer")
"""Where a thing is most easily done twice."""
QUICK = (
    "relay-before-publish", "relay-before-confirm", "consumer-before-commit", "consumer-after-ack",
    "timers-before-fire", "timers-before-commit", "http-before-commit", "kill-tickets", "kill-volunteers",
    "kill-notifications", "kill-metrics", "ask-to-end", "poison", "same-event-at-once",
)  # fmt: skip
"""Faults that are over within seconds; `make faults` makes all."""


@pytest.mark.timeout(400)  # about 110 s where the machine has nothing else to do; the waits inside are bounded
def test_faults_drawn_from_a_seed_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    seed = secrets.randbelow(10**6)
    faults = [*ALWAYS, *rng_of(seed).sample(QUICK, 4)]
    rng_of(seed).shuffle(faults)
    plan = Plan(seed, tickets=200, seconds=50, replicas=1, grids=4, rate=280.0, faults=tuple(faults))
    print(f"seed {seed}: {', '.join(faults)}")
    outcome = play(plan, FAULTS, tmp_path, print)
    assert not outcome.findings, f"seed {seed}, logs in {tmp_path}:\n" + "\n".join(report.table(outcome))
    assert figures(outcome)["tickets"] >= plan.tickets * 0.9
