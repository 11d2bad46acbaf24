"""The report in one page: what was filed, kept, missed, lifted, paid and told."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.metrics.domain import totals
from services.metrics.domain.totals import TOTALS, Key

LEVELS = ("grid", "community", "street", "district")


def summarise(values: Mapping[Key, int], area_paths: Sequence[str]) -> dict[str, Any]:
    """The report for these areas and what lies beneath them."""
    seen = {key: value for key, value in values.items() if _within(key, area_paths)}
    in_time = _by(seen, totals.RESOLVED, "in_time")
    clocks = _by(seen, totals.CLOCKS, "outcome")
    lifted = _by(seen, totals.ESCALATIONS, "to_level")
    return {
        "tickets": {
            "filed": _sum(seen, totals.FILED),
            "resolved": sum(in_time.values()),
            "resolved_in_time": in_time["true"],
            "reopened": _sum(seen, totals.REOPENED),
            "closed": dict(_by(seen, totals.CLOSED, "outcome")),
            "ratings": dict(_by(_came(seen, totals.OWN), totals.RATED, "rating")),
            "ratings_through_staff": dict(_by(_came(seen, totals.THROUGH_STAFF), totals.RATED, "rating")),
        },
        "clocks": {"met": clocks["met"], "breached": clocks["breached"]},
        "escalated": {level: lifted[level] for level in LEVELS},
        "points": {
            "awarded": _sum(seen, totals.POINTS_AWARDED),
            "reversed": _sum(seen, totals.POINTS_REVERSED),
            "awards": _sum(seen, totals.AWARDS),
            "reversals": _sum(seen, totals.REVERSALS),
        },
        "claims": dict(_by(seen, totals.CLAIMS, "outcome")),
        "members_approved": _sum(seen, totals.MEMBERS),
        "members_suspended": _sum(seen, totals.SUSPENSIONS),
        "notices": dict(_by(seen, totals.NOTICES, "outcome")),
    }


def _within(key: Key, area_paths: Iterable[str]) -> bool:
    return any(key.area.startswith(path) for path in area_paths)


def _came(values: Mapping[Key, int], way: str) -> dict[Key, int]:
    """Of the ratings those that came in this way."""
    position = TOTALS[totals.RATED].labels.index("way")
    return {key: value for key, value in values.items() if key.total == totals.RATED and key.labels[position] == way}


def _sum(values: Mapping[Key, int], total: str) -> int:
    return sum(value for key, value in values.items() if key.total == total)


def _by(values: Mapping[Key, int], total: str, label: str) -> Counter[str]:
    position = TOTALS[total].labels.index(label)
    found: Counter[str] = Counter()
    for key, value in values.items():
        if key.total == total:
            found[key.labels[position]] += value
    return found
