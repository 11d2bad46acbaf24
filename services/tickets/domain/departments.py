"""Departments (部门): who stands at street and county level, and for which matters it answers (001, 003)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.tickets.domain.refused import Refused

KINDS: Mapping[str, str] = {
    "department": "职能部门", "enforcement": "综合执法", "police": "公安派出所", "utility": "水电气暖等公用单位",
    "hospital": "医院", "school": "学校", "other": "其他单位",
}  # fmt: skip
"""What sort of office it is, with its Chinese word (ours)."""
STANDS_AT = ("county", "street")
"""Levels of the areas at which departments stand."""
MOST_CATEGORIES, MOST_CONTACTS = 50, 10


@dataclass(frozen=True, slots=True)
class Department:
    """An office of a county or a street."""

    id: str
    name: str
    kind: str
    place_id: str
    area_path: str
    categories: tuple[str, ...] = ()
    """Of matters that it answers for."""
    contacts: tuple[str, ...] = ()
    """person_ids of who may be asked there, in order."""


def check_place(level: str) -> None:
    """Raises Refused("department-stands-elsewhere")."""
    if level not in STANDS_AT:
        raise Refused("department-stands-elsewhere", level=level, levels=list(STANDS_AT))
