"""The two tables in which a spreadsheet holds places, one of areas and compounds and one of stations.

Chinese and English words are both understood, in headings and cells; what is exported is Chinese.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.tickets.domain.hours import WEEKDAYS
from services.tickets.domain.places import LEVEL_NAMES
from services.tickets.domain.stations import TYPES

AREAS = {
    "level": "层级", "id": "编号", "name": "名称", "above": "上级", "grids": "所在网格", "grid": "网格",
    "compound": "小区", "units": "单元", "lat": "纬度", "lon": "经度",
    "levels": "层级名称", "demo": "演示",
}  # fmt: skip
STATIONS = {
    "id": "编号", "name": "名称", "above": "上级", "type": "类型", "state": "状态", "parent": "中心", "grid": "网格",
    "compounds": "服务小区", "hours": "开放时间", "exceptions": "例外日期", "zones": "功能区", "facilities": "设施",
    "speciality": "特色", "lat": "纬度", "lon": "经度",
}  # fmt: skip
_NEEDED = {"areas": ("level", "id", "name", "above"), "stations": ("id", "name", "above", "grid")}

LEVELS = {level: name for level, name in LEVEL_NAMES.items() if level != "station"}
TYPE_WORDS = {kind: name for kind, (name, _) in TYPES.items()}
STATE_WORDS = {"planned": "规划", "building": "在建", "open": "开放", "closed": "关闭"}
DAYS = {
    "daily": "每天", "workdays": "周一至周五", "weekend": "周末",
    **dict(zip(WEEKDAYS, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True)),
}  # fmt: skip
CLOSED = "休"
YES = "是"


@dataclass(frozen=True, slots=True)
class Table:
    """Which of the two it is, and by heading as it stands in the file: the column."""

    kind: str
    columns: Mapping[str, str]

    def heading(self, column: str) -> str:
        """As the file has it; a column that the file lacks is named as it could be."""
        return next((heading for heading, name in self.columns.items() if name == column), column)


def recognised(headings: list[str]) -> tuple[Table, list[tuple[str, str]]]:
    """The table that has these headings, and what is wrong with them: (heading, code)."""
    areas = any(heading in ("level", AREAS["level"]) for heading in headings)
    kind, words = ("areas", AREAS) if areas else ("stations", STATIONS)
    names = {**{name: name for name in words}, **{chinese: name for name, chinese in words.items()}}
    columns: dict[str, str] = {}
    wrong = []
    for heading in headings:
        column = names.get(heading)
        if column is None and heading:
            wrong.append((heading, "unknown-column"))
        elif column in columns.values():
            wrong.append((heading, "column-twice"))
        elif column is not None:
            columns[heading] = column
    wrong += [(name, "column-missing") for name in _NEEDED[kind] if name not in columns.values()]
    return Table(kind, columns), wrong


def code_of(words: Mapping[str, str], said: str) -> str:
    """The code that a word stands for; what is no word of ours is left for the reader of places to refuse."""
    return next((code for code, word in words.items() if said == word), said)
