"""Service records (人次): so many persons were served at a station on a day, under a theme. Nobody is named.

Not every service is a ticket. A record is never edited: what was counted wrongly is taken back by a reversing record.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.tickets.domain.refused import Refused
from services.tickets.domain.sheets import Themes

REASONS = ("miscounted", "wrong_theme", "wrong_day", "wrong_station", "counted_twice")
"""Why a record is taken back."""


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """One row of the count. `persons` is negative in a reversing record."""

    id: str
    station_id: str
    area_path: str
    """The station's, when it was recorded."""
    theme: str
    persons: int
    day: date
    """Of the county's own time."""
    themes: str
    """The list of themes, with its version."""
    recorded_at: datetime
    by: str
    reverses: str | None = None
    reason: str | None = None
    reversed_by: str | None = None
    """The record that takes this one back."""

    @property
    def position(self) -> str:
        """Where it stands in its station's list."""
        return f"{self.day.isoformat()}|{self.id}"


def check(themes: Themes, theme: str, persons: int, day: date, today: date) -> None:
    """Raises Refused: no-such-theme, too-many-persons, late-entry-too-old."""
    if theme not in themes.themes:
        raise Refused("no-such-theme", theme=theme, themes=sorted(themes.themes))
    if persons > themes.most_persons:
        raise Refused("too-many-persons", most=themes.most_persons)
    late = timedelta(seconds=themes.late_seconds)
    if today - day > late:
        raise Refused("late-entry-too-old", days=late.days)


def reverse(record: ServiceRecord, id: str, by: str, reason: str, at: datetime) -> ServiceRecord:
    """The record that takes this one back. Raises Refused: record-reversed, record-is-a-reversal."""
    if record.reverses is not None:
        raise Refused("record-is-a-reversal")
    if record.reversed_by is not None:
        raise Refused("record-reversed", record=record.reversed_by)
    return ServiceRecord(
        id, record.station_id, record.area_path, record.theme, -record.persons, record.day, record.themes, at, by,
        reverses=record.id, reason=reason,
    )  # fmt: skip
