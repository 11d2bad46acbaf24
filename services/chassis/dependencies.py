"""The dependencies that the nameko classes of all services share."""

from collections.abc import Callable, Iterator
from typing import Any

from nameko.extensions import DependencyProvider

from services.chassis.context import CONFIG_KEY, Context
from services.chassis.housekeeping import Housekeeping
from services.chassis.journal import JournalKeeper


class Chassis(DependencyProvider):
    """Gives the process's `Context` to a nameko service as a dependency; in a worker, keeps house beside it."""

    context: Context

    def setup(self) -> None:
        self.context = self.container.config[CONFIG_KEY]
        self._beside = [] if self.context.runs("http") else list(_beside_the_work(self.context))

    def start(self) -> None:
        for each in self._beside:
            each.start(self.container)

    def stop(self) -> None:
        for each in self._beside:
            each.stop()

    def get_dependency(self, worker_ctx: Any) -> Context:
        return self.context


def _beside_the_work(context: Context) -> Iterator[Housekeeping | JournalKeeper]:
    settings = context.settings
    yield Housekeeping(context.db, settings.retention_days, context.service.kept)
    if settings.journal is not None:
        yield JournalKeeper(context.db, settings.journal, settings.service)


class StoreProvider(DependencyProvider):
    """Gives a service its store class; `self.store(unit)` binds it to a unit of work."""

    def __init__(self, factory: Callable[..., Any]) -> None:
        super().__init__()
        self._factory = factory

    def get_dependency(self, worker_ctx: Any) -> Callable[..., Any]:
        return self._factory
