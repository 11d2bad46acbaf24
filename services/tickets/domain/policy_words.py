"""Words of the policy language: each is read from plain data, and what cannot be meant is kept with its field."""

import re
from collections.abc import Mapping
from typing import Any

from services.tickets.domain.durations import parse_duration
from services.tickets.domain.policy import CALENDARS, Counting, Text
from services.writing.characters import is_name

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LONGEST_TEXT = 60


class Reader:
    """Reads plain data and keeps every error with its field, so that an operator sees all of them at once."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []

    def wrong(self, field: str, code: str) -> None:
        self.errors.append((field, code))

    def known(self, data: Any, field: str, keys: set[str]) -> Mapping[str, Any]:
        if not isinstance(data, dict):
            self.wrong(field, "not-a-mapping")
            return {}
        for key in sorted(str(k) for k in data if k not in keys):
            self.wrong(_at(field, key), "unknown-field")
        return data

    def listed(self, data: Mapping[str, Any], key: str, prefix: str = "") -> list[Any]:
        items = data.get(key)
        if not isinstance(items, list) or not items:
            self.wrong(prefix + key, "not-a-list")
            return []
        return items

    def seconds(self, data: Mapping[str, Any], key: str, field: str) -> int:
        try:
            return parse_duration(data.get(key))
        except ValueError:
            self.wrong(_at(field, key), "not-a-duration")
            return 1

    def one_of(self, data: Mapping[str, Any], key: str, field: str, choices: tuple[str, ...], default: str = "") -> str:
        value = data.get(key, default)
        if value not in choices:
            self.wrong(_at(field, key), "not-one-of:" + ",".join(choices))
            return choices[0]
        return str(value)

    def some_of(self, data: Mapping[str, Any], key: str, field: str, choices: tuple[str, ...]) -> frozenset[str]:
        values = data.get(key)
        if not isinstance(values, list) or not values or any(v not in choices for v in values):
            self.wrong(_at(field, key), "not-some-of:" + ",".join(choices))
            return frozenset()
        return frozenset(values)

    def steps(self, data: Mapping[str, Any], key: str, field: str, choices: tuple[str, ...]) -> frozenset[str]:
        """One step by its name, or several as a list."""
        value = data.get(key)
        return self.some_of({key: [value] if isinstance(value, str) else value}, key, field, choices)

    def flag(self, data: Mapping[str, Any], key: str, field: str, default: bool = False) -> bool:
        value = data.get(key, default)
        if not isinstance(value, bool):
            self.wrong(_at(field, key), "not-true-or-false")
        return value is True

    def number(self, data: Mapping[str, Any], key: str) -> int:
        value = data.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.wrong(key, "not-a-positive-number")
            return 1
        return value

    def code(self, data: Mapping[str, Any], key: str, field: str = "") -> str:
        """A name for programs: small letters, digits, - and _."""
        value = data.get(key)
        if not isinstance(value, str) or not _CODE.fullmatch(value):
            self.wrong(_at(field, key), "not-a-code")
            return ""
        return value

    def codes(self, data: Mapping[str, Any], key: str, field: str) -> tuple[str, ...]:
        values = data.get(key, [])
        if not isinstance(values, list) or any(not isinstance(v, str) or not _CODE.fullmatch(v) for v in values):
            self.wrong(_at(field, key), "not-a-list-of-codes")
            return ()
        return tuple(dict.fromkeys(values))

    def short(self, data: Mapping[str, Any], key: str, field: str) -> str:
        value = data.get(key, "")
        if not isinstance(value, str) or (value and not _is_text(value)):
            self.wrong(_at(field, key), "not-a-short-text")
            return ""
        return value

    def text(self, data: Mapping[str, Any], key: str, field: str = "") -> Text:
        """Both languages; the county's own is enough where only one is given as plain text."""
        value = data.get(key)
        if isinstance(value, str) and _is_text(value):
            return Text(value.strip(), value.strip())
        both = self.known(value, _at(field, key), {"zh-CN", "en"})
        zh, en = both.get("zh-CN"), both.get("en", both.get("zh-CN"))
        if not _is_text(zh) or not _is_text(en):
            self.wrong(_at(field, key), "not-a-short-text")
            return Text("?", "?")
        return Text(str(zh).strip(), str(en).strip())

    def counting(self, data: Mapping[str, Any], field: str) -> Counting:
        calendar = self.one_of(data, "calendar", field, CALENDARS)
        urgent = self.one_of(data, "urgent_calendar", field, CALENDARS, default=calendar)
        return Counting(calendar, urgent, self.flag(data, "from_opening", field))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and is_name(value.strip())


def _at(field: str, key: object) -> str:
    return f"{field}.{key}".lstrip(".")
