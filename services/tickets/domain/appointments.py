"""Appointments (预约): what a station offers by appointment, its slots on a day, and what may become of a booking.

Slots are reckoned from the service's weekly windows and the station's hours of that day; nothing of them is stored but
who has booked. Local days follow the time zone that is handed in.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.tickets.domain.hours import Opening
from services.tickets.domain.places import Place
from services.tickets.domain.policy import Text
from services.tickets.domain.presence import instant, local_day
from services.tickets.domain.refused import Refused
from services.tickets.domain.stations import is_open

BOOKED, CANCELLED, ATTENDED, NO_SHOW = STATES = ("booked", "cancelled", "attended", "no_show")
OUTCOMES = (ATTENDED, NO_SHOW)
BY_STATION, BY_PERSON = "station", "person"
ASKED_BY_PERSON = "asked_by_person"
REASONS = ("station_closed", "no_staff", "service_not_possible", ASKED_BY_PERSON)
"""Why a station cancels (ours)."""
MOST_OFFERED, MOST_DEFINED = 30, 100
"""Services of one station (ours): that take bookings, and altogether. Anybody may ask for all slots of a day."""
UNSERVED = ("station_not_open", "not_offered", "closed_that_day", "outside_hours", "outside_service_hours")
"""Why a booking is affected that nobody can have been served on."""
TOO_MANY, SLOTS_CHANGED = "too_many_booked", "slots_changed"
CAUSES = (*UNSERVED, TOO_MANY, SLOTS_CHANGED)
"""Why a booking can no longer be kept as it was made: the first that holds."""


@dataclass(frozen=True, slots=True)
class Appointable:
    """A service that a station offers by appointment. `week` has seven rows from Monday, as a station's hours have."""

    station_id: str
    id: str
    name: Text
    slot_minutes: int
    capacity: int
    """Places in each slot."""
    week: tuple[tuple[Opening, ...], ...]
    ahead_days: int
    """Until how many days after today may be booked."""
    cancel_minutes: int
    """Until how long before it begins a resident may cancel; staff may until it begins."""
    offered: bool = True
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """One time of one service."""

    station_id: str
    service_id: str
    day: date
    start_at: datetime
    end_at: datetime

    @property
    def all_of_day(self) -> str:
        """Names what is given away one after the other: all places of a service on a day.

        Not of one slot: slots may change while bookings stand, and then those of before and those of now overlap.
        """
        return f"{self.station_id}|{self.service_id}|{self.day.isoformat()}"

    def overlaps(self, other: "Slot") -> bool:
        """Whether both are of one service and have some time in common."""
        same = (self.station_id, self.service_id) == (other.station_id, other.service_id)
        return same and self.start_at < other.end_at and other.start_at < self.end_at


@dataclass(frozen=True, slots=True)
class Booking:
    """One place in one slot for one person. `sealed` holds name and telephone; None: erased, or none were given."""

    id: str
    slot: Slot
    person_id: str
    booked_by: str
    booked_at: datetime
    sealed: str | None
    state: str = BOOKED
    changed_at: datetime | None = None
    changed_by: str | None = None
    reason_code: str | None = None
    """Why the station cancelled it, one of `REASONS`."""
    words: str | None = None
    """What its staff added, sealed."""
    telephone_digest: str | None = None
    """By which bookings of one telephone are counted together; None: none was given, or it is erased."""
    cancel_minutes: int | None = None
    """Until how long before it begins the service let residents cancel when it was booked; None: not known."""
    sequence: int = 0
    """Of the latest event that tells of it."""
    affected_by: str | None = None
    """The cause that was found last, before it began; None: none."""
    told_of: tuple[str, ...] = ()
    """Causes of which who was to come was told since it was last unaffected."""

    @property
    def cancelled_by(self) -> str | None:
        """`person`: who was to come, himself; else `station`. None: it was not cancelled."""
        if self.state != CANCELLED:
            return None
        return BY_PERSON if self.changed_by == self.person_id else BY_STATION


def check_open(already: int, most: int) -> None:
    """Whoever has so many places in slots yet to come gets no further one. Raises Refused("too-many-bookings")."""
    if already >= most:
        raise Refused("too-many-bookings", most=most)


def check_room_for(service: Appointable, others: Iterable[Appointable], *, is_new: bool, is_offered_now: bool) -> None:
    """Whether a station may have one more service, or one more that takes bookings; what it has may stay and change.

    `others`: what it has besides. Raises Refused: too-many-services-defined, too-many-services-offered.
    """
    besides = list(others)
    if is_new and len(besides) >= MOST_DEFINED:
        raise Refused("too-many-services-defined", most=MOST_DEFINED)
    if service.offered and is_offered_now and sum(one.offered for one in besides) >= MOST_OFFERED:
        raise Refused("too-many-services-offered", most=MOST_OFFERED)


def fits_hours(service: Appointable, station: Place) -> None:
    """Raises Refused("appointment-hours-outside") for windows outside of the station's weekly hours."""
    openings = station.hours.week if station.hours is not None else ((),) * 7
    for weekday, windows in enumerate(service.week):
        for start, end in windows:
            if not any(opens <= start and end <= closes for opens, closes in openings[weekday]):
                raise Refused("appointment-hours-outside", weekday=weekday + 1)


def slots_on(service: Appointable, station: Place, day: date, zone: ZoneInfo) -> list[Slot]:
    """In order; each lies whole in a window of the service and in an opening of the station on that very day."""
    if not service.offered or not is_open(station) or station.hours is None:
        return []
    openings = station.hours.of(day)
    found = []
    for start, end in service.week[day.weekday()]:
        for minute in range(start, end - service.slot_minutes + 1, service.slot_minutes):
            if any(opens <= minute and minute + service.slot_minutes <= closes for opens, closes in openings):
                found.append(Slot(
                    station.id, service.id, day, instant(day, minute, zone),
                    instant(day, minute + service.slot_minutes, zone),
                ))  # fmt: skip
    return found


class Taken:
    """How many places of one service are taken at each moment of a day, worked out once for all of its slots."""

    def __init__(self, times: Iterable[tuple[datetime, datetime, int]]) -> None:
        """`times`: from, to, and how many bookings have just these."""
        steps: Counter[datetime] = Counter()
        for start_at, end_at, count in times:
            steps[start_at] += count
            steps[end_at] -= count
        self._at = sorted(steps)
        self._taken = [0]
        for moment in self._at:
            self._taken.append(self._taken[-1] + steps[moment])

    def most(self, slot: Slot) -> int:
        """At the moment of the slot when most are taken."""
        first, last = bisect_right(self._at, slot.start_at), bisect_left(self._at, slot.end_at)
        return max(self._taken[first : last + 1])


def most_at_once(slot: Slot, bookings: Iterable[Booking]) -> int:
    """How many places are taken in a slot at the moment when most are: by bookings that stand and overlap with it."""
    over = [one.slot for one in bookings if one.state != CANCELLED and one.slot.overlaps(slot)]
    return Taken((one.start_at, one.end_at, 1) for one in over).most(slot)


def has_place(booking: Booking, capacity: int, bookings: Iterable[Booking]) -> bool:
    """Whether there is a place for it among all bookings of its day: who booked first is served first."""
    earlier = [one for one in bookings if (one.booked_at, one.id) < (booking.booked_at, booking.id)]
    return most_at_once(booking.slot, earlier) < capacity


def bookable(service: Appointable, station: Place, start_at: datetime, now: datetime, zone: ZoneInfo) -> Slot:
    """The slot that begins then. Raises Refused: station-not-open, appointment-not-offered, appointment-in-past,
    appointment-too-far, station-closed-that-day, no-such-slot.
    """
    day = local_day(start_at, zone)
    if not is_open(station):
        raise Refused("station-not-open", id=station.id)
    if not service.offered:
        raise Refused("appointment-not-offered", service=service.id)
    if start_at <= now:
        raise Refused("appointment-in-past")
    if day > local_day(now, zone) + timedelta(days=service.ahead_days):
        raise Refused("appointment-too-far", days=service.ahead_days)
    if station.hours is None or not station.hours.of(day):
        raise Refused("station-closed-that-day", date=day.isoformat())
    for slot in slots_on(service, station, day, zone):
        if slot.start_at == start_at:
            return slot
    raise Refused("no-such-slot", date=day.isoformat())


def affected(
    booking: Booking, service: Appointable | None, station: Place | None, zone: ZoneInfo, of_day: Iterable[Booking] = ()
) -> str | None:
    """Why a booking can no longer be kept as it was made, one of `CAUSES`, as the station and its service are now, and
    beside the others `of_day`. None: it can, or it has ended.
    """
    if booking.state != BOOKED:
        return None
    why = why_unserved(booking.slot, service, station, zone)
    if why is not None or service is None or station is None:
        return why
    if not has_place(booking, service.capacity, of_day):
        return TOO_MANY
    return None if booking.slot in slots_on(service, station, booking.slot.day, zone) else SLOTS_CHANGED


def why_unserved(slot: Slot, service: Appointable | None, station: Place | None, zone: ZoneInfo) -> str | None:
    """Why nobody can be served in a slot, one of `UNSERVED`."""
    if station is None or not is_open(station):
        return "station_not_open"
    if service is None or not service.offered:
        return "not_offered"
    if station.hours is None or not station.hours.of(slot.day):
        return "closed_that_day"
    if not _is_within(slot, station.hours.of(slot.day), zone):
        return "outside_hours"
    if not _is_within(slot, service.week[slot.day.weekday()], zone):
        return "outside_service_hours"
    return None


def _is_within(slot: Slot, openings: Iterable[Opening], zone: ZoneInfo) -> bool:
    """Whether it lies whole in one of the openings of its day."""
    spans = ((instant(slot.day, opens, zone), instant(slot.day, closes, zone)) for opens, closes in openings)
    return any(opens <= slot.start_at and slot.end_at <= closes for opens, closes in spans)


def cancelled_until(booking: Booking, service: Appointable | None) -> int:
    """Minutes before it begins until which who was to come may cancel: as it was promised to him when he booked, or as
    the service has it now where that is later."""
    said = (booking.cancel_minutes, service.cancel_minutes if service else None)
    return min((minutes for minutes in said if minutes is not None), default=0)


def cancel(
    booking: Booking, by: str, now: datetime, before_minutes: int, reason_code: str | None = None,
    words: str | None = None,
) -> Booking:  # fmt: skip
    """Who was to come owes no reason; anybody else does. `words` are sealed.

    Raises Refused: booking-not-open, cancel-reason-required, too-late-to-cancel.
    """
    if booking.state != BOOKED:
        raise Refused("booking-not-open", state=booking.state)
    if now > booking.slot.start_at - timedelta(minutes=before_minutes):
        raise Refused("too-late-to-cancel", minutes=before_minutes)
    if by == booking.person_id:
        reason_code = words = None
    elif reason_code is None:
        raise Refused("cancel-reason-required", reasons=list(REASONS))
    return replace(
        booking, state=CANCELLED, changed_at=now, changed_by=by, reason_code=reason_code, words=words
    )  # fmt: skip
