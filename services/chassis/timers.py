"""The timer runner: rows that are due are leased in batches and fired, each firing a conditional transaction.

`@timers` fires within the transaction that removes the row; `@effects` calls outside of one, for what is sent to the
world, and removes the row afterwards. A runner that is paused past its lease and resumes finds its lease gone and
changes nothing.
"""

import functools
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import eventlet
from eventlet.greenpool import GreenPool
from nameko.extensions import Entrypoint, register_entrypoint
from pymongo import ASCENDING

from services.chassis.background import Loop
from services.chassis.clock import system_now
from services.chassis.context import CONFIG_KEY, Context
from services.chassis.correlation import follow
from services.chassis.ids import new_id
from services.chassis.observability import TIMERS_FAILED, TIMERS_FIRED, error_name, log_failure
from services.chassis.timer_rows import COLLECTION, Lane, Timer, to_timer
from services.chassis.unit import Unit, database_down
from services.chassis.workers import Work, run_in_worker

POLL_SECONDS = 0.2
TIMER_BATCH = 50
EFFECT_BATCH = 16
PATIENCE_SECONDS = 1.0
LEASE = timedelta(seconds=60)
FIRST_BACK_OFF_SECONDS = 5
LONGEST_BACK_OFF_SECONDS = 600
log = logging.getLogger(__name__)


def timers(method: Callable[..., None]) -> Callable[..., Any]:
    """Have the method called as `(self, unit, timer)` for each due timer, in its transaction."""

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
        self._pool = GreenPool(EFFECT_BATCH)

    def start(self) -> None:
        if self.context.runs("timers"):
            self._loop.start(self.container)

    def stop(self) -> None:
        if self.context.runs("timers"):
            self._loop.stop()

    def _step(self) -> bool:
        room = TIMER_BATCH if self.lane == "timers" else self._pool.free()
        claimed = self._claim(room) if room else []
        if not claimed:
            return False
        if self.lane == "timers":
            run_in_worker(self, lambda handler: self._fire(claimed, handler))
        else:
            for timer in claimed:
                self._pool.spawn_n(self._effect_in_worker, timer)
            with eventlet.Timeout(PATIENCE_SECONDS, False):  # a slow one keeps its place, not the others from theirs
                self._pool.waitall()
        return True

    def _claim(self, limit: int) -> list[Timer]:
        """Lease what is due, up to `limit` by either clock; earliest first."""
        system = system_now()
        lease = new_id()
        free = {"$and": [
            {"$or": [{"lease_until": None}, {"lease_until": {"$lte": system}}]},
            {"$or": [{"not_before": None}, {"not_before": {"$lte": system}}]},
        ]}  # fmt: skip
        keys: list[str] = []
        for basis, now in (("business", self.context.clock.now()), ("system", system)):
            due = {"lane": self.lane, "basis": basis, "due_at": {"$lte": now}, **free}
            keys += [row["_id"] for row in self._rows.find(due, {"_id": 1}).sort("due_at", ASCENDING).limit(limit)]
        if not keys:
            return []
        self._rows.update_many(
            {"_id": {"$in": keys}, **free}, {"$set": {"lease": lease, "lease_until": system + LEASE}}
        )
        return [to_timer(row) for row in self._rows.find({"lease": lease}).sort("due_at", ASCENDING)]

    def _fire(self, claimed: Sequence[Timer], handler: Callable[..., None]) -> None:
        try:
            self._commit(claimed, handler)
            return
        except Exception as error:
            if database_down(error):
                raise
            if len(claimed) > 1:
                log.warning("timer batch failed, going on one by one", extra={"error": error_name(error)})
        for timer in claimed:
            try:
                self._commit([timer], handler)
            except Exception as error:
                if database_down(error):
                    raise
                self._postpone(timer, error)

    def _commit(self, claimed: Sequence[Timer], handler: Callable[..., None]) -> None:
        fired = self.context.units.run(lambda unit: _fire_all(unit, claimed, handler))
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
        except Exception as error:
            self._postpone(timer, error)
            return
        self._rows.delete_one({"_id": timer.key, "lease": timer.lease})
        TIMERS_FIRED.labels(self.context.settings.service, timer.kind).inc()

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


def _fire_all(unit: Unit, claimed: Sequence[Timer], handler: Callable[..., None]) -> list[Timer]:
    fired = []
    for timer in claimed:
        removed = unit.db[COLLECTION].delete_one({"_id": timer.key, "lease": timer.lease}, session=unit.session)
        if removed.deleted_count:  # else a command or another runner was quicker
            follow(None)
            handler(unit, timer)
            fired.append(timer)
    return fired
