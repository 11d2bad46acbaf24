"""Departments (部门) at street and county level."""

from dataclasses import replace
from typing import Any

from services.chassis.auth.principal import NotFound
from services.chassis.http import Call, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.access import ON_DUTY
from services.tickets.api.acts import Keeping
from services.tickets.domain.acts import department_act
from services.tickets.domain.departments import KINDS, Department
from services.tickets.domain.refused import Refused
from services.tickets.handlers.departments import change, register
from services.tickets.schemas import departments as shapes

TAGS = ("departments",)
KEEPERS = ("street", "district", "admin")
"""Who keeps the register, for their area."""
READERS = (*ON_DUTY, "admin")
_DESCRIBING = ("too-many-departments", "too-many-categories", "no-such-contact")
_REGISTERING = ("no-such-place", "department-taken", "department-stands-elsewhere", *_DESCRIBING)


class Departments(Keeping):
    """The register of departments."""

    @query("GET", "/api/v1/departments", roles=READERS, params=shapes.DepartmentFilter, answer=shapes.DepartmentPage,
           tags=TAGS, problems=("not-found",))  # fmt: skip
    def list_departments(self, unit: Unit, call: Call) -> Reply:
        """Departments that concern an area: those that stand in it, beneath it or above it, by identity."""
        mine, area = call.principal.areas(*READERS), call.params.get("area")
        if area is not None and not call.principal.may(area, *READERS):
            raise NotFound
        after = call.page.after[0] if call.page.after else None
        around = (area,) if area is not None else mine
        found = self.store(unit).find_departments(around, after, call.page.fetch, call.params.get("category"))
        page = call.page.answer(found, lambda one: (one.id,))
        page["items"] = [_shown(one) for one in page["items"]]
        return Reply(page)

    @query("GET", "/api/v1/departments/<department_id>", roles=READERS, answer=shapes.DepartmentOut, tags=TAGS)
    def get_department(self, unit: Unit, call: Call, department_id: str) -> Reply:
        """One department, for who has a role in or beneath its area; its `ETag` is asked for by who changes it."""
        kept = self.store(unit).department(department_id)
        if kept is None or not _concerned(call, kept[0]):
            raise NotFound
        return Reply(_shown(kept[0]), etag=kept[1])

    @command("POST", "/api/v1/departments", roles=KEEPERS, body=shapes.RegisterDepartment, answer=shapes.DepartmentOut,
             creates=True, tags=TAGS, problems=_REGISTERING)  # fmt: skip
    def register_department(self, unit: Unit, call: Call) -> Reply:
        """Register a department at a street or the county."""
        store, said = self.store(unit), call.body
        place = store.place(said["place"])
        if place is None:
            raise Refused("no-such-place", field="place", id=said["place"])
        call.principal.require(place.area_path, *KEEPERS)
        department = _described(call, said["id"], place.id, place.area_path)
        revision = register(store, department, place)
        self.record_act(unit, call, department_act("department-registered", department))
        return Reply(_shown(department), etag=revision, location=f"/api/v1/departments/{department.id}")

    @command("PUT", "/api/v1/departments/<department_id>", roles=KEEPERS, body=shapes.DescribeDepartment,
             answer=shapes.DepartmentOut, tags=TAGS, problems=_DESCRIBING)  # fmt: skip
    def describe_department(self, unit: Unit, call: Call, department_id: str) -> Reply:
        """Say anew what a department is called, what it answers for and whom to ask. Needs `If-Match`."""
        store = self.store(unit)
        before, revision = _kept(store, call, department_id)
        call.if_match(revision)
        after = _described(call, before.id, before.place_id, before.area_path)
        revision = change(store, after, before, revision)
        self.record_act(unit, call, department_act("department-described", after, before))
        return Reply(_shown(after), etag=revision)

    @command("DELETE", "/api/v1/departments/<department_id>", roles=KEEPERS, tags=TAGS)
    def remove_department(self, unit: Unit, call: Call, department_id: str) -> Reply:
        """Take a department out of the register. Needs `If-Match`."""
        store = self.store(unit)
        before, revision = _kept(store, call, department_id)
        call.if_match(revision)
        store.remove_department(department_id)
        self.record_act(unit, call, department_act("department-removed", replace(before, contacts=()), before))
        return Reply()


def _kept(store: Any, call: Call, department_id: str) -> tuple[Department, int]:
    """Raises NotFound, also for who has nothing to do with its area."""
    kept: tuple[Department, int] | None = store.department(department_id)
    if kept is None or not _concerned(call, kept[0]):
        raise NotFound
    call.principal.require(kept[0].area_path, *KEEPERS)
    return kept


def _described(call: Call, id: str, place_id: str, area_path: str) -> Department:
    said = call.body
    return Department(
        id, said["name"], said["kind"], place_id, area_path, tuple(said["categories"]), tuple(said["contacts"])
    )


def _concerned(call: Call, department: Department) -> bool:
    """A grid worker may know the departments of the street and the county above."""
    path = department.area_path
    return any(area.startswith(path) or path.startswith(area) for area in call.principal.areas(*READERS))


def _shown(one: Department) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "kind": one.kind, "kind_name": KINDS[one.kind], "place": one.place_id,
        "area_path": one.area_path, "categories": list(one.categories), "contacts": list(one.contacts),
    }  # fmt: skip
