"""The timer runner: rows that are due are leased in batches and fired, each batch a conditional transaction.

`@timers` fires within the transaction that removes the rows; `@effects` calls outside of one, for what is sent to the
world, and removes the row afterwards. A runner that is paused past its lease and resumes finds its lease gone and
changes nothing.

A batch that fails is fired in halves, and these in halves, until what fails stands alone: it is put off, the others
have fired. After a downtime half of each batch is what became due last, so that a backlog does not delay it.
"""

import functools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import eventlet
from eventlet.greenpool import GreenPool
from nameko.extensions import Entrypoint, register_entrypoint
from pymongo import ASCENDING, DESCENDING

from services.chassis.ahead import over
from services.chassis.background import Loop
from services.chassis.clock import system_now
from services.chassis.clock_watch import ClockLeapt
from services.chassis.context import CONFIG_KEY, Context
from services.chassis.correlation import follow
from services.chassis.ids import new_id
from services.chassis.observability import TIMERS_FAILED, TIMERS_FIRED, error_name, log_failure
from services.chassis.timer_rows import COLLECTION, Lane, Timer, begin_anew, to_timer
from services.chassis.unit import Unit, database_down
from services.chassis.workers import Work, run_in_worker

POLL_SECONDS = 0.2
TIMER_BATCH = 200
BATCHES_AT_ONCE = 2
"""While the database commits one, the next is worked out."""
EFFECT_BATCH = 16
PATIENCE_SECONDS = 1.0
CONFLICT_SECONDS = 1.0
"""How long a batch is tried again when commands write to its tickets; then it goes on in halves, at last alone."""
LEASES: Mapping[Lane, timedelta] = {"timers": timedelta(seconds=20), "effects": timedelta(seconds=60)}
"""How long others wait for a runner that died. A timer fired by two takes effect once, so that it may be short; an
effect must not be sent again while it is still on its way."""
LOOK_SECONDS = 30.0
"""How often waits are looked through for those that a clock has set that was ahead."""
STOP_SECONDS = 20.0
_PLACE_SECONDS = 0.005
CLOCK_PAUSE = timedelta(seconds=30)
"""After so long it is looked again whether the system clock may be believed."""
FIRST_BACK_OFF_SECONDS = 5
LONGEST_BACK_OFF_SECONDS = 600
log = logging.getLogger(__name__)


def timers(method: Callable[..., None]) -> Callable[..., Any]:
    """Have the method called as `(self, unit, due)` with timers that are due, in the transaction that removes them.

    Those that it sets again stay. When it raises, it is called again with fewer of them, at last with each alone.
    """

    @functools.wraps(method)
    def run(service: Any, work: Work) -> Any:
        return work(functools.partial(method, service))

    register_entrypoint(run, TimerRunner("timers"))
    return run


def effects(method: Callable[..., None]) -> Callable[..., Any]:
    """Have the method called as `(self, timer)` for each due effect, outside of any transaction.

    It opens units itself for what it wants to keep. It may be called again when the process dies before it returns.
    """

    @functools.wraps(method)
    def run(service: Any, work: Work) -> Any:
        return work(functools.partial(method, service))

    register_entrypoint(run, TimerRunner("effects"))
    return run


class TimerRunner(Entrypoint):
    """Fires the timers of one lane in processes with the role `timers`."""

    context: Context

    def __init__(self, lane: Lane, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lane = lane

    def setup(self) -> None:
        self.context = self.container.config[CONFIG_KEY]
        self._rows = self.context.db[COLLECTION]
        self._loop = Loop(f"{self.lane} runner", self._step, POLL_SECONDS)
        self._pool = GreenPool(BATCHES_AT_ONCE if self.lane == "timers" else EFFECT_BATCH)
        self._unfired: list[Sequence[Timer]] = []
        self._trouble: Exception | None = None
        self._next_look = time.monotonic()

    def start(self) -> None:
        if self.context.runs("timers"):
            self._loop.start(self.container)

    def stop(self) -> None:
        if self.context.runs("timers"):
            self._loop.stop()
            if self.lane == "timers":
                with eventlet.Timeout(STOP_SECONDS, False):
                    self._pool.waitall()

    def _step(self) -> bool:
        self._mend_waits()
        return self._step_timers() if self.lane == "timers" else self._step_effects()

    def _mend_waits(self) -> None:
        if time.monotonic() >= self._next_look:
            begin_anew(self.context.db, self.lane, system_now())
            self._next_look = time.monotonic() + LOOK_SECONDS

    def _step_timers(self) -> bool:
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble  # the loop logs it, and waits before it goes on
        while not self._pool.free():  # a batch that is claimed and waits here would be late, and nobody else's
            eventlet.sleep(_PLACE_SECONDS)
        claimed = self._unfired.pop() if self._unfired else self._claim(TIMER_BATCH)
        if claimed:
            self._pool.spawn_n(self._fire_in_worker, claimed)
        return bool(claimed)

    def _step_effects(self) -> bool:
        room = self._pool.free()
        claimed = self._claim(room) if room else []
        for timer in claimed:
            self._pool.spawn_n(self._effect_in_worker, timer)
        if claimed:
            with eventlet.Timeout(PATIENCE_SECONDS, False):  # a slow one keeps its place, not the others from theirs
                self._pool.waitall()
        return bool(claimed)

    def _claim(self, limit: int) -> list[Timer]:
        """Lease what is due, up to `limit` by either clock."""
        system = system_now()
        lease = new_id()
        free = {"$and": [
            over("lease_until", system, LEASES[self.lane]),
            over("not_before", system, timedelta(seconds=LONGEST_BACK_OFF_SECONDS)),
        ]}  # fmt: skip
        keys: list[str] = []
        for basis, now in (("business", self.context.clock.now()), ("system", system)):
            keys += self._due({"lane": self.lane, "basis": basis, "due_at": {"$lte": now}, **free}, limit)
        if not keys:
            return []
        self._rows.update_many(
            {"_id": {"$in": keys}, **free}, {"$set": {"lease": lease, "lease_until": system + LEASES[self.lane]}}
        )
        leased = self._rows.find({"_id": {"$in": keys}, "lease": lease})
        return sorted(map(to_timer, leased), key=lambda timer: timer.due_at)

    def _due(self, query: dict[str, Any], limit: int) -> list[str]:
        """Keys of what was due first; where there is more than fits, half of it what became due last."""
        earliest = [row["_id"] for row in self._rows.find(query, {"_id": 1}).sort("due_at", ASCENDING).limit(limit)]
        late = limit // 2
        if len(earliest) < limit or not late:
            return earliest
        latest = self._rows.find(query, {"_id": 1}).sort("due_at", DESCENDING).limit(late)
        return earliest[: limit - late] + [row["_id"] for row in latest]

    def _fire_in_worker(self, claimed: Sequence[Timer]) -> None:
        try:
            run_in_worker(self, lambda handler: self._fire(claimed, handler))
        except Exception as error:
            self._trouble = error
            if database_down(error):  # once it is back, rather than when the leases end; who has fired is left out then
                self._unfired.append(claimed)

    def _fire(self, claimed: Sequence[Timer], handler: Callable[..., None]) -> None:
        try:
            self._commit(claimed, handler)
            return
        except Exception as error:
            if database_down(error):
                raise
            if len(claimed) == 1:
                self._postpone(claimed[0], error)
                return
            log.warning("timer batch failed, going on in halves", extra={"error": error_name(error)})
        middle = len(claimed) // 2
        self._fire(claimed[:middle], handler)
        self._fire(claimed[middle:], handler)

    def _commit(self, claimed: Sequence[Timer], handler: Callable[..., None]) -> None:
        fired = self.context.units.run(lambda unit: _fire_held(unit, claimed, handler), CONFLICT_SECONDS)
        for timer in fired:
            TIMERS_FIRED.labels(self.context.settings.service, timer.kind).inc()

    def _effect_in_worker(self, timer: Timer) -> None:
        try:
            run_in_worker(self, lambda handler: self._effect(timer, handler))
        except Exception as error:
            log_failure(log, "effect failed", error, kind=timer.kind)

    def _effect(self, timer: Timer, handler: Callable[..., None]) -> None:
        follow(None)
        try:
            handler(timer)
        except ClockLeapt:
            self._put_off(timer)
            return
        except Exception as error:
            self._postpone(timer, error)
            return
        self._rows.delete_one({"_id": timer.key, "lease": timer.lease})
        TIMERS_FIRED.labels(self.context.settings.service, timer.kind).inc()

    def _put_off(self, timer: Timer) -> None:
        """It erases what is old, and may not do so now: no failure of its own."""
        pause = {"lease": None, "lease_until": None, "not_before": system_now() + CLOCK_PAUSE}
        self._rows.update_one({"_id": timer.key, "lease": timer.lease}, {"$set": pause})

    def _postpone(self, timer: Timer, error: Exception) -> None:
        """Set a failed timer back, ever longer; it is never dropped."""
        seconds = min(FIRST_BACK_OFF_SECONDS * 2 ** min(timer.attempts, 10), LONGEST_BACK_OFF_SECONDS)
        log_failure(log, "timer failed", error, kind=timer.kind, attempts=timer.attempts + 1)
        TIMERS_FAILED.labels(self.context.settings.service, timer.kind).inc()
        self._rows.update_one(
            {"_id": timer.key, "lease": timer.lease},
            {"$inc": {"attempts": 1},
             "$set": {"lease": None, "lease_until": None, "not_before": system_now() + timedelta(seconds=seconds)}},
        )  # fmt: skip


def _fire_held(unit: Unit, claimed: Sequence[Timer], handler: Callable[..., None]) -> list[Timer]:
    """Fire those whose lease still holds; returns them. A change by anybody else until the commit undoes it all."""
    rows = unit.db[COLLECTION]
    own: dict[str, Any] = {"_id": {"$in": [timer.key for timer in claimed]}, "lease": claimed[0].lease}
    held = {row["_id"] for row in rows.find(own, {"_id": 1}, session=unit.session)}
    due = [timer for timer in claimed if timer.key in held]  # else a command or another runner was quicker
    if due:
        follow(None)
        handler(unit, due)
        rows.delete_many(own, session=unit.session)  # those that were set again are leased no more
    return due
