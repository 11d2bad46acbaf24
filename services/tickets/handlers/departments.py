"""The register of departments: defined and changed."""

from collections.abc import Sequence
from typing import Protocol

from services.tickets.domain.departments import MOST_DEPARTMENTS, Department, check_place, check_room_for
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused


class Departments(Protocol):
    """The register, and who has which role where."""

    def department(self, department_id: str) -> tuple[Department, int] | None: ...
    def hold_departments(self, area_path: str, most: int) -> Sequence[Department]:
        """Those that stand right there, so many at most; no other command registers or changes one there until this
        one is committed."""

    def put_department(self, department: Department, revision: int) -> None: ...
    def last_revision(self, department_id: str) -> int:
        """Of one that was removed, so that what somebody saw of it is stale for one of the same id; else 0."""

    def grants_of(self, person_id: str) -> list[tuple[str, str]]: ...


def register(store: Departments, department: Department, place: Place) -> int:
    """Its revision. Raises Refused: department-taken, department-stands-elsewhere, too-many-departments,
    too-many-categories, no-such-contact."""
    if store.department(department.id) is not None:
        raise Refused("department-taken", id=department.id)
    check_place(place.level)
    return _put(store, department, None, store.last_revision(department.id))


def change(store: Departments, after: Department, before: Department, revision: int) -> int:
    """The revision that follows. Raises Refused: too-many-departments, too-many-categories, no-such-contact."""
    return _put(store, after, before, revision)


def _put(store: Departments, after: Department, before: Department | None, revision: int) -> int:
    there = store.hold_departments(after.area_path, MOST_DEPARTMENTS + 1)
    check_room_for(after, before, [one for one in there if one.id != after.id])
    _check_contacts(store, after)
    store.put_department(after, revision + 1)
    return revision + 1


def _check_contacts(store: Departments, department: Department) -> None:
    """A contact has an account with a role in the county of the department."""
    county = f"/{department.area_path.split('/')[1]}/"
    for index, person_id in enumerate(department.contacts):
        if not any(path.startswith(county) for _, path in store.grants_of(person_id)):
            raise Refused("no-such-contact", field=f"contacts[{index}]", person_id=person_id)
