"""Whether who had an appointment came: when that is recorded, of whom it is not, until when it is corrected."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.tickets.domain.appointments import (
    ATTENDED,
    BOOKED,
    OUTCOMES,
    UNSERVED,
    Appointable,
    Booking,
    why_unserved,
)
from services.tickets.domain.places import Place
from services.tickets.domain.presence import local_day
from services.tickets.domain.refused import Refused

EARLY_MINUTES = 30
"""How long before a slot begins somebody may be recorded as having come (ours): people come early and wait. Not longer,
since who is recorded can cancel no more."""
CORRECTED_DAYS = 1
"""Until the end of how many days after the slot's own an outcome may be corrected (ours)."""


def unserved_by(
    booking: Booking, service: Appointable | None, station: Place | None, now: datetime, zone: ZoneInfo
) -> str | None:
    """Why who was to come cannot have been served: as it is now, until the slot ends; else as it was found before."""
    if booking.state == BOOKED and now < booking.slot.end_at:
        why = why_unserved(booking.slot, service, station, zone)
        if why is not None:
            return why
    return booking.affected_by if now >= booking.slot.start_at else None


def record(
    booking: Booking, outcome: str, by: str, now: datetime, zone: ZoneInfo, why_not: str | None = None
) -> Booking:
    """Who came, from shortly before the slot on; who did not, once it began. One is corrected into the other.

    `why_not`: why the booking is affected, if so. Raises Refused: booking-not-open, outcome-stands, outcome-too-early,
    appointment-not-served.
    """
    if booking.state not in (BOOKED, *OUTCOMES) or booking.state == outcome:
        raise Refused("booking-not-open", state=booking.state)
    if booking.state != BOOKED and local_day(now, zone) > booking.slot.day + timedelta(days=CORRECTED_DAYS):
        raise Refused("outcome-stands")
    early = timedelta(minutes=EARLY_MINUTES) if outcome == ATTENDED else timedelta()
    if now < booking.slot.start_at - early:
        raise Refused("outcome-too-early", minutes=EARLY_MINUTES)
    if why_not in UNSERVED:
        raise Refused("appointment-not-served", why=why_not)
    return replace(booking, state=outcome, changed_at=now, changed_by=by)
