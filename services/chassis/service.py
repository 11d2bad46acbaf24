"""What a service is to the launcher, and the dependencies that its nameko classes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nameko.extensions import DependencyProvider

from services.chassis.config import Settings
from services.chassis.context import CONFIG_KEY, Context
from services.chassis.migrations import Migration


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its nameko class per kind of process, its schema, its problem types."""

    name: str
    api: type
    worker: type
    migrations: Sequence[Migration]
    collections: Sequence[str]
    """Every collection that it uses besides the chassis' own. `doorstep prepare` creates them: a transaction does not
    isolate writers of a collection that comes into being meanwhile."""
    problems: Sequence[Any] = field(default_factory=tuple)
    prepare: Callable[[Context], None] | None = None
    """Run by `doorstep prepare` after the migrations; may be run again."""
    check: Callable[[Settings], None] | None = None
    """Run before a process starts; raises SettingsError for settings that only this service has."""


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
