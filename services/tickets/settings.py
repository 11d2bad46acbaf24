"""The settings that only tickets has."""

from datetime import timedelta
from functools import cache

from environs import EnvValidationError, FileAwareEnv
from marshmallow import validate

from services.chassis.config import Settings, SettingsError


def check_settings(settings: Settings) -> None:
    """Raise SettingsError for what is set wrongly."""
    personal_data_kept()


@cache
def personal_data_kept() -> timedelta:
    """How long after its end a ticket keeps personal data: DOORSTEP_PERSONAL_DATA_DAYS. Raises SettingsError."""
    env = FileAwareEnv(eager=False)
    days = env.int("DOORSTEP_PERSONAL_DATA_DAYS", 400, validate=validate.Range(30, 36_500))
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError([f"DOORSTEP_PERSONAL_DATA_DAYS: {error.error_messages}"]) from None
    return timedelta(days=days)
