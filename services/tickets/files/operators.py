"""Files that operators write: policies and calendars, as YAML. Every error is told with its line and field."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from services.tickets.domain.places import PlaceError
from services.tickets.domain.policy import BadPolicy, Policy
from services.tickets.domain.policy_file import parse_policy
from services.tickets.domain.presence_quotas import QuotaSet, parse_quotas
from services.tickets.domain.routing import RuleSet
from services.tickets.domain.routing_file import parse_rule_set
from services.tickets.domain.sheets import Sheet, parse_sheet
from services.tickets.domain.years import BadYear, OfficialYear, parse_year
from services.tickets.files.errors import FileError, PlacesFileRefused
from services.tickets.files.places import read_yaml
from services.tickets.files.words import words

T = TypeVar("T")


class FileRefused(Exception):
    """The file cannot be used; nothing was changed."""

    def __init__(self, errors: Sequence[FileError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)


def read_policy(raw: bytes) -> tuple[Policy, Mapping[str, Any]]:
    """A policy and its plain data. Raises FileRefused."""
    return _read(raw, parse_policy)


def read_rule_set(raw: bytes) -> tuple[RuleSet, Mapping[str, Any]]:
    """A rule set and its plain data. Raises FileRefused."""
    return _read(raw, parse_rule_set)


def read_sheet(raw: bytes) -> tuple[Sheet, Mapping[str, Any]]:
    """Themes or a standard, and its plain data. Raises FileRefused."""
    return _read(raw, parse_sheet)


def read_quotas(raw: bytes) -> tuple[QuotaSet, Mapping[str, Any]]:
    """Quotas of presence and their plain data. Raises FileRefused."""
    return _read(raw, parse_quotas)


def read_year(raw: bytes) -> OfficialYear:
    """The official calendar of a year. Raises FileRefused."""
    return _read(raw, parse_year)[0]


def _read(raw: bytes, parse: Callable[[Any], T]) -> tuple[T, Mapping[str, Any]]:
    try:
        data, lines = read_yaml(raw)
    except PlacesFileRefused as refused:
        raise FileRefused(refused.errors) from None
    at = {PlaceError(where, "").field: line for where, line in lines.items()}
    try:
        return parse(data), data
    except (BadPolicy, BadYear) as error:
        raise FileRefused([_located(field, code, at) for field, code in error.errors]) from None


def _located(field: str, code: str, at: Mapping[str, int]) -> FileError:
    """A field that is missing stands where what should hold it stands."""
    outer = field
    while outer and outer not in at:
        outer = outer[: max(outer.rfind("."), outer.rfind("["), 0)]
    zh, en = words(code)
    return FileError(at.get(outer, 1), field, zh, en)
