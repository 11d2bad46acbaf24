"""The nameko services of metrics: wiring only."""

from functools import partial

from prometheus_client import REGISTRY

from services.chassis.context import Service
from services.chassis.dead_letters import DeadLetters
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.feed_api import WholeEventFeed
from services.chassis.http import Probes
from services.chassis.standing import STANDINGS, admits_by
from services.metrics import api, consumers
from services.metrics.certificates import CertificatesCollector, check_settings, watched
from services.metrics.collector import TotalsCollector
from services.metrics.storage import MIGRATIONS, TotalsStore, read_totals


class WatchingChassis(Chassis):
    """Also shows on this process's `/metrics` when the certificates end that it is told to watch."""

    def setup(self) -> None:
        super().setup()
        REGISTRY.register(CertificatesCollector(watched()))


class ExportingChassis(WatchingChassis):
    """And the totals."""

    def setup(self) -> None:
        super().setup()
        REGISTRY.register(TotalsCollector(partial(read_totals, self.context.db)))


class MetricsApi(api.Metrics, WholeEventFeed, Probes):
    name = "metrics"
    chassis = ExportingChassis()
    store = StoreProvider(TotalsStore)


class MetricsWorker(consumers.Metrics, Probes):
    name = "metrics"
    chassis = WatchingChassis()
    store = StoreProvider(TotalsStore)
    dead_letters = DeadLetters()


SERVICE = Service(
    name="metrics",
    api=MetricsApi,
    worker=MetricsWorker,
    admits=admits_by(STANDINGS),
    migrations=MIGRATIONS,
    collections=(STANDINGS, "totals"),
    check=check_settings,
)
