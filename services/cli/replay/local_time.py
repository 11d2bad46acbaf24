"""Local times of a file as instants; what a time zone's changes make doubtful is named, never guessed in silence."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class NoSuchTime(ValueError):
    """A text that names no instant; the message says why."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in whole seconds of UTC, and what had to be decided to find it."""

    at: datetime
    notes: tuple[str, ...] = ()


def moment(text: str, zone: ZoneInfo) -> Moment:
    """Read an ISO 8601 time; without an offset it is local time of `zone`.

    A time that occurs twice, when clocks are set back, is taken as the first. Fractions of a second are cut, as all our
    clocks count whole seconds. Raises NoSuchTime, also for a time that clocks set forward leave out.
    """
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise NoSuchTime(f"{text!r} is not a time") from None
    if not 1900 < said.year < 2200:
        raise NoSuchTime(f"{text!r} lies outside of 1900 to 2200")
    notes = ("fraction of a second cut",) if said.microsecond else ()
    said = said.replace(microsecond=0)
    if said.tzinfo is not None:
        return Moment(said.astimezone(UTC), notes)
    first, second = (said.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != said:
        raise NoSuchTime(f"{text!r} does not exist in {zone.key}: clocks were set forward over it")
    if first != second:
        notes = (*notes, f"{text} occurs twice in {zone.key}: taken as the first")
    return Moment(first, notes)
