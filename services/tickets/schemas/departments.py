"""Departments: requests and answers."""

from marshmallow import Schema, ValidationError, fields, validate

from services.chassis.http import page_of, seen_name
from services.tickets.domain.departments import KINDS, MOST_CATEGORIES, MOST_CONTACTS
from services.tickets.domain.places import SLUG
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH
from services.tickets.schemas.public import impersonal_code, without_personal_numbers

_SLUG = validate.And(validate.Length(1, 63), validate.Regexp(SLUG.pattern + r"\Z"))
_CODE = validate.Regexp(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_CATEGORIES = {"description": "of matters that it answers for"}
_CONTACTS = {"description": "person_ids of accounts in the county, in order"}


def _unique(values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise ValidationError("每项只能出现一次。 Each may stand there once.")


class DescribeDepartment(Body):
    name = fields.String(required=True, validate=[validate.Length(1, 60), seen_name, without_personal_numbers])
    kind = fields.String(required=True, validate=validate.OneOf(tuple(KINDS)))
    categories = fields.List(
        fields.String(validate=[_CODE, impersonal_code]), load_default=list, metadata=_CATEGORIES,
        validate=[validate.Length(max=MOST_CATEGORIES), _unique],
    )  # fmt: skip
    contacts = fields.List(
        fields.String(validate=validate.Length(1, 64)), load_default=list, metadata=_CONTACTS,
        validate=[validate.Length(max=MOST_CONTACTS), _unique],
    )  # fmt: skip


class RegisterDepartment(DescribeDepartment):
    id = fields.String(required=True, validate=_SLUG)
    place = fields.String(required=True, validate=_SLUG, metadata={"description": "id of a street or county"})


class DepartmentFilter(Body):
    area = fields.String(
        validate=PATH, metadata={"description": "those that stand there, beneath it or above it; without it: one's own"}
    )
    category = fields.String(validate=_CODE, metadata={"description": "those that answer for it"})


class DepartmentOut(Schema):
    id = fields.String()
    name = fields.String()
    kind = fields.String()
    kind_name = fields.String()
    place = fields.String()
    area_path = fields.String()
    categories = fields.List(fields.String())
    contacts = fields.List(fields.String())


DepartmentPage = page_of(DepartmentOut)
