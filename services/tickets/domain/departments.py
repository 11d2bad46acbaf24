"""Departments (部门): who stands at street and county level, and for which matters it answers (001, 003)."""

from collections.abc import Iterable, Mapping
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
MOST_DEPARTMENTS, MOST_CATEGORIES_AT_PLACE = 50, 200
"""Of one place, and of all its departments together *(ours)*: whoever files there reads them all."""


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


def check_room_for(after: Department, before: Department | None, others: Iterable[Department]) -> None:
    """Whether a place may have one more department, or categories that it had not; what it has may stay and change.

    `others`: what it has besides. Raises Refused: too-many-departments, too-many-categories.
    """
    besides = list(others)
    theirs = {category for one in besides for category in one.categories}
    brings = set(after.categories) - theirs - set(before.categories if before else ())
    if len(besides) >= MOST_DEPARTMENTS and (before is None or brings):
        raise Refused("too-many-departments", most=MOST_DEPARTMENTS)
    if brings and len(theirs | set(after.categories)) > MOST_CATEGORIES_AT_PLACE:
        raise Refused("too-many-categories", most=MOST_CATEGORIES_AT_PLACE)


def check_place(level: str) -> None:
    """Raises Refused("department-stands-elsewhere")."""
    if level not in STANDS_AT:
        raise Refused("department-stands-elsewhere", level=level, levels=list(STANDS_AT))
