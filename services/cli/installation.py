"""The services of this installation as the operators' command sees them."""

from services.chassis.config import CLI, load_settings
from services.chassis.context import Context, make_context
from services.chassis.directory import SERVICES, find_service


def context_of(service: str, user: str | None = None) -> Context:
    """The context of one service. Raises SettingsError naming what is missing.

    `user`: as whom the database is reached, if not as the operators' commands are.
    """
    return make_context(load_settings(service, CLI, user), find_service(service))


def all_contexts(user: str | None = None) -> dict[str, Context]:
    return {name: context_of(name, user) for name in SERVICES}
