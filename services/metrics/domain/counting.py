"""What each event adds to the totals. Any order gives the same sums; the inbox keeps an event from counting twice."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from services.metrics.domain import totals
from services.metrics.domain.totals import Key, make_key

Data = Mapping[str, Any]
Counts = Counter[Key]


def counts_of(event_type: str, publisher: str, area_path: str, data: Data) -> Counts:
    """The counters that this event moves, and by how much."""
    counts: Counts = Counter({make_key(totals.EVENTS, type=event_type, publisher=publisher): 1})
    if event_type in _RULES:
        counts.update(_RULES[event_type](area_path, data))
    return counts


def _filed(area: str, data: Data) -> Counts:
    ticket = data["ticket"]
    return _one(make_key(totals.FILED, area, kind=ticket["kind"], channel=ticket["channel"]))


def _resolved(area: str, data: Data) -> Counts:
    ticket = data["ticket"]
    return _one(make_key(totals.RESOLVED, area, kind=ticket["kind"], in_time=not ticket["late"]))


def _closed(area: str, data: Data) -> Counts:
    return _one(make_key(totals.CLOSED, area, kind=data["ticket"]["kind"], outcome=data["outcome"]))


def _ended(outcome: str) -> "Rule":
    def rule(area: str, data: Data) -> Counts:
        return _one(make_key(totals.CLOSED, area, kind=data["ticket"]["kind"], outcome=outcome))

    return rule


def _reopened(area: str, data: Data) -> Counts:
    return _one(make_key(totals.REOPENED, area, kind=data["ticket"]["kind"]))


def _confirmed(area: str, data: Data) -> Counts:
    way = totals.THROUGH_STAFF if data.get("way") in totals.WAYS_THROUGH_STAFF else totals.OWN
    return _one(make_key(totals.RATED, area, rating=data["rating"], way=way))


def _clock(outcome: str) -> "Rule":
    def rule(area: str, data: Data) -> Counts:
        severity = data["ticket"].get("severity")
        return _one(make_key(totals.CLOCKS, area, clock=data["clock"], severity=severity, outcome=outcome))

    return rule


def _warned(area: str, data: Data) -> Counts:
    return _one(make_key(totals.WARNINGS, area, clock=data["clock"], threshold=data["threshold"]))


def _escalated(area: str, data: Data) -> Counts:
    return _one(make_key(totals.ESCALATIONS, area, to_level=data["to_level"], cause=data["cause"]))


def _points(sum_total: str, count_total: str) -> "Rule":
    def rule(area: str, data: Data) -> Counts:
        counts = _one(make_key(count_total, area, rule=data["rule"]))
        counts[make_key(sum_total, area, rule=data["rule"])] += data["points"]
        return counts

    return rule


def _claim(outcome: str) -> "Rule":
    return lambda area, data: _one(make_key(totals.CLAIMS, area, outcome=outcome))


def _member(total: str) -> "Rule":
    return lambda area, data: _one(make_key(total, area))


def _notice(outcome: str) -> "Rule":
    return lambda area, data: _one(make_key(totals.NOTICES, area, channel=data["channel"], outcome=outcome))


def _opened(area: str, data: Data) -> Counts:
    return _one(make_key(totals.ACCOUNTS, kind=data["account"]["kind"]))


def _one(key: Key) -> Counts:
    return Counter({key: 1})


Rule = Callable[[str, Data], Counts]
_RULES: Mapping[str, Rule] = {
    "ticket.filed": _filed,
    "ticket.resolved": _resolved,
    "ticket.closed": _closed,
    "ticket.rejected": _ended("rejected"),
    "ticket.cancelled": _ended("cancelled"),
    "ticket.merged": _ended("merged"),
    "ticket.reopened": _reopened,
    "ticket.confirmed": _confirmed,
    "ticket.clock_met": _clock("met"),
    "ticket.clock_breached": _clock("breached"),
    "ticket.clock_warned": _warned,
    "ticket.escalated": _escalated,
    "points.awarded": _points(totals.POINTS_AWARDED, totals.AWARDS),
    "points.reversed": _points(totals.POINTS_REVERSED, totals.REVERSALS),
    "claim.won": _claim("won"),
    "claim.released": _claim("released"),
    "member.approved": _member(totals.MEMBERS),
    "member.suspended": _member(totals.SUSPENSIONS),
    "notice.sent": _notice("sent"),
    "notice.failed": _notice("failed"),
    "notice.undeliverable": _notice("undeliverable"),
    "account.opened": _opened,
}
