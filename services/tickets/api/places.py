"""Areas and calendars: read by everybody; places are loaded by an administrator."""

from datetime import timedelta
from typing import Any

from services.chassis import aside as manners
from services.chassis.aside import aside
from services.chassis.auth.principal import NotAllowed, NotFound
from services.chassis.http import ANYONE, MOST_TOLD, AtOnce, Call, Limit, Problem, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.acts import Keeping
from services.tickets.api.place_answers import area_answer, error_answer, load_answer
from services.tickets.domain.acts import loaded
from services.tickets.domain.place_plain import tree
from services.tickets.domain.places import AREA_LEVELS, Place
from services.tickets.domain.places_tree import read_places
from services.tickets.domain.refused import Refused
from services.tickets.files.places_export import table
from services.tickets.handlers.places import load_read
from services.tickets.schemas import answers
from services.tickets.schemas import places as shapes

TAGS = ("places",)
LOADING = AtOnce("loads", most=1, by_address=1)
"""A megabyte of places takes a second and more of a processor, also to be told what is wrong with it. *(ours)*"""
LOADS = Limit("places", 60, timedelta(hours=1), lambda call: call.principal.person_id)
"""Trying counts as well *(ours)*."""
WHOLE = AtOnce("whole", most=2, by_address=2)
"""Room for answers that hold a whole county, or thousands of tickets. *(ours)*"""
EXPORTERS = ("admin", "district")


class Places(Keeping):
    """Places and calendars."""

    @command("POST", "/api/v1/places", roles=("admin",), body=shapes.LoadPlaces, params=shapes.LoadParams,
             answer=shapes.LoadedOut, limit=LOADS, at_once=LOADING, tags=TAGS, problems=("bad-places",))  # fmt: skip
    def load(self, unit: Unit, call: Call) -> Reply:
        """Load places; loading the same again changes nothing. `dry_run` only says what would change.

        60 an hour, tries too, and one at a time.
        """
        _require_admin(call)
        reading = call.once("reading", lambda: aside(lambda: read_places(call.body)))
        report = load_read(self.store(unit), reading, manners, dry_run=call.params["dry_run"])
        if report.errors:
            told = [error_answer(error, call.locale) for error in report.errors[:MOST_TOLD]]
            raise Problem("bad-places", errors=told, more_errors=len(report.errors) - len(told))
        if not call.params["dry_run"]:
            changes = [(change.place, change.before, change.differs) for change in report.changes]
            self.record_act(unit, call, *loaded(changes))
        return Reply(load_answer(report, dry_run=call.params["dry_run"]))

    @query("GET", "/api/v1/places/export", roles=EXPORTERS, params=shapes.ExportParams, answer=shapes.ExportOut,
           at_once=WHOLE, tags=TAGS)  # fmt: skip
    def export(self, unit: Unit, call: Call) -> Reply:
        """A county as data that can be loaded again: the body of `POST /api/v1/places`."""
        county = self._county(unit, call)
        return Reply(aside(lambda: tree(county)))

    @query("GET", "/api/v1/places/export/csv", roles=EXPORTERS, params=shapes.TableParams,
           media="text/csv; charset=utf-8", at_once=WHOLE, tags=TAGS)  # fmt: skip
    def export_table(self, unit: Unit, call: Call) -> Reply:
        """The `areas` (with compounds) or the `stations` of a county as a CSV file, as Excel opens it."""
        kind = call.params["table"]
        name = f"{call.params['county']}-{kind}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        county = self._county(unit, call)
        return Reply(aside(lambda: table(kind, county)), headers=headers)

    def _county(self, unit: Unit, call: Call) -> list[Place]:
        store, path = self.store(unit), f"/{call.params['county']}/"
        call.principal.require(path, *EXPORTERS)
        known(store, call.params["county"], ("county",))
        found: list[Place] = store.places_of_county(call.params["county"])
        return found

    @query("GET", "/api/v1/areas", roles=ANYONE, params=shapes.AreaFilter, answer=shapes.AreaPage, tags=TAGS)
    def list_areas(self, unit: Unit, call: Call) -> Reply:
        """Areas and compounds, by identity."""
        store = self.store(unit)
        levels = (call.params["level"],) if "level" in call.params else AREA_LEVELS
        after = call.page.after[0] if call.page.after else None
        found = store.find_places(levels, call.params.get("under"), after, call.page.fetch)
        page = call.page.answer(found, lambda place: (place.id,))
        page["items"] = [area_answer(store, place) for place in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/areas/<area_id>", roles=ANYONE, answer=shapes.AreaOut, tags=TAGS)
    def get_area(self, unit: Unit, call: Call, area_id: str) -> Reply:
        """One area or compound."""
        store = self.store(unit)
        return Reply(area_answer(store, known(store, area_id, AREA_LEVELS)))

    @query("GET", "/api/v1/calendars/working-days/<year>", roles=ANYONE, answer=answers.WorkingDaysOut, tags=TAGS,
           problems=("calendar-year-unknown",))  # fmt: skip
    def working_days(self, unit: Unit, call: Call, year: str) -> Reply:
        """The official Chinese working days of a year (with 调休); a year that is not loaded is unknown."""
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            raise NotFound
        found = self.house.working_days(self.store(unit)).years
        if int(year) not in found:
            raise Refused("calendar-year-unknown", year=int(year))
        days = sorted(found[int(year)])
        return Reply({"year": int(year), "count": len(days), "working_days": [day.isoformat() for day in days]})


def known(store: Any, place_id: str, levels: tuple[str, ...]) -> Place:
    """Raises NotFound, also for a place of another level."""
    place: Place | None = store.place(place_id)
    if place is None or place.level not in levels:
        raise NotFound
    return place


def _require_admin(call: Call) -> None:
    """An administrator loads the places of their own county only."""
    county = call.body.get("county")
    identity = county.get("id") if isinstance(county, dict) else None
    if isinstance(identity, str) and not call.principal.may(f"/{identity}/", "admin"):
        raise NotAllowed
