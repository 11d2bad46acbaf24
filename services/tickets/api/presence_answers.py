"""Stays and shares as they are answered."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from services.chassis.http.paging import Page
from services.tickets.domain.presence import Stay
from services.tickets.domain.presence_shares import monday
from services.tickets.handlers.presence import PersonShare, by_role


def stay_answer(stay: Stay, now: datetime) -> dict[str, Any]:
    seen = stay.as_of(now)
    return {
        "id": seen.id, "station_id": seen.station_id, "person_id": seen.person_id, "role": seen.role,
        "date": seen.day.isoformat(), "from_at": seen.from_at.isoformat(),
        "until_at": seen.until_at.isoformat() if seen.until_at else None, "ended_by": seen.ended_by,
        "seconds": seen.seconds(now), "late_reason": seen.late_reason, "recorded_at": seen.recorded_at.isoformat(),
    }  # fmt: skip


def report_answer(
    found: Sequence[PersonShare], page: Page, period: tuple[date, date], known_years: Collection[int]
) -> dict[str, Any]:
    """A page of people, and the sums of all."""
    after = tuple(page.after) if page.after else None
    rest = [one for one in found if after is None or (one.person_id, one.role) > after]
    answer = page.answer(rest, lambda one: (one.person_id, one.role))
    years = range(monday(period[0]).year, period[1].year + 1)
    return {
        **answer, "items": [_person(one) for one in answer["items"]],
        "from": period[0].isoformat(), "to": period[1].isoformat(),
        "roles": [
            {"role": role, "people": people, **_share(reached, due)}
            for role, (people, reached, due) in by_role(found).items()
        ],
        "unknown_years": [year for year in years if year not in known_years],
    }  # fmt: skip


def _person(one: PersonShare) -> dict[str, Any]:
    quota, share = one.quota, one.share
    asked = {"each": quota.each, "days": quota.days, "at_least_seconds": quota.at_least_seconds} if quota else None
    return {
        "person_id": one.person_id, "role": one.role, "quotas": one.pin, **_share(share.attained, share.due),
        "quota": asked, "seconds": one.seconds, "forgotten": one.forgotten,
        "days": [{"date": day.date.isoformat(), "seconds": day.seconds, "why": day.why} for day in share.days],
        "weeks": [
            {"from": week.first.isoformat(), "attained": week.attained, "due": week.due, "why": week.why}
            for week in share.weeks
        ],
    }  # fmt: skip


def _share(attained: int, due: int) -> dict[str, Any]:
    return {"attained": attained, "due": due, "share": round(attained / due, 4) if due else None}
