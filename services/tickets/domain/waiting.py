"""Stretches in which a ticket waits, and whose promised time stands still meanwhile."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from services.tickets.domain import steps
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.steps import Step
from services.tickets.domain.timelines import Pause, Timeline

_ENDS = frozenset({steps.RESUMED, steps.RESOLVED}) | steps.ROUND_ENDS


def pauses(of_round: Sequence[Step]) -> Iterator[Pause]:
    """Pauses in order; what ends the work also ends the pause in which it happened."""
    begun: tuple[Step, str] | None = None
    level = LEVELS[0]
    for step in of_round:
        if step.kind in steps.ROUND_STARTS:
            level = str(step.detail.get("level") or LEVELS[0])
        elif step.kind in steps.MOVES:
            level = str(step.detail["to_level"])
        if step.kind == steps.PAUSED and begun is None:
            begun = step, level
        elif step.kind in _ENDS and begun is not None:
            yield _pause(*begun, step.at)
            begun = None
    if begun is not None:
        yield _pause(*begun, None)


def _pause(begun: Step, level: str, end: datetime | None) -> Pause:
    return Pause(begun.at, end, str(begun.detail.get("reason_code", "")), level=level)


def of_level(level: str, timeline: Timeline) -> Timeline:
    """The time of a level stands still only for who let it wait there or above, whom `pausing.pause` asks for that. It
    runs through what was paused beneath, in whichever second it was lifted."""
    stops = {pause: pause.taken_up or LEVELS.index(pause.level) >= LEVELS.index(level) for pause in timeline.pauses}
    stands, runs = (tuple(pause for pause, stop in stops.items() if stop is wanted) for wanted in (True, False))
    return replace(timeline, pauses=stands, runs_on=runs)
