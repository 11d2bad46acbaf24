"""The setting that only accounts has."""

from functools import cache

from environs import EnvValidationError, FileAwareEnv
from marshmallow import validate

from services.accounts.domain.patience import ADDRESS
from services.chassis.config import Settings, SettingsError


def check_settings(settings: Settings) -> None:
    """Raise SettingsError for what is set wrongly."""
    address_failures()


@cache
def address_failures() -> int:
    """How many wrong passwords are free at an address in twelve hours, of logins that did not sign in there lately:
    DOORSTEP_ADDRESS_FAILURES; 0: any number. Raises SettingsError."""
    name = "DOORSTEP_ADDRESS_FAILURES"
    env = FileAwareEnv(eager=False)
    number: int = env.int(name, ADDRESS.free, validate=validate.Range(0, 1_000_000))
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError([f"{name}: {error.error_messages}"]) from None
    return number
