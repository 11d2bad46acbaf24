"""Presence at stations (下沉驿站): who was there from when until when. A stay lies within one local day.

A check-out that was forgotten is made up for by a rule, not by a clock: once the local day is over, or the person
checks in elsewhere after closing, a stay that nobody ended has ended when the station closed on that day, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.tickets.domain.hours import DAY_MINUTES, Hours
from services.tickets.domain.refused import Refused
from services.tickets.domain.told_times import happened

CHECKED_OUT, ELSEWHERE, FORGOTTEN, ENTERED_LATE = ENDINGS = ("checked_out", "elsewhere", "forgotten", "entered_late")
"""How a stay ended: by its own check-out, by a check-in at another station, by the rule, or as it was entered."""
LATE_REASONS = ("forgotten", "no_network", "no_device", "called_away")
"""Why a presence is entered afterwards; chosen, so that nobody writes of others here."""
MOST_STAYS_A_DAY = 40
"""Of one person *(ours)*: whoever asks for a report reads them all."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One presence of one person at one station."""

    id: str
    station_id: str
    person_id: str
    role: str
    day: date
    from_at: datetime
    closes_at: datetime
    """When the station closed on that day, as its hours were at check-in; `from_at` if it did not open after that."""
    day_ends_at: datetime
    recorded_at: datetime
    until_at: datetime | None = None
    ended_by: str | None = None
    late_reason: str | None = None

    def as_of(self, now: datetime) -> "Stay":
        """The stay as it reads at an instant: when its day is over, it has ended."""
        if self.until_at is not None or now < self.day_ends_at:
            return self
        return replace(self, until_at=self.closes_at, ended_by=FORGOTTEN)

    def left_for_another(self, now: datetime) -> "Stay":
        """Ended, because the person is seen at another station: now, or when this one closed if that is longer ago."""
        if now > self.closes_at:
            return replace(self, until_at=self.closes_at, ended_by=FORGOTTEN)
        return replace(self, until_at=now, ended_by=ELSEWHERE)

    def seconds(self, now: datetime) -> int:
        """How long it has lasted; one that goes on counts until now, or until closing when that has passed."""
        end = self.as_of(now).until_at or max(min(now, self.closes_at), self.from_at)
        return int((end - self.from_at) / timedelta(seconds=1))


def local_day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The moment of a minute of a local day; 1440 is midnight at its end."""
    day, minute = day + timedelta(days=minute // DAY_MINUTES), minute % DAY_MINUTES
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)


def closing(hours: Hours | None, from_at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the station closes for good on the day of a check-in, and when that day ends.

    Who comes after the last closing, or on a day on which it does not open, may stay until the day ends, but has to
    check out: no opening hours are left with which a forgotten check-out could be made up for.
    """
    day = local_day(from_at, zone)
    ends = instant(day, DAY_MINUTES, zone)
    openings = hours.of(day) if hours is not None else ()
    closes = instant(day, openings[-1][1], zone) if openings else from_at
    return max(closes, from_at), ends


def entered_late(stay: Stay, until_at: datetime, reason: str | None, longest_seconds: int, now: datetime) -> Stay:
    """A presence of before. Raises Refused: occurred-in-future, late-entry-needs-reason, late-entry-too-old,
    presence-over-midnight.
    """
    until_at = happened(until_at, now)
    if until_at <= stay.from_at:  # begun within the tolerance: it has yet to be
        raise Refused("occurred-in-future")
    if reason is None:
        raise Refused("late-entry-needs-reason")
    if now - stay.from_at > timedelta(seconds=longest_seconds):
        raise Refused("late-entry-too-old", days=longest_seconds // 86_400)
    if until_at > stay.day_ends_at:
        raise Refused("presence-over-midnight")
    return replace(stay, until_at=until_at, ended_by=ENTERED_LATE, late_reason=reason)


def free_of(stay: Stay, others: Sequence[Stay], now: datetime) -> None:
    """Nobody is at two stations at once. `others`: his of that day.

    Raises Refused: presence-overlaps, too-many-check-ins.
    """
    if len(others) >= MOST_STAYS_A_DAY:
        raise Refused("too-many-check-ins", most=MOST_STAYS_A_DAY)
    end = stay.until_at or now
    for other in (one.as_of(now) for one in others):
        if other.id != stay.id and other.from_at < end and stay.from_at < (other.until_at or now):
            raise Refused("presence-overlaps", station=other.station_id)
