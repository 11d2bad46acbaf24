"""Gauges of the machinery, read from the database when Prometheus scrapes, by the processes that do the work."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.chassis import deferred, outbox, timer_rows
from services.chassis.clock import system_now
from services.chassis.clock_watch import ClockWatch
from services.chassis.context import Context
from services.chassis.observability import log_failure
from services.chassis.zeros import start_at_zero
from services.contracts.queues import QUEUES

SCRAPE_MILLISECONDS = 2_000
log = logging.getLogger(__name__)


def export_machinery(context: Context) -> None:
    """Register the gauges of this process's roles, and have its counters begin at 0."""
    start_at_zero(context)
    REGISTRY.register(_Machinery(context))


class _Machinery(Collector):
    def __init__(self, context: Context) -> None:
        self._context = context
        self._service = context.settings.service

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            yield self._gauge("doorstep_clock_leap_seconds",
                              "How far the system clock is from what was last seen, if that is not believed",
                              abs(ClockWatch(self._context.db).leap()).total_seconds())  # fmt: skip
            if self._context.runs("relay"):
                yield from self._outbox()
            if self._context.runs("consumers"):
                yield from self._deferred()
            if self._context.runs("timers"):
                yield from self._timers()
        except Exception as error:  # a scrape must not fail because the database is away
            log_failure(log, "machinery metrics are not available", error)

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        gauge = GaugeMetricFamily(name, text, labels=["service"])
        gauge.add_metric([self._service], value)
        return gauge

    def _outbox(self) -> Iterator[Metric]:
        rows = self._context.db[outbox.COLLECTION]
        waiting = {"unpublished": True, "partition": {"$gte": 0}}
        limit: dict[str, Any] = {"maxTimeMS": SCRAPE_MILLISECONDS}
        oldest = rows.find_one(waiting, {"traceparent": 0}, sort=[("_id", 1)], max_time_ms=SCRAPE_MILLISECONDS)
        written_at = _written_at(oldest["_id"]) if oldest else None
        yield self._gauge("doorstep_outbox_unpublished", "Events that wait for the relay",
                          rows.count_documents(waiting, hint="unpublished", **limit))  # fmt: skip
        yield self._gauge("doorstep_outbox_oldest_unpublished_seconds", "Age of the oldest event that waits",
                          _age(written_at))  # fmt: skip
        returned = rows.count_documents({**waiting, "returned": {"$gt": 0}}, hint="unpublished", **limit)
        yield self._gauge("doorstep_outbox_unroutable", "Events that the broker returned and that are kept", returned)

    def _deferred(self) -> Iterator[Metric]:
        rows = self._context.db[deferred.COLLECTION]
        families = {
            "waiting": GaugeMetricFamily("doorstep_deferred_waiting", "Messages that will be tried again",
                                         labels=["queue"]),
            "parked": GaugeMetricFamily("doorstep_parked", "Messages parked for a person to look at",
                                        labels=["queue"]),
        }  # fmt: skip
        queues = [queue.name for queue in _own_queues(self._service)]
        counts = {(row["_id"]["queue"], row["_id"]["state"]): row["n"] for row in rows.aggregate([
            {"$group": {"_id": {"queue": "$queue", "state": "$state"}, "n": {"$sum": 1}}}
        ], maxTimeMS=SCRAPE_MILLISECONDS)}  # fmt: skip
        names = sorted(set(queues) | {queue for queue, _ in counts})
        for state, family in families.items():
            for name in names:
                family.add_metric([name], counts.get((name, state), 0))
            yield family

    def _timers(self) -> Iterator[Metric]:
        rows = self._context.db[timer_rows.COLLECTION]
        now = self._context.clock.now()
        due = {"lane": "timers", "basis": "business", "due_at": {"$lte": now}}
        oldest = rows.find_one(due, sort=[("due_at", 1)], max_time_ms=SCRAPE_MILLISECONDS)
        late = (now - oldest["due_at"]).total_seconds() if oldest else 0.0
        yield self._gauge("doorstep_timers_due", "Timers that are due and not yet fired",
                          rows.count_documents(due, maxTimeMS=SCRAPE_MILLISECONDS))  # fmt: skip
        yield self._gauge("doorstep_timers_oldest_due_seconds", "How long the oldest of them has been due", late)


def _own_queues(service: str) -> list[Any]:
    return [queue for queue in QUEUES.values() if queue.consumer == service]


def _written_at(event_id: str) -> datetime:
    """The time in an identity of version 7: milliseconds since 1970 in its first 48 bits."""
    milliseconds = int(event_id.replace("-", "")[:12], 16)
    return datetime.fromtimestamp(milliseconds / 1000, tz=system_now().tzinfo)


def _age(moment: datetime | None) -> float:
    return max(0.0, (system_now() - moment).total_seconds()) if moment else 0.0
