"""A day, from an empty installation to figures that agree. `command` plays it natively, a test in its own namespace.

Business time stands still while the county is set up, runs while the day is played, and stands still again while the
figures are read. At the end it meets real time.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from services.accounts.administration import create_first_admin
from services.chassis.clock import MAX_RATE, BusinessClock, system_now
from services.chassis.context import Context
from services.cli.demo import cast as casting
from services.cli.demo.county import County, read_county
from services.cli.demo.edge import Caller, Edge
from services.cli.demo.figures import Figure, Places, collect
from services.cli.demo.plan import draw
from services.cli.demo.progress import Progress
from services.cli.demo.rest import Databases, stop_clock, wait_for_rest
from services.cli.demo.samples import Samples
from services.cli.demo.stage import Stage, Tally
from services.cli.demo.tales import TALES
from services.cli.demo.telling import Telling, Town
from services.cli.demo.working_days import supply_working_days
from services.metrics.recount import recount
from services.tickets.files.places import load_places_file
from services.volunteers.audit import audit

_PLACES_KNOWN_SECONDS = 60.0
_STAFF_KNOWN_SECONDS = 60.0
_READINGS = 12
"""How often the figures are read again when Prometheus has not scraped the last of them yet."""


@dataclass(frozen=True, slots=True)
class Day:
    """What is to be played. `hours` of business time end at real time."""

    county_file: Path
    hours: float
    rate: float
    tickets: int
    seed: int

    @property
    def seconds(self) -> float:
        """How long business time takes to meet real time."""
        return self.hours * 3600 / (self.rate - 1)


@dataclass(frozen=True, slots=True)
class Venue:
    """The installation that the day is played on: its edge, its databases, what watches it."""

    edge_url: str
    contexts: Mapping[str, Context]
    samples: Callable[[], Samples]
    mails: Callable[[], int]

    @property
    def clock(self) -> BusinessClock:
        return self.contexts["tickets"].clock

    @property
    def zone(self) -> ZoneInfo:
        return self.contexts["tickets"].settings.timezone

    @property
    def databases(self) -> Databases:
        return {name: context.db for name, context in self.contexts.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    cast: casting.Cast
    tally: Tally
    figures: Sequence[Figure]
    findings: Sequence[str]
    """What `doorstep points audit` and `doorstep metrics recount` say."""


def rate_for(hours: float, minutes: float) -> float:
    """How fast business time must run to make up `hours` in `minutes`; never above the fastest rate."""
    return min(MAX_RATE, hours * 60 / minutes + 1)


def play(day: Day, venue: Venue) -> Outcome:
    """Raises ServiceDown, Restless, Refused when the county cannot be set up, PlacesFileRefused."""
    edge = Edge(venue.edge_url)
    try:
        county = read_county(day.county_file)
        cast = _set_up(day, venue, edge, county)
        tally = Tally()
        _play_stories(day, venue, Town(edge, cast, venue.clock, venue.zone, tally), county)
        return _count(venue, cast, tally)
    finally:
        edge.close()


def _set_up(day: Day, venue: Venue, edge: Edge, county: County) -> casting.Cast:
    administrator = Caller(edge, "administrator", "administrator", secrets.token_urlsafe(15))
    create_first_admin(venue.contexts["accounts"], administrator.login, administrator.password, county.path)
    load_places_file(venue.contexts["tickets"].units, day.county_file.read_bytes())
    end = system_now()
    if years := supply_working_days(venue.contexts["tickets"], end - timedelta(hours=day.hours), end):
        click.echo(
            f"No official calendar of {', '.join(map(str, years))} is known: in this demonstration Monday to Friday "
            "are working days. An installation loads the notice: doorstep calendar load."
        )
    click.echo(
        f"Loaded {county.stations} stations, {len(county.grids)} grids, {county.compounds} compounds in "
        f"{len(county.communities)} communities."
    )
    wait_for_rest(venue.databases, venue.clock.now(), _PLACES_KNOWN_SECONDS)
    with click.progressbar(length=casting.size_of(county), label="Opening accounts") as bar:
        cast = casting.assemble(edge, administrator, county, lambda: bar.update(1))
    wait_for_rest(venue.databases, venue.clock.now(), _STAFF_KNOWN_SECONDS)
    return cast


def _play_stories(day: Day, venue: Venue, town: Town, county: County) -> None:
    end = system_now()
    start = end - timedelta(hours=day.hours)
    stories = draw(county, start, end, day.tickets, day.seed, town.zone)
    venue.clock.run(start, day.rate)
    minutes = day.seconds / 60
    click.echo(f"Playing {day.hours:g} hours in {minutes:.1f} minutes, {len(stories)} matters, seed {day.seed}.")
    stage = Stage(venue.clock, end, town.tally)
    with Progress(start, end, town) as progress:
        stage.play(((story.at, TALES[story.kind](Telling(town, story))) for story in stories), progress.show)


def _count(venue: Venue, cast: casting.Cast, tally: Tally) -> Outcome:
    """Read the figures while business time stands still; then let it meet real time again."""
    click.echo("Waiting until everything is published, consumed and sent …")
    moment = stop_clock(venue.clock)
    try:
        databases = venue.databases
        wait_for_rest(databases, moment)
        places = Places(databases, lambda: cast.district.get("/api/v1/reports/summary"), venue.samples, venue.mails,
                        lambda: _balances(cast))  # fmt: skip
        figures = _agreed(places, tally)
        findings = [f"points audit: {f.code}: {', '.join(f.ids)}: {f.detail}" for f in audit(databases["volunteers"])]
        findings += [f"metrics recount: {difference}" for difference in recount(databases)]
    finally:
        venue.clock.run(moment, MAX_RATE)
    return Outcome(cast, tally, figures, findings)


def _agreed(places: Places, tally: Tally) -> list[Figure]:
    """Prometheus is up to a scrape behind: read again until all agree, or for as long as that can take."""
    figures = collect(places, tally)
    for _ in range(_READINGS):
        if all(figure.agrees for figure in figures):
            break
        time.sleep(2)
        figures = collect(places, tally)
    return figures


def _balances(cast: casting.Cast) -> int:
    return sum(
        int(own["balance"]) - int(own["debt"])
        for members in cast.members.values()
        for own in (member.get("/api/v1/points/balance") for member in members)
    )
