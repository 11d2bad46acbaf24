"""Official calendars that operators loaded: `calendars`, one document a year."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pymongo.database import Database

from services.chassis.unit import Unit
from services.tickets.domain.years import OfficialYear
from services.tickets.storage.directory import Directory

COLLECTION = "calendars"


class Years:
    """Of one unit of work."""

    def __init__(self, unit: Unit, directory: Directory) -> None:
        self._db, self._session, self._directory = unit.db, unit.session, directory
        self._found: Mapping[int, frozenset[date]] | None = None

    def loaded(self) -> Mapping[int, frozenset[date]]:
        """Working days by year."""
        if self._found is None:
            self._found = self._directory.recall("years", self._read)
        return self._found

    def put(self, year: OfficialYear, at: datetime) -> None:
        """In place of what was loaded for that year before."""
        self._directory.changed()
        self._found = None
        days = sorted(day.isoformat() for day in year.working_days)
        document = {"_id": year.year, "working_days": days, "source": year.source, "loaded_at": at}
        self._db[COLLECTION].replace_one({"_id": year.year}, document, upsert=True, session=self._session)

    def _read(self) -> Mapping[int, frozenset[date]]:
        rows = self._db[COLLECTION].find({}, session=self._session)
        return {row["_id"]: frozenset(map(date.fromisoformat, row["working_days"])) for row in rows}


def loaded_years(db: Database[dict[str, Any]]) -> set[int]:
    """The years that were loaded; outside of a unit, for what watches."""
    return {row["_id"] for row in db[COLLECTION].find({}, {"_id": 1}).max_time_ms(2000)}
