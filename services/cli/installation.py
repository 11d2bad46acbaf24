"""The services of this installation as the operators' command sees them."""

from services.chassis.config import CLI, load_settings
from services.chassis.context import Context, make_context
from services.chassis.directory import SERVICES, find_service


def context_of(service: str) -> Context:
    """The context of one service. Raises SettingsError naming what is missing."""
    return make_context(load_settings(service, CLI), find_service(service))


def all_contexts() -> dict[str, Context]:
    return {name: context_of(name) for name in SERVICES}
