"""The nameko services of metrics: wiring only."""

from functools import partial

from prometheus_client import REGISTRY

from services.chassis.context import Service
from services.chassis.dead_letters import DeadLetters
from services.chassis.dependencies import Chassis, StoreProvider
from services.chassis.feed_api import WholeEventFeed
from services.chassis.http import Probes
from services.metrics import api, consumers
from services.metrics.certificates import CertificatesCollector, check_settings, watched
from services.metrics.collector import TotalsCollector
from services.metrics.storage import MIGRATIONS, TotalsStore, read_totals


class ExportingChassis(Chassis):
    """Also shows the totals, and when certificates end, on this process's `/metrics`."""

    def setup(self) -> None:
        super().setup()
        REGISTRY.register(TotalsCollector(partial(read_totals, self.context.db)))
        REGISTRY.register(CertificatesCollector(watched()))


class MetricsApi(api.Metrics, WholeEventFeed, Probes):
    name = "metrics"
    chassis = ExportingChassis()
    store = StoreProvider(TotalsStore)


class MetricsWorker(consumers.Metrics, Probes):
    name = "metrics"
    chassis = Chassis()
    store = StoreProvider(TotalsStore)
    dead_letters = DeadLetters()


SERVICE = Service(
    name="metrics",
    api=MetricsApi,
    worker=MetricsWorker,
    migrations=MIGRATIONS,
    collections=("totals",),
    check=check_settings,
)
