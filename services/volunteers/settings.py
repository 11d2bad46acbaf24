"""The settings that only volunteers has."""

import re
from functools import cache

from environs import EnvValidationError, FileAwareEnv
from marshmallow import validate

from services.chassis.config import SettingsError
from services.volunteers.domain.claims import MOST_IN_A_DAY
from services.volunteers.domain.skills import SKILLS
from services.writing.personal import holds_long_number

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
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


@cache
def skills() -> frozenset[str]:
    """What a member may say that he can do: what comes with the program, and DOORSTEP_SKILLS, codes with commas
    between, where services of the county's own ask for more. Raises SettingsError."""
    named: list[str] = FileAwareEnv().list("DOORSTEP_SKILLS", [])
    more = frozenset(one.strip() for one in named if one.strip())
    wrong = sorted(one for one in more if not _CODE.fullmatch(one) or holds_long_number(one))
    if wrong:
        raise SettingsError([f"DOORSTEP_SKILLS: no codes, or with four digits in a row: {', '.join(wrong)}"])
    return SKILLS | more
