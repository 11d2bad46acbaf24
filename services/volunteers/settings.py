"""The settings that only volunteers has."""

from functools import cache

from environs import EnvValidationError, FileAwareEnv
from marshmallow import validate

from services.chassis.config import SettingsError
from services.volunteers.domain.claims import MOST_IN_A_DAY

_NAME = "DOORSTEP_CLAIMS_OF_MEMBER_DAY"


@cache
def claims_of_member_day() -> int:
    """How many tickets a member may claim within 24 hours *(ours)*: DOORSTEP_CLAIMS_OF_MEMBER_DAY. Each shows him a
    resident. Raises SettingsError."""
    env = FileAwareEnv(eager=False)
    number: int = env.int(_NAME, MOST_IN_A_DAY, validate=validate.Range(1, 1_000))
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError([f"{_NAME}: {error.error_messages}"]) from None
    return number
