"""The totals as Prometheus scrapes them: read from the database at each scrape, so that every replica says the same."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.chassis.observability import log_failure
from services.contracts.registry import EVENT_TYPES
from services.contracts.tickets import LEVELS
from services.metrics.domain import totals
from services.metrics.domain.totals import TOTALS, Key

log = logging.getLogger(__name__)
_EVENTS = [(publisher, one.name) for one in EVENT_TYPES.values() if not one.private for publisher in one.publishers]
_BY_LABELS: Mapping[str, Iterable[tuple[str, ...]]] = {
    totals.EVENTS: _EVENTS,
    totals.RATED: [(str(rating), way) for rating in range(1, 6) for way in (totals.OWN, totals.THROUGH_STAFF)],
    totals.ESCALATIONS: product(LEVELS, ("breach", "manual")),
    totals.CLAIMS: [("won",), ("released",)],
    totals.MEMBERS: [()],
    totals.SUSPENSIONS: [()],
    totals.NOTICES: product(("inbox", "email"), ("sent", "failed", "undeliverable")),
    totals.ACCOUNTS: [("person",), ("service",)],
}
KNOWN = tuple((name, labels) for name, sets in _BY_LABELS.items() for labels in sets)
"""Totals whose labels are known beforehand; kinds, clocks, areas and rules are the policies' to say."""


class TotalsCollector(Collector):
    """Exports what `read` gives. A failing read leaves the totals out and says so; it never shows old numbers."""

    def __init__(self, read: Callable[[], Mapping[Key, int]]) -> None:
        self._read = read

    def describe(self) -> list[Metric]:
        """Nothing is read when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            values = self._read()
        except Exception as error:
            log_failure(log, "totals are not available", error)
            yield _readable(0)
            return
        yield _readable(1)
        yield from _families(values)


def _families(values: Mapping[Key, int]) -> Iterator[Metric]:
    """Each total with its own labels, summed over the areas that are not among them.

    What is known beforehand is there from the start: of a total that is born with its first event nobody sees a rise.
    """
    summed: Counter[tuple[str, tuple[str, ...]]] = Counter(dict.fromkeys(KNOWN, 0))
    for key, value in values.items():
        summed[key.total, key.labels] += value
    for name, total in TOTALS.items():
        family = CounterMetricFamily(name.removesuffix("_total"), total.help, labels=total.labels)
        for (total_name, labels), value in sorted(summed.items()):
            if total_name == name:
                family.add_metric(labels, value)
        yield family


def _readable(value: int) -> Metric:
    return GaugeMetricFamily("doorstep_totals_readable", "Whether the totals could be read for this scrape.", value)
