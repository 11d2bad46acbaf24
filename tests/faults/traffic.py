"""Residents, staff and volunteers work tickets through their life, at a paced rate, whatever breaks meanwhile."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.accounts.administration import create_first_admin
from services.chassis.clock import BusinessClock, reading, system_now
from services.cli.demo import cast as casting
from services.cli.demo.cast import Cast
from services.cli.demo.county import County, read_county
from services.cli.demo.edge import Caller
from services.cli.demo.plan import Story
from services.cli.demo.rest import wait_for_rest
from services.cli.demo.stage import Stage, Tally
from services.cli.demo.tales import TALES
from services.cli.demo.telling import Town
from services.tickets.files.places import load_places_file
from tests.faults.asking import Asker
from tests.faults.journal import Journal
from tests.faults.system import System
from tests.faults.telling import Play, RecordedTelling, rng_of
from tests.support.processes import ROOT

COUNTY = ROOT / "deploy" / "demo" / "hequ.yml"
_PASSWORD = "for-faults-only-7"
_HANDS = 48
_WEIGHTS = {
    "kept": 26, "complex": 7, "volunteer": 16, "late": 10, "up-to-the-street": 5, "up-to-the-district": 3,
    "planned": 6, "hotline": 6, "reopened": 5, "reclassified": 4, "rejected": 3, "cancelled": 3, "sent-twice": 3,
    "volunteer-reopened": 4, "volunteer-suspended": 3, "by-hand": 5, "entered-late": 3, "order": 4, "wish": 3,
    "errand": 4, "hazard": 4, "dispute": 2, "topic": 2, "joint": 2, "visit": 2, "loan": 2, "project": 2,
    "transferred": 2, "merged": 2,
}  # fmt: skip
_MAILED = 4
"""Every fourth has an e-mail address: a mail costs more than all else that an event sets off."""
_BRIEF = {"cancelled": 3, "rejected": 2}
"""Over within minutes: they go through all services, and few notices come of them."""
_STRANGERS = 10
"""Strangers at one address may file 30 tickets an hour; each repetition counts."""
_URGENT_SHARE = 0.4
"""These run on the wall clock, so that plain arithmetic can check them."""
_FILED_BY = 0.9
"""The last tenth of the time is left for what was begun."""


class LocalClock(BusinessClock):
    """The business clock as it was started, without asking the database, which may be away."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._running = stored

    def now(self) -> datetime:
        return reading(self._running, system_now())


def run_clock(system: System, start: datetime, rate: float) -> LocalClock:
    """Let business time run from now on."""
    system.clock.run(start, rate)
    stored = system.mongo[f"{system.namespace.prefix}_shared"]["clock"].find_one()
    assert stored is not None
    return LocalClock(stored)


def few_grids(file: Path, number: int) -> County:
    """The county with only its first grids, spread over its streets, at play: as many accounts as a test can open."""
    county = read_county(file)
    step = max(1, len(county.grids) // number)
    grids = county.grids[::step][:number]
    streets = tuple(street for street in county.streets if any(grid.street == street for grid in grids))
    communities = tuple(path for path in county.communities if any(grid.community == path for grid in grids))
    return replace(county, grids=grids, streets=streets, communities=communities)


def settle_county(system: System, county: County) -> Cast:
    """Load the county and open everybody's account; returns when all services know them."""
    administrator = Caller(system.edge, "administrator", "administrator", _PASSWORD)
    create_first_admin(system.contexts["accounts"], administrator.login, _PASSWORD, county.path)
    load_places_file(system.contexts["tickets"].units, COUNTY.read_bytes())
    wait_for_rest(system.databases, system.clock.now(), 90)
    cast = casting.assemble(system.edge, administrator, county, lambda: None, lambda number: number % _MAILED == 0)
    wait_for_rest(system.databases, system.clock.now(), 90)
    return cast


def draw(county: County, start: datetime, end: datetime, tickets: int, brief: float, seed: int) -> list[Story]:
    """`tickets` stories, evenly over the time; a share of `brief` is over within minutes."""
    rng = rng_of(seed)
    drawn = (_BRIEF if rng.random() < brief else _WEIGHTS for _ in range(tickets))
    kinds = [rng.choices(list(weights), list(weights.values()))[0] for weights in drawn]
    for place in rng.sample(range(tickets), min(_STRANGERS, tickets // 20)):
        kinds[place] = "anonymous"
    step = (end - start) * _FILED_BY / tickets
    return [
        Story(kind, start + number * step, rng.choice(county.grids), rng.random() < _URGENT_SHARE, rng.getrandbits(32))
        for number, kind in enumerate(kinds)
    ]


class Traffic:
    """Plays in a thread of its own from `start` on."""

    def __init__(self, system: System, cast: Cast, clock: LocalClock, stories: Sequence[Story], end: datetime) -> None:
        self.journal = Journal()
        self._tally = Tally()
        self._asker = Asker(system.edge.url, self.journal)
        zone = system.contexts["tickets"].settings.timezone
        self._play = Play(Town(system.edge, cast, clock, zone, self._tally), self._asker, self.journal)
        self._stage = Stage(clock, end, self._tally, _HANDS)
        self._stories = stories
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    @classmethod
    def of(
        cls, system: System, county: County, cast: Cast, seed: int, tickets: int, start: datetime, seconds: float,
        rate: float, brief: float = 0.0,
    ) -> "Traffic":  # fmt: skip
        """Let business time run from `start`, for `seconds` of real time, and draw the stories for it."""
        clock = run_clock(system, start, rate)
        end = start + timedelta(seconds=seconds * rate)
        return cls(system, cast, clock, draw(county, start, end, tickets, brief, seed), end)

    def start(self) -> None:
        self._thread.start()

    def wait(self, within: timedelta) -> None:
        """Returns when all stories have ended. Raises AssertionError when they do not, or what broke the play."""
        self._thread.join(within.total_seconds())
        assert not self._thread.is_alive(), "the traffic does not end"
        self._asker.close()
        if self._failure is not None:
            raise self._failure

    @property
    def going(self) -> bool:
        return self._thread.is_alive()

    @property
    def broken_off(self) -> Counter[str]:
        """Stories that did not come to their end, by why."""
        return Counter(text.rpartition(": ")[2] for text in self._tally.surprises)

    def _run(self) -> None:
        tales = ((story.at, TALES[story.kind](RecordedTelling(self._play, story))) for story in self._stories)
        try:
            self._stage.play(tales, lambda _: None)
        except BaseException as failure:
            self._failure = failure
