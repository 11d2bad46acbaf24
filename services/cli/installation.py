"""The services of this installation as the operators' command sees them."""

from collections.abc import Mapping

from environs import FileAwareEnv

from services.chassis.config import CLI, SettingsError, load_settings
from services.chassis.context import Context, make_context
from services.chassis.directory import SERVICES, find_service


def context_of(service: str, user: str | None = None) -> Context:
    """The context of one service. Raises SettingsError naming what is missing.

    `user`: as whom the database is reached, if not as the operators' commands are.
    """
    return make_context(load_settings(service, CLI, user), find_service(service))


def all_contexts(user: str | None = None) -> dict[str, Context]:
    return {name: context_of(name, user) for name in SERVICES}


def given(settings: Mapping[str, str]) -> dict[str, str]:
    """What this process is given of these settings: names without `DOORSTEP_`, by the key that each has here.

    Raises SettingsError for files that cannot be read, as in a container to which they are not mounted.
    """
    env = FileAwareEnv(strip_whitespace=True)
    try:
        found = {key: env.str(f"DOORSTEP_{name}", None) for key, name in settings.items()}
    except ValueError as error:
        raise SettingsError([str(error)]) from None
    return {key: value for key, value in found.items() if value}
