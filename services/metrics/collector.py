"""The totals as Prometheus scrapes them: read from the database at each scrape, so that every replica says the same."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.chassis.observability import log_failure
from services.metrics.domain.totals import TOTALS, Key

log = logging.getLogger(__name__)


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
    """Each total with its own labels, summed over the areas that are not among them."""
    summed: Counter[tuple[str, tuple[str, ...]]] = Counter()
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
