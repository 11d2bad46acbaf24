"""Whatever is shown in clear refuses a person's number, however it is written."""

from collections.abc import Mapping
from typing import Any

import pytest
from marshmallow import Schema

from services.tickets.domain.place_reading import Reading
from services.tickets.schemas import Accept, FileTicket, TicketFilter
from services.tickets.schemas.appointments import BothNames
from services.tickets.schemas.departments import DescribeDepartment
from services.tickets.schemas.parties import OrganisationBody
from services.tickets.schemas.posts import DefinePost

COPIED = (
    "13812340002",
    "１３８１２３４０００２",
    "138\u30001234\u30000002",
    "138\u00a01234\u00a00002",
    "138\t1234\t0002",
    "138.1234.0002",
    "138\u200b1234\u200b0002",
    "+8613812340002",
    "11010519491231002X",
)
PUBLIC = (
    (Accept, "summary"),
    (FileTicket, "summary"),
    (TicketFilter, "text"),
    (OrganisationBody, "name"),
    (DefinePost, "name"),
    (DefinePost, "period"),
    (DescribeDepartment, "name"),
    (BothNames, "zh-CN"),
    (BothNames, "en"),
)
LANDLINE = "物业 0311-81234567"


def refusals(schema: type[Schema], field: str, text: str) -> Mapping[str, Any]:
    told: Mapping[str, Any] = schema().validate({field: text}, partial=True)
    return told


@pytest.mark.parametrize(("schema", "field"), PUBLIC, ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.parametrize("number", COPIED, ids=ascii)
def test_a_copied_number_is_refused(schema: type[Schema], field: str, number: str) -> None:
    assert list(refusals(schema, field, f"回电 {number}")) == [field]


@pytest.mark.parametrize(("schema", "field"), PUBLIC, ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.parametrize("text", ["2026-11-22 3号楼2单元", "见 261122-482-1390", "转 12345", "13-2-501"])
def test_dates_doors_tickets_and_hotlines_are_taken(schema: type[Schema], field: str, text: str) -> None:
    assert refusals(schema, field, text) == {}


def test_an_office_may_be_called_and_a_resident_may_not() -> None:
    office = [(schema, field) for schema, field in PUBLIC if not refusals(schema, field, LANDLINE)]
    assert {schema for schema, _ in office} == {DefinePost, DescribeDepartment, BothNames}


@pytest.mark.parametrize("number", COPIED, ids=ascii)
def test_the_name_of_a_place_is_as_strict(number: str) -> None:
    reading = Reading()
    reading.text(f"驿站 {number}", ("name",))
    assert [error.code for error in reading.errors] in (["no-telephone"], ["no-identity-card"])
    open_to_all = Reading()
    assert open_to_all.text(LANDLINE, ("name",)) == LANDLINE
    assert open_to_all.errors == []
