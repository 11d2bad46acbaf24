"""The caller's language: Chinese unless English is asked for; the standard messages of marshmallow in both."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from services.chassis.http.problems import Locale

_LONGEST_HEADER = 1000
_LONGEST_NAME = 100
MOST_TOLD = 50
"""Faults that one answer names; of further ones it says how many they are."""
Path = tuple[str | int, ...]


class Localized(str):
    """A validation message in both languages; where marshmallow wants a text it is the English one."""

    zh: str

    def __new__(cls, en: str, zh: str) -> "Localized":
        text = super().__new__(cls, en)
        text.zh = zh
        return text

    def format(self, *args: Any, **values: Any) -> "Localized":
        """marshmallow's validators fill in their message this way."""
        return Localized(str(self).format(*args, **values), self.zh.format(*args, **values))


def locale_of(header: str | None) -> Locale:
    """zh-CN or en, by the weights of Accept-Language; whatever is unreadable in it counts for nothing."""
    weights: dict[str, float] = {}
    for part in (header or "")[:_LONGEST_HEADER].split(","):
        tag, _, parameters = part.strip().lower().partition(";")
        language = tag.strip().split("-")[0]
        if language in ("zh", "en", "*"):
            weights[language] = max(weights.get(language, 0.0), _weight(parameters))
    chinese = weights.get("zh", weights.get("*", 0.0))
    english = weights.get("en", 0.0)
    return "en" if english > chinese else "zh-CN"


def _weight(parameters: str) -> float:
    match = re.search(r"(?:^|;)\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", parameters, re.ASCII)
    if match:
        return float(match.group(1))
    return 0.0 if "q" in parameters else 1.0


# marshmallow 4's own sentences. The left side must match the whole message.
_SENTENCES: Sequence[tuple[str, str]] = (
    (r"Missing data for required field\.", "必须填写。"),
    (r"Unknown field\.", "没有这个字段。"),
    (r"Field may not be null\.", "不能为 null。"),
    (r"Field may not be blank\.", "不能为空。"),
    (r"Invalid (?:value|type|input|input type)\.", "值无效。"),
    (r"Not a valid string\.", "必须是字符串。"),
    (r"Not a valid utf-8 string\.", "必须是 UTF-8 字符串。"),
    (r"Not a valid number\.", "必须是数字。"),
    (r"Not a valid integer\.", "必须是整数。"),
    (r"Number too large\.", "数字过大。"),
    (r"Special numeric values \(nan or infinity\) are not permitted\.", "必须是有限的数字。"),
    (r"Not a valid boolean\.", "必须是 true 或 false。"),
    (r"Not a valid UUID\.", "必须是 UUID。"),
    (r"Not a valid list\.", "必须是列表。"),
    (r"Not a valid tuple\.", "必须是列表。"),
    (r"Not a valid mapping type\.", "必须是 JSON 对象。"),
    (r"Not a valid date\.", "必须是日期（YYYY-MM-DD）。"),
    (r"Not a valid time\.", "必须是时间（HH:MM:SS）。"),
    (r"Not a valid datetime\.", "必须是带时区的时间（RFC 3339）。"),
    (r"Not a valid aware datetime\.", "时间必须带时区。"),
    (r"Not a valid naive datetime\.", "时间不能带时区。"),
    (r"Not a valid period of time\.", "必须是时长。"),
    (r"Not a valid URL\.", "必须是网址。"),
    (r"Not a valid email address\.", "必须是电子邮件地址。"),
    (r"Must be one of: (.+)\.", "必须是以下之一：{0}。"),
    (r"One or more of the choices you made was not in: (.+)\.", "只能从以下选择：{0}。"),
    (r"One or more of the choices you made was in: (.+)\.", "不能选择：{0}。"),
    (r"Must be equal to (.+)\.", "必须等于 {0}。"),
    (r"Must be greater than or equal to (.+) and less than or equal to (.+)\.", "必须在 {0} 与 {1} 之间。"),
    (r"Must be greater than or equal to ([^ ]+)\.", "不能小于 {0}。"),
    (r"Must be less than or equal to ([^ ]+)\.", "不能大于 {0}。"),
    (r"Must be greater than ([^ ]+)\.", "必须大于 {0}。"),
    (r"Must be less than ([^ ]+)\.", "必须小于 {0}。"),
    (r"Shorter than minimum length (.+)\.", "至少 {0} 个字符（或项）。"),
    (r"Longer than maximum length (.+)\.", "最多 {0} 个字符（或项）。"),
    (r"Length must be between (.+) and (.+)\.", "长度必须在 {0} 与 {1} 之间。"),
    (r"Length must be (.+)\.", "长度必须是 {0}。"),
    (r"String does not match expected pattern\.", "格式不对。"),
)
_PATTERNS = [(re.compile(english + r"\Z", re.DOTALL), chinese) for english, chinese in _SENTENCES]


def spoken(message: Any, locale: Locale) -> str:
    """A validation message in the caller's language; one that we do not know stays as it is."""
    if isinstance(message, Localized):
        return message.zh if locale == "zh-CN" else str(message)
    text = str(message)
    if locale == "en":
        return text
    for pattern, chinese in _PATTERNS:
        match = pattern.match(text)
        if match:
            return chinese.format(*match.groups())
    return text


def body_faults(messages: Any, locale: Locale, more: int = 0) -> dict[str, Any]:
    """What a problem says of marshmallow's nested messages: `errors`, a flat list of JSON pointers (RFC 6901) and
    sentences, and where those are not all, `more_errors`: how many more there are. `more` were counted elsewhere."""
    return _faults(messages, locale, more, lambda path: {"pointer": _pointer(path)})


def query_faults(messages: Any, locale: Locale) -> dict[str, Any]:
    """The same for the parameters of a query."""
    return _faults(messages, locale, 0, lambda path: {"parameter": str(path[0])[:_LONGEST_NAME] if path else ""})


def _faults(messages: Any, locale: Locale, more: int, place: Callable[[Path], dict[str, str]]) -> dict[str, Any]:
    found = _walk(messages, ())
    told = [{**place(path), "message": spoken(text, locale)} for path, text in islice(found, MOST_TOLD)]
    more += sum(1 for _ in found)
    return {"errors": told, "more_errors": more} if more else {"errors": told}


def _walk(messages: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _walk(inner, path if name == "_schema" else (*path, name))
    elif isinstance(messages, (list, tuple)):
        for inner in messages:
            yield from _walk(inner, path)
    else:
        yield path, messages


def _pointer(path: Sequence[str | int]) -> str:
    return "".join("/" + str(step)[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1") for step in path)
