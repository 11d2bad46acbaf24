"""Official calendars that operators loaded: `calendars`, one document a year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo.database import Database

from services.chassis.unit import Unit
from services.tickets.domain.years import OfficialYear, amended
from services.tickets.storage.directory import Directory

COLLECTION = "calendars"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Working days by year, and by year which days it takes off and adds at the end of the one before."""

    years: Mapping[int, frozenset[date]]
    amending: Mapping[int, tuple[frozenset[date], frozenset[date]]]


class Years:
    """Of one unit of work."""

    def __init__(self, unit: Unit, directory: Directory) -> None:
        self._db, self._session, self._directory = unit.db, unit.session, directory
        self._found: Loaded | None = None

    def known(self, shipped: Mapping[int, frozenset[date]]) -> Mapping[int, frozenset[date]]:
        """Working days by year: what was loaded goes before what is shipped, and amends the end of the year before."""
        found = self._all()
        return amended({**shipped, **found.years}, found.amending)

    def loaded(self) -> Mapping[int, frozenset[date]]:
        """Working days by year, as each was loaded, before a later one amends it."""
        return self._all().years

    def _all(self) -> Loaded:
        if self._found is None:
            self._found = self._directory.recall("years", self._read)
        return self._found

    def put(self, year: OfficialYear, at: datetime) -> None:
        """In place of what was loaded for that year before."""
        self._directory.changed()
        self._found = None
        days = sorted(day.isoformat() for day in year.working_days)
        document = {
            "_id": year.year, "working_days": days, "source": year.source, "loaded_at": at,
            "before": sorted(day.isoformat() for day in year.before),
            "made_up_before": sorted(day.isoformat() for day in year.made_up_before),
        }  # fmt: skip
        self._db[COLLECTION].replace_one({"_id": year.year}, document, upsert=True, session=self._session)

    def _read(self) -> Loaded:
        rows = list(self._db[COLLECTION].find({}, session=self._session))
        return Loaded(
            {row["_id"]: _days(row["working_days"]) for row in rows},
            # A field that came later is not in what was loaded before.
            {row["_id"]: (_days(row.get("before", ())), _days(row.get("made_up_before", ()))) for row in rows},
        )


def _days(texts: Sequence[str]) -> frozenset[date]:
    return frozenset(map(date.fromisoformat, texts))


def loaded_years(db: Database[dict[str, Any]]) -> set[int]:
    """The years that were loaded; outside of a unit, for what watches."""
    return {row["_id"] for row in db[COLLECTION].find({}, {"_id": 1}).max_time_ms(2000)}
