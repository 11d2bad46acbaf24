"""How much of whom is asked for at the stations: quotas by role, versioned data that holds by area.

Half a day daily (000): at least so long on each working day. Four days a week (003): so many days of at least so long
in each week from Monday to Sunday.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.tickets.domain.policy import BadPolicy, Text
from services.tickets.domain.policy_words import Reader
from services.tickets.domain.transitions import STAFF

Each = Literal["working_day", "week"]
WORKING_DAY: Each = "working_day"
WEEK: Each = "week"
ROLES = tuple(sorted(STAFF))
_DAY_SECONDS = 86_400
_DAYS = range(1, 8)


@dataclass(frozen=True, slots=True)
class Quota:
    """What is asked of one role. A day counts from `at_least_seconds` on, at whatever stations they were spent."""

    role: str
    each: Each
    at_least_seconds: int
    days: int = 1
    """Of a quota for each week: how many days of it."""


@dataclass(frozen=True, slots=True)
class QuotaSet:
    """One version of an area's quotas."""

    name: str
    version: int
    title: Text
    quotas: tuple[Quota, ...]
    late_entry_seconds: int
    """How long ago a presence may have begun that is entered afterwards."""
    source: str = ""

    @property
    def pin(self) -> str:
        return f"{self.name}/{self.version}"

    def of(self, role: str) -> Quota | None:
        return next((quota for quota in self.quotas if quota.role == role), None)


def parse_quotas(data: Any) -> QuotaSet:
    """From plain data. Raises BadPolicy with every error and its field."""
    read = Reader()
    top = read.known(data, "", {"name", "version", "title", "source", "late_entry", "quotas"})
    quotas = tuple(_quota(read, item, f"quotas[{i}]") for i, item in enumerate(read.listed(top, "quotas")))
    found = QuotaSet(
        name=read.code(top, "name"), version=read.number(top, "version"), title=read.text(top, "title"),
        quotas=quotas, late_entry_seconds=read.seconds(top, "late_entry", ""), source=read.short(top, "source", ""),
    )  # fmt: skip
    for i, quota in enumerate(quotas):
        if quota.role in [before.role for before in quotas[:i]]:
            read.wrong(f"quotas[{i}].role", f"code-taken:{quota.role}")
    if read.errors:
        raise BadPolicy(read.errors)
    return found


def _quota(read: Reader, item: Any, field: str) -> Quota:
    data = read.known(item, field, {"role", "each", "at_least", "days"})
    role = read.one_of(data, "role", field, ROLES)
    each = WEEK if read.one_of(data, "each", field, (WORKING_DAY, WEEK)) == WEEK else WORKING_DAY
    seconds = read.seconds(data, "at_least", field)
    if seconds > _DAY_SECONDS:
        read.wrong(f"{field}.at_least", "longer-than-a-day")
    return Quota(role, each, seconds, _days(read, data, each, field))


def _days(read: Reader, data: Mapping[str, Any], each: Each, field: str) -> int:
    days = data.get("days", 1)
    if each == WORKING_DAY and "days" in data:
        read.wrong(f"{field}.days", "only-for-a-week")
    elif type(days) is not int or days not in _DAYS or (each == WEEK and "days" not in data):
        read.wrong(f"{field}.days", "not-one-of:" + ",".join(map(str, _DAYS)))
    else:
        return days
    return 1
