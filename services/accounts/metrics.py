"""What accounts shows on `/metrics` besides its machinery."""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from prometheus_client import Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.accounts.domain.patience import Because
from services.chassis.observability import log_failure

log = logging.getLogger(__name__)
SIGN_INS = Counter(
    "doorstep_sign_ins",
    "Attempts with a password, by how they ended; what is neither succeeded nor failed came too soon and was refused",
    ["outcome"],
)
for _outcome in ("succeeded", "failed", *Because):
    SIGN_INS.labels(_outcome)


class SuspendedKeys(Collector):
    """API keys that open nothing until another administrator adopts them; left out while they cannot be read."""

    def __init__(self, read: Callable[[], Sequence[Any]]) -> None:
        self._read = read

    def describe(self) -> list[Metric]:
        """Nothing is read when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        try:
            count = len(self._read())
        except Exception as error:  # a scrape must not fail because the database is away
            log_failure(log, "suspended keys cannot be counted", error)
            return
        yield GaugeMetricFamily("doorstep_api_keys_suspended", "API keys whose issuer may not give their roles", count)
