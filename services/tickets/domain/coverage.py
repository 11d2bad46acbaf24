"""Which compounds have an open station near enough: 15 minutes (000), 500 m (001), 10 minutes (002)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.tickets.domain.distances import metres_between
from services.tickets.domain.places import Place
from services.tickets.domain.stations import is_open

COVERED, UNCOVERED, WITHOUT_POSITION = STATES = ("covered", "uncovered", "without_position")


@dataclass(frozen=True, slots=True)
class Reach:
    """A compound and the open station nearest to it; without one where either has no position."""

    compound: Place
    state: str
    station: Place | None = None
    metres: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is uncovered first, the farthest first; then what has no position; then what is covered."""

    reaches: tuple[Reach, ...]

    def count(self, state: str) -> int:
        return sum(one.state == state for one in self.reaches)

    @property
    def share(self) -> float | None:
        """Per cent of the compounds whose position is known, cut to one decimal so that 100 means all; None of none."""
        known = len(self.reaches) - self.count(WITHOUT_POSITION)
        return self.count(COVERED) * 1000 // known / 10 if known else None


def coverage(compounds: Iterable[Place], stations: Iterable[Place], within_metres: float) -> Coverage:
    """Who is exactly so far away is covered. Distances are as the crow flies; a station that is not open, or has no
    position, is near to nobody, whatever its hours."""
    near = [station for station in stations if is_open(station) and station.position is not None]
    return Coverage(tuple(sorted((_reach(one, near, within_metres) for one in compounds), key=_order)))


def _reach(compound: Place, stations: Sequence[Place], within: float) -> Reach:
    here = compound.position
    if here is None:
        return Reach(compound, WITHOUT_POSITION)
    away = ((metres_between(here, one.position), one.id, one) for one in stations if one.position is not None)
    metres, _, nearest = min(away, default=(None, "", None))
    covered = metres is not None and metres <= within
    return Reach(compound, COVERED if covered else UNCOVERED, nearest, metres)


def _order(one: Reach) -> tuple[int, float, str]:
    rank = (UNCOVERED, WITHOUT_POSITION, COVERED).index(one.state)
    return rank, float("-inf") if one.metres is None else -one.metres, one.compound.id
