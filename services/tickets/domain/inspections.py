"""An inspection of a station by a standard: each item is answered, the points follow (六有 001, 2+5+N 003 ...)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.tickets.domain.refused import Refused
from services.tickets.domain.sheets import Standard

MET, PARTLY, NOT_MET = ANSWERS = ("met", "partly", "not_met")
SERVES_THERE = ("grid_worker", "grid_head", "station_head")
"""Who has one of these roles over a station or its grid serves there."""
ENTERED_WITHIN_DAYS = 31
"""How late an inspection may be entered (ours)."""
OFFICES = ("community", "street", "district")
"""Who inspects, the lowest first."""
STANDS_DAYS = 90
"""For how long what a higher office found stands, whatever an office beneath it finds later (ours)."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found, and what it scored under the version that held then."""

    id: str
    station_id: str
    area_path: str
    """The station's, when it was inspected."""
    name: str
    """Of the standard."""
    standard: str
    """The standard with its version."""
    day: date
    answers: Mapping[str, str]
    points: int
    most: int
    at: datetime
    by: str
    office: str | None = None
    """The highest of OFFICES that who inspected had over the station; None: from before this was kept."""

    @property
    def position(self) -> str:
        """Where it stands in its station's list."""
        return f"{self.day.isoformat()}|{self.id}"

    @property
    def per_mille(self) -> int:
        return per_mille(self.points, self.most)


def latest_of(found: Sequence[Inspection]) -> Inspection:
    """By which of its inspections by one standard a station stands; there is at least one.

    The latest, unless an office above that of the latest inspected within STANDS_DAYS before it: nobody puts aside what
    those above found by inspecting again. Of several the highest office's counts, of that the latest.
    """
    since = max(one.day for one in found) - timedelta(days=STANDS_DAYS)
    return max((one for one in found if one.day >= since), key=lambda one: (_height(one), one.position))


def _height(one: Inspection) -> int:
    return OFFICES.index(one.office) if one.office in OFFICES else -1


def per_mille(points: int, most: int) -> int:
    """Of the points that could be had, rounded half up."""
    return (2000 * points + most) // (2 * most)


def points_of(standard: Standard, answers: Mapping[str, str]) -> int:
    """Raises Refused: no-such-item, items-unanswered, not-half-there."""
    for code, answer in answers.items():
        if code not in standard.items:
            raise Refused("no-such-item", item=code, items=list(standard.items))
        if answer == PARTLY and not standard.items[code].partly:
            raise Refused("not-half-there", item=code)
    if missing := [code for code in standard.items if code not in answers]:
        raise Refused("items-unanswered", items=missing)
    share = {MET: 2, PARTLY: 1, NOT_MET: 0}
    return sum(share[answers[code]] * item.points for code, item in standard.items.items()) // 2


def ranks(scores: list[int]) -> list[int]:
    """The place of each of falling scores; equal ones share a place, and the next comes after all of them."""
    return [scores.index(score) + 1 for score in scores]
