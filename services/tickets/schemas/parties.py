"""Six-party registers: requests and answers."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.chassis.http import page_of, seen_name
from services.tickets.domain.six_parties import MOST_ORGANISATIONS, OTHERS, PARTIES
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH
from services.tickets.schemas.public import without_any_telephone


class OrganisationBody(Body):
    name = fields.String(
        required=True, validate=[validate.Length(1, 60), seen_name, without_any_telephone],
        metadata={"description": "the organisation's public name, never a person's nor a telephone"},
    )  # fmt: skip
    contact_id = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(r"[A-Za-z0-9-]{1,64}\Z"),
        metadata={"description": "person_id of who speaks for it"},
    )  # fmt: skip


def _organisations() -> "fields.List[Any]":
    return fields.List(
        fields.Nested(OrganisationBody), load_default=list, validate=validate.Length(max=MOST_ORGANISATIONS)
    )


PartiesBody = Body.from_dict({name: _organisations() for name in (*PARTIES, OTHERS)}, name="Parties")


class DefineRegister(Body):
    """The register as a whole: a party that is not given is filled by nobody."""

    parties = fields.Nested(PartiesBody, required=True)


class RegisterFilter(Body):
    area = fields.String(required=True, validate=PATH, metadata={"description": "path; all compounds beneath it"})
    incomplete = fields.Boolean(load_default=False, metadata={"description": "only those that miss a party"})


class OrganisationOut(Schema):
    name = fields.String()
    contact_id = fields.String(allow_none=True)


class PartyOut(Schema):
    party = fields.String()
    title = fields.String(metadata={"description": "in the caller's language"})
    organisations = fields.List(fields.Nested(OrganisationOut))


class PartyNumberOut(Schema):
    party = fields.String()
    title = fields.String(metadata={"description": "in the caller's language"})
    number = fields.Integer(metadata={"description": "how many organisations fill it"})


class _OfCompound(Schema):
    compound_id = fields.String()
    name = fields.String()
    area_path = fields.String()
    missing = fields.List(fields.String(), metadata={"description": "which of the six nobody fills"})
    defined_at = fields.String(allow_none=True, metadata={"format": "date-time", "description": "null: never"})
    defined_by = fields.String(allow_none=True)


class RegisterOut(_OfCompound):
    parties = fields.List(fields.Nested(PartyOut), metadata={"description": "the six, then `others`"})


class OverviewOut(_OfCompound):
    parties = fields.List(
        fields.Nested(PartyNumberOut), metadata={"description": "the six, then `others`; names are in each register"}
    )


OverviewPage = page_of(OverviewOut)
