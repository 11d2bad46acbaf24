"""What a run tells: a table on the screen and a file of figures."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.faults.oracle import QUESTIONS
from tests.faults.questions.notices import uncertain_mails
from tests.faults.run import Outcome, figures

_SHOWN = 12


def table(outcome: Outcome) -> Iterable[str]:
    """A line for each question, and the first findings of each."""
    yield from (f"{'NO':>10}  {finding}" for finding in outcome.failed)
    for name in QUESTIONS:
        found = outcome.answers.get(name, ())
        yield f"{'yes' if not found else f'NO ({len(found)})':>10}  {name.replace('_', ' ')}"
        yield from (f"            {finding}" for finding in found[:_SHOWN])


def result(outcome: Outcome) -> dict[str, Any]:
    """Everything about a run, JSON-ready."""
    evidence, plan = outcome.evidence, outcome.plan
    assert evidence is not None
    uncertain = uncertain_mails(evidence)
    return {
        "name": "faults",
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "seed": plan.seed,
        "replicas": plan.replicas,
        "clock_rate": plan.rate,
        "brief_share": plan.brief,
        "seconds": {name: round(number, 1) for name, number in outcome.seconds.items()},
        "faults": [
            {"name": made.name, "after_seconds": made.after, "took_seconds": made.took, "what": made.what}
            for made in outcome.made
        ],
        "figures": figures(outcome),
        "stories_broken_off": dict(outcome.broken_off),
        "uncertain_mails": {
            "notices": len(uncertain),
            "sent_twice": sorted(identity for identity, number in uncertain.items() if number > 1),
        },
        "left_after_settling": dict(outcome.left),
        "oracle": {name: len(found) for name, found in outcome.answers.items()},
        "findings": [f"{question}: {finding}" for question, finding in outcome.findings],
    }


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cores": os.cpu_count(), "memory_gb": round(memory), "python": platform.python_version()}
