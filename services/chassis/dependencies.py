"""The dependencies that the nameko classes of all services share."""

from collections.abc import Callable
from typing import Any

from nameko.extensions import DependencyProvider

from services.chassis.context import CONFIG_KEY, Context


class Chassis(DependencyProvider):
    """Gives the process's `Context` to a nameko service as a dependency."""

    context: Context

    def setup(self) -> None:
        self.context = self.container.config[CONFIG_KEY]

    def get_dependency(self, worker_ctx: Any) -> Context:
        return self.context


class StoreProvider(DependencyProvider):
    """Gives a service its store class; `self.store(unit)` binds it to a unit of work."""

    def __init__(self, factory: Callable[..., Any]) -> None:
        super().__init__()
        self._factory = factory

    def get_dependency(self, worker_ctx: Any) -> Callable[..., Any]:
        return self._factory
