"""Shapes of requests and answers."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.auth.principal import AREA_PATH
from services.chassis.http import EmailAddress, Instant, Localized, Telephone, page_of, seen_name
from services.volunteers.domain.acts import ACTIONS
from services.volunteers.domain.members import SUSPENSION_REASONS
from services.volunteers.settings import skills

_AREA = re.compile(r"/(?:[a-z0-9-]{1,64}/){3,12}\Z")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z|24:00\Z")
_NOT_AN_AREA = Localized(
    "Must be the path of a community or of an area beneath it, such as /hequ/xikou/binhe/.",
    "必须是社区或其下级区域的路径，例如 /hequ/xikou/binhe/。",
)
_NOT_A_SKILL = Localized("Choose from these skills: {known}.", "请从以下技能中选择：{known}。")
_NOT_A_TIME = Localized("Must be a time of day, HH:MM.", "必须是 HH:MM 格式的时刻。")
_NO_CONSENT = Localized("Nobody becomes a member without consent.", "必须同意后才能登记。")
_NO_HOURS = Localized("Must be later than `from`.", "必须晚于 from。")


def _is_skill(code: str) -> None:
    known = skills()
    if code not in known:
        raise ValidationError(_NOT_A_SKILL.format(known=", ".join(sorted(known))))


class Slot(Schema):
    """Hours of the week in which a member has time, in local time."""

    weekday = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, 7), metadata={"description": "1 is Monday"}
    )
    from_ = fields.String(
        required=True, data_key="from", validate=validate.Regexp(_TIME, error=_NOT_A_TIME),
        metadata={"description": "HH:MM"},
    )  # fmt: skip
    to = fields.String(required=True, validate=validate.Regexp(_TIME, error=_NOT_A_TIME))

    @validates_schema
    def _ends_later(self, data: dict[str, Any], **_: Any) -> None:
        if data["to"] <= data["from_"]:
            raise ValidationError({"to": [_NO_HOURS]})


class RegisterMember(Schema):
    """A signed-in person asks to be a member (志愿者)."""

    area_path = fields.String(required=True, validate=validate.Regexp(_AREA, error=_NOT_AN_AREA))
    skills = fields.List(
        fields.String(validate=[validate.Length(1, 64), _is_skill]), required=True, validate=validate.Length(max=20),
        metadata={"description": "codes: those of the program and of DOORSTEP_SKILLS; a refusal lists them"},
    )  # fmt: skip
    availability = fields.List(fields.Nested(Slot), load_default=list, validate=validate.Length(max=21))
    consent = fields.Boolean(
        required=True, truthy={True}, falsy={False}, validate=validate.Equal(True, error=_NO_CONSENT)
    )
    name = fields.String(load_default=None, allow_none=True, validate=[validate.Length(1, 64), seen_name])
    telephone = Telephone(load_default=None, allow_none=True)
    email = EmailAddress(load_default=None, allow_none=True)


class SuspendMember(Schema):
    """Why; he is told, in words. No free text."""

    reason_code = fields.String(required=True, validate=validate.OneOf(SUSPENSION_REASONS))


class MaskedContact(Schema):
    name = fields.String(allow_none=True)
    telephone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)


class MemberOut(Schema):
    """A member. Name, telephone and e-mail appear masked."""

    member_id = fields.String(required=True)
    person_id = fields.String(required=True)
    state = fields.String(required=True)
    area_path = fields.String(required=True)
    skills = fields.List(fields.String(), required=True)
    availability = fields.List(fields.Nested(Slot), required=True)
    contact = fields.Nested(MaskedContact, required=True, allow_none=True)
    registered_at = fields.AwareDateTime(required=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    decided_by = fields.String(required=True, allow_none=True)
    reason_code = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(SUSPENSION_REASONS),
        metadata={"description": "why he is suspended; null for who is not"},
    )  # fmt: skip


class MemberFilter(Schema):
    state = fields.String(load_default=None, validate=validate.OneOf(("registered", "approved", "suspended")))


class ActFilter(Schema):
    area = fields.String(
        validate=validate.Regexp(AREA_PATH), metadata={"description": "those over it or a place beneath it"}
    )
    person_id = fields.String(validate=validate.Length(1, 64), metadata={"description": "who did it"})
    action = fields.String(validate=validate.Length(1, 64))
    subject = fields.String(validate=validate.Length(1, 200), metadata={"description": "a member"})
    since = Instant()
    until = Instant(metadata={"description": "before this instant"})


class MemberAct(Schema):
    at = fields.AwareDateTime(required=True)
    by = fields.String(required=True, metadata={"description": "a person or a program"})
    action = fields.String(required=True, metadata={"description": ", ".join(ACTIONS)})
    subject = fields.String(required=True, metadata={"description": "member_id of the member"})
    areas = fields.List(fields.String(), required=True, metadata={"description": "as far as they are yours"})
    detail = fields.Dict(
        keys=fields.String(), required=True,
        metadata={"description": "the state before and after; of a suspension, also of one that ended, its reason"},
    )  # fmt: skip


class OfferOut(Schema):
    """A ticket that stands open for the member."""

    offer_id = fields.String(required=True)
    ticket_id = fields.String(required=True)
    number = fields.String(required=True)
    round = fields.Integer(required=True)
    kind = fields.String(required=True)
    category = fields.String(required=True, allow_none=True)
    urgent = fields.Boolean(required=True)
    area_path = fields.String(required=True)
    skills = fields.List(fields.String(), required=True)
    offered_at = fields.AwareDateTime(required=True)


class ClaimOut(Schema):
    """A claim: won here, then confirmed by tickets, or released."""

    claim_id = fields.String(required=True)
    offer_id = fields.String(required=True)
    ticket_id = fields.String(required=True)
    round = fields.Integer(required=True)
    member_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("won", "confirmed", "withdrawing", "released")))
    reason = fields.String(required=True, allow_none=True)
    won_at = fields.AwareDateTime(required=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True)


class BalanceOut(Schema):
    """Whole points. Never both above zero: what is owed is repaid before anything can be spent."""

    person_id = fields.String(required=True)
    balance = fields.Integer(required=True)
    debt = fields.Integer(required=True)


class StatementFilter(Schema):
    member_id = fields.String(
        load_default=None, validate=validate.Length(1, 64),
        metadata={"description": "staff of the member's area only"},
    )  # fmt: skip


class StatementLine(Schema):
    """One transaction of the person's account; `balance` and `debt` are those after it."""

    posting_id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(("award", "reversal")))
    rule = fields.String(required=True)
    points = fields.Integer(required=True, metadata={"description": "below zero for a reversal"})
    ticket_id = fields.String(required=True)
    round = fields.Integer(required=True)
    reverses = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True, metadata={"description": "when it was confirmed or reopened"})
    posted_at = fields.AwareDateTime(required=True)
    balance = fields.Integer(required=True)
    debt = fields.Integer(required=True)


ActPage = page_of(MemberAct)
MemberPage = page_of(MemberOut)
OfferPage = page_of(OfferOut)
StatementPage = page_of(StatementLine)
