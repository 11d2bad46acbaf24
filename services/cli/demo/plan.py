"""Which matters come up when and where on the day: drawn from a seed, so that the same day can be played again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.cli.demo.county import County, Grid

OBLIGATORY = (
    "up-to-the-district", "volunteer-reopened", "volunteer", "volunteer-suspended", "late", "planned", "kept",
    "hotline", "anonymous", "reopened", "rejected", "cancelled", "entered-late", "sent-twice", "by-hand", "order",
    "wish", "errand", "hazard", "dispute", "topic", "joint", "visit", "loan", "project", "transferred", "merged",
)  # fmt: skip
"""Happen on every day, however short, early enough to come to their end."""

WEIGHTS = {
    "kept": 40, "complex": 10, "volunteer": 14, "late": 9, "up-to-the-street": 5, "planned": 5, "hotline": 6,
    "anonymous": 4, "reopened": 4, "reclassified": 3, "rejected": 3, "cancelled": 3, "sent-twice": 2,
    "volunteer-reopened": 2, "order": 4, "wish": 4, "errand": 5, "hazard": 4, "dispute": 2, "topic": 2, "visit": 4,
    "loan": 2, "transferred": 1, "merged": 1,
}  # fmt: skip
MOST_ANONYMOUS = 12
"""Strangers at one address may file 30 an hour."""
_HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 12, 15, 15, 13, 7, 7, 13, 15, 14, 12, 9, 8, 6, 4, 2, 1)
"""How much comes up in each local hour of the day."""
_URGENT_SHARE = 0.12
_EARLIEST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Story:
    """One matter. `seed` draws what is left open: minutes, severities, ratings."""

    kind: str
    at: datetime
    grid: Grid
    urgent: bool
    seed: int


def draw(county: County, start: datetime, end: datetime, tickets: int, seed: int, zone: ZoneInfo) -> list[Story]:
    """`tickets` stories, at least the obligatory ones, in the order in which they begin."""
    rng = random.Random(seed)  # noqa: S311 - a play, no secrets
    stories = _obligatory(county, start, end, rng)
    kinds = list(WEIGHTS)
    for _ in range(tickets - len(stories)):
        kind = rng.choices(kinds, [WEIGHTS[name] for name in kinds])[0]
        if kind == "anonymous" and sum(story.kind == kind for story in stories) >= MOST_ANONYMOUS:
            kind = "kept"
        urgent = rng.random() < _URGENT_SHARE
        stories.append(
            Story(kind, _moment(start, end, zone, rng), rng.choice(county.grids), urgent, rng.getrandbits(32))
        )
    return sorted(stories, key=lambda story: story.at)


def _obligatory(county: County, start: datetime, end: datetime, rng: random.Random) -> list[Story]:
    """Urgent, so that they go the same way at whatever hour the day begins; the longest first."""
    step = min((end - start) / 30, timedelta(minutes=30))
    return [
        Story(kind, start + _EARLIEST + number * step, rng.choice(county.grids), True, rng.getrandbits(32))
        for number, kind in enumerate(OBLIGATORY)
    ]


def _moment(start: datetime, end: datetime, zone: ZoneInfo, rng: random.Random) -> datetime:
    """An hour by its weight, then any minute of it."""
    hours = _hours_between(start, end)
    weights = [_HOURS[hour.astimezone(zone).hour] for hour in hours]
    chosen = rng.choices(hours, weights)[0]
    return min(chosen + timedelta(seconds=rng.randrange(3600)), end)


def _hours_between(start: datetime, end: datetime) -> Sequence[datetime]:
    return [start + timedelta(hours=number) for number in range(max(1, (end - start) // timedelta(hours=1)))]
