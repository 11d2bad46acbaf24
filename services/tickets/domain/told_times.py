"""Moments that callers tell of what has happened, by clocks that are not ours."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.tickets.domain.refused import Refused

CLOCKS_DIFFER = timedelta(minutes=2)
"""How far a caller's clock may be off (ours): telephones keep within seconds, office machines within minutes."""


def happened(told: datetime, now: datetime) -> datetime:
    """When it happened: what was told, or now where the caller's clock is a little ahead.

    Raises Refused("occurred-in-future").
    """
    if told > now + CLOCKS_DIFFER:
        raise Refused("occurred-in-future")
    return min(told, now)


def happened_on(told: date | None, now: datetime, zone: ZoneInfo) -> date:
    """The local day on which it happened: what was told, else today; tomorrow, while it begins within the tolerance,
    is today. Raises Refused("occurred-in-future").
    """
    today = now.astimezone(zone).date()
    if told is not None and told > (now + CLOCKS_DIFFER).astimezone(zone).date():
        raise Refused("occurred-in-future")
    return min(told or today, today)


def is_late(told: datetime, now: datetime) -> bool:
    """Whether it is entered afterwards, and not just sent by a clock a little behind or on a slow line."""
    return now - told > CLOCKS_DIFFER
