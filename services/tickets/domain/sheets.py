"""Lists that stations work with, as data in versions: themes of services (人次), and standards that score."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.tickets.domain.policy import BadPolicy, Text
from services.tickets.domain.policy_words import Reader

THEMES = "themes"
STANDARD = "standard"
MOST_ITEMS = 100


@dataclass(frozen=True, slots=True)
class Themes:
    """What a service may be counted under, how many persons one record may count, how late it may be entered."""

    name: str
    version: int
    title: Text
    themes: Mapping[str, Text]
    most_persons: int
    late_seconds: int
    source: str = ""

    @property
    def kind(self) -> str:
        """Under which it holds in an area: there is one list of themes."""
        return THEMES

    @property
    def pin(self) -> str:
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Item:
    """What is looked at in a station, and the points that it is worth."""

    title: Text
    points: int
    partly: bool = False
    """Whether it may be half there, for half of its points."""


@dataclass(frozen=True, slots=True)
class Standard:
    """A checklist that scores (2+5+N, 六有, 四统一 ...)."""

    name: str
    version: int
    title: Text
    items: Mapping[str, Item]
    source: str = ""

    @property
    def kind(self) -> str:
        """Under which it holds in an area: several standards hold side by side, each by its name."""
        return f"{STANDARD}:{self.name}"

    @property
    def pin(self) -> str:
        return f"{self.name}/{self.version}"

    @property
    def most(self) -> int:
        return sum(item.points for item in self.items.values())


Sheet = Themes | Standard


def parse_sheet(data: Any) -> Sheet:
    """Themes or a standard from plain data; `sheet` says which. Raises BadPolicy with every error and its field."""
    read = Reader()
    is_themes = isinstance(data, dict) and data.get("sheet") == THEMES
    own = {"themes", "most_persons", "late_entry"} if is_themes else {"items"}
    top = read.known(data, "", {"name", "version", "sheet", "title", "source"} | own)
    read.one_of(top, "sheet", "", (THEMES, STANDARD))
    found = _themes(read, top) if is_themes else _standard(read, top)
    if read.errors:
        raise BadPolicy(read.errors)
    return found


def _themes(read: Reader, top: Mapping[str, Any]) -> Themes:
    late = read.known(top.get("late_entry"), "late_entry", {"max_age"})
    return Themes(
        name=read.code(top, "name"), version=read.number(top, "version"), title=read.text(top, "title"),
        themes={code: read.text(item, "title", field) for code, item, field in _listed(read, top, "themes", set())},
        most_persons=read.number(top, "most_persons"), late_seconds=read.seconds(late, "max_age", "late_entry"),
        source=read.short(top, "source", ""),
    )  # fmt: skip


def _standard(read: Reader, top: Mapping[str, Any]) -> Standard:
    items: dict[str, Item] = {}
    for code, item, field in _listed(read, top, "items", {"points", "partly"}):
        points = item.get("points")
        if not isinstance(points, int) or isinstance(points, bool) or not 1 <= points <= 1000:
            read.wrong(f"{field}.points", "not-points")
            points = 1
        partly = read.flag(item, "partly", field)
        if partly and points % 2:
            read.wrong(f"{field}.points", "half-needs-even-points")
        items[code] = Item(read.text(item, "title", field), points, partly)
    return Standard(
        name=read.code(top, "name"), version=read.number(top, "version"), title=read.text(top, "title"), items=items,
        source=read.short(top, "source", ""),
    )  # fmt: skip


def _listed(read: Reader, top: Mapping[str, Any], key: str, more: set[str]) -> list[tuple[str, Mapping[str, Any], str]]:
    """(code, data, field) of each item of a list, each code once."""
    found: dict[str, tuple[str, Mapping[str, Any], str]] = {}
    listed = read.listed(top, key)
    if len(listed) > MOST_ITEMS:
        read.wrong(key, f"too-many-items:{MOST_ITEMS}")
    for i, one in enumerate(listed[:MOST_ITEMS]):
        field = f"{key}[{i}]"
        data = read.known(one, field, {"code", "title"} | more)
        code = read.code(data, "code", field)
        if code in found:
            read.wrong(f"{field}.code", f"code-taken:{code}")
        found[code] = (code, data, field)
    return list(found.values())
