"""Plays scenes in strict order: step business time, do that instant's deeds over HTTP, go on when all have answered.

What the clocks do meanwhile: a step may pass many due times at once. Each command settles its own ticket first, the
timers fire the others, and every warning and breach is dated at the instant at which it was due, however late it is
fired. Only the next level's time starts at firing. So at each local midnight we wait until no timer of tickets is due:
the ladder is at most a day behind the clock, however fast the replay runs and however slow the machine is.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Any

from services.chassis import outbox, timer_rows
from services.chassis.clock import BusinessClock
from services.chassis.context import Context
from services.cli.demo.edge import Answer, Edge, Refused
from services.cli.demo.rest import Databases, Restless, wait_for_rest
from services.cli.replay.places import places_file, spot_of
from services.cli.replay.rows import Row
from services.cli.replay.script import ARRIVE, FILE, PLAN, Act, Deed, Scene
from services.cli.replay.troupe import Troupe, assemble
from services.tickets.files.places import load_places_file

SYSTEM = "replay"
"""`system` of the external references, and the tickets' `origin`."""
_PLACES_KNOWN_SECONDS = 60.0
_STAFF_KNOWN_SECONDS = 60.0
_REST_SECONDS = 600.0
_TIMERS_SECONDS = 300.0
_LOOK_SECONDS = 0.05
HANDS = 8
_OF_A_CLOCK = ("name", "state", "breached_at", "thresholds")
"""What is kept of a clock's explanation; ten thousand whole ones would fill the memory."""


class NotFresh(Exception):
    """Business time of the installation is past the first row, or it holds tickets: nothing can be played on it."""


@dataclass(frozen=True, slots=True)
class Venue:
    """The installation that is played on: its edge and its databases."""

    edge_url: str
    contexts: Mapping[str, Context]

    @property
    def clock(self) -> BusinessClock:
        return self.contexts["tickets"].clock

    @property
    def databases(self) -> Databases:
        return {name: context.db for name, context in self.contexts.items()}


@dataclass(slots=True)
class Played:
    """What came of it."""

    tickets: dict[str, str] = field(default_factory=dict)
    """Row id → ticket id."""
    refused: dict[str, str] = field(default_factory=dict)
    """Row id → what the API refused; the row's later deeds are left out."""
    requests: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    """Commands whose first answer was lost, and that had been done."""
    day_seconds: list[tuple[datetime, float, int]] = field(default_factory=list)
    """End of each local day, how long it took, and how many commands it had."""
    ended_at: datetime | None = None
    seconds: float = 0.0
    clocks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Row id → the ticket's clocks, as GET …/clock explains them at the end."""
    reading_seconds: float = 0.0


def play(rows: Sequence[Row], script: Sequence[Scene], venue: Venue, shown: Callable[[Scene, Played], None]) -> Played:
    """Play all scenes on a fresh installation, let it come to rest and read every clock.

    Raises NotFresh, Refused while the county is set up, ServiceDown, Restless, PlacesFileRefused.
    """
    _check_fresh(venue, script[0].at)
    edge = Edge(venue.edge_url)
    try:
        load_places_file(venue.contexts["tickets"].units, places_file(rows))
        wait_for_rest(venue.databases, venue.clock.now(), _PLACES_KNOWN_SECONDS)
        troupe = assemble(edge, venue.contexts["accounts"], rows)
        wait_for_rest(venue.databases, venue.clock.now(), _STAFF_KNOWN_SECONDS)
        stage = _Stage(venue, troupe)
        with ThreadPoolExecutor(HANDS) as hands:
            stage.play(script, hands, shown)
            wait_for_rest(venue.databases, venue.clock.now(), _REST_SECONDS)
            stage.read_clocks(hands)
        return stage.played
    finally:
        edge.close()


def _check_fresh(venue: Venue, first: datetime) -> None:
    now = venue.clock.now()
    if now > first:
        raise NotFresh(f"business time stands at {now.isoformat()}, after the first row ({first.isoformat()})")
    if venue.databases["tickets"][outbox.COLLECTION].find_one() is not None:
        raise NotFresh("the installation has a history; a replay begins with an empty one")


class _Stage:
    def __init__(self, venue: Venue, troupe: Troupe) -> None:
        self.played = Played()
        self._venue = venue
        self._troupe = troupe
        self._lock = Lock()

    def play(self, script: Sequence[Scene], hands: ThreadPoolExecutor, shown: Callable[[Scene, Played], None]) -> None:
        begun = day_begun = time.monotonic()
        done_before = 0
        for scene in script:
            self._venue.clock.step(scene.at)
            self._act(scene, hands)
            if not scene.acts:
                self._let_timers_fire(scene.at)
                done = self.played.requests.total()
                self.played.day_seconds.append((scene.at, time.monotonic() - day_begun, done - done_before))
                day_begun, done_before = time.monotonic(), done
            shown(scene, self.played)
        self.played.ended_at, self.played.seconds = script[-1].at, time.monotonic() - begun

    def _act(self, scene: Scene, hands: ThreadPoolExecutor) -> None:
        if len(scene.acts) == 1:
            self._perform(scene.acts[0])
        else:
            list(hands.map(self._perform, scene.acts))

    def _perform(self, act: Act) -> None:
        row = act.row
        for deed in act.deeds:
            if row.id in self.played.refused:
                return
            try:
                if deed == FILE:
                    self._file(row)
                else:
                    self._do(row, deed)
            except Refused as refused:
                self.played.refused[row.id] = str(refused)
            with self._lock:
                self.played.requests[deed] += 1

    def _file(self, row: Row) -> None:
        body = {
            "kind": "request", "grid_id": spot_of(row).grid, "channel": "partner", "origin": SYSTEM,
            "description": f"{row.reason}: {row.kind}"[:2000], "external_refs": [{"system": SYSTEM, "id": row.id}],
        }  # fmt: skip
        if row.target_at is not None:
            body["external_due_at"] = row.target_at.isoformat()
        answer = self._troupe.desk_of(row).post("/api/v1/tickets", body, key=_key(row))
        self._count_repetition(answer)
        self.played.tickets[row.id] = answer.data["id"]

    def _do(self, row: Row, deed: Deed) -> None:
        caller, path = self._troupe.worker_of(row), f"/api/v1/tickets/{self.played.tickets[row.id]}"
        body: dict[str, Any] = {}
        if deed == ARRIVE:
            body = {"severity": "special"}
        elif deed == PLAN and row.target_at is not None:
            caller = self._troupe.district  # many of the city's dates lie months ahead
            body = {"planned_for": row.target_at.isoformat()}
        self._count_repetition(caller.post(f"{path}/{deed}", body))

    def _count_repetition(self, answer: Answer) -> None:
        """A command that came again with its key, since its answer was lost on the way, gets its first answer."""
        if "Idempotency-Replayed" in answer.headers:
            with self._lock:
                self.played.repeated += 1

    def _let_timers_fire(self, at: datetime) -> None:
        """Raises Restless."""
        rows = self._venue.databases["tickets"][timer_rows.COLLECTION]
        deadline = time.monotonic() + _TIMERS_SECONDS
        while late := rows.count_documents({"lane": "timers", "basis": "business", "due_at": {"$lte": at}}):
            if time.monotonic() > deadline:
                raise Restless(f"{late} timers of tickets are due at {at.isoformat()} and do not fire")
            time.sleep(_LOOK_SECONDS)

    def read_clocks(self, hands: ThreadPoolExecutor) -> None:
        begun = time.monotonic()

        def read(item: tuple[str, str]) -> tuple[str, list[dict[str, Any]]]:
            shown = self._troupe.district.get(f"/api/v1/tickets/{item[1]}/clock")["clocks"]
            return item[0], [{name: clock[name] for name in _OF_A_CLOCK} for clock in shown]

        self.played.clocks.update(hands.map(read, self.played.tickets.items()))
        self.played.reading_seconds = time.monotonic() - begun


def _key(row: Row) -> str:
    """Idempotency key: the same row is filed once, however often it is sent."""
    return f"{SYSTEM}-{sha256(row.id.encode()).hexdigest()}"
